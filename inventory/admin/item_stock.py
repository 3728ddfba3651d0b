"""The page of an item, across locations: what lies where (or lay, at an instant), who holds it, who waits, what moved.

Nothing is told of a level but what the level's own admin shows to whoever asks.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.contrib.admin import AdminSite
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from inventory.admin.adjusting import may_adjust
from inventory.admin.item_more import coming
from inventory.admin.movement_rows import shown
from inventory.models import InventoryItem, InventoryLevel, Reservation
from inventory.stock_history import Wanted, ledger, stock_then
from oms.web.console import names

NEWEST: Final = 20
COUNTERS: Final = (
    ("on_hand", gettext_lazy("On hand")),
    ("reserved", gettext_lazy("Reserved")),
    ("available", gettext_lazy("Available")),
    ("backordered", gettext_lazy("Backordered")),
    ("incoming", gettext_lazy("Incoming")),
    ("safety_stock", gettext_lazy("Safety stock")),
)
_OF_THEN: Final = ("on_hand", "reserved", "backordered", "incoming")


def instant(request: HttpRequest) -> datetime | None:
    """The instant that `at` in the address names, in the zone of whoever asks; None for none, or what is none."""
    text = request.GET.get("at", "").strip()
    if not text:
        return None
    try:
        at = parse_datetime(text)
    except ValueError:
        at = None
    if at is None:
        messages.error(request, _("%s is no date and time.") % text[:40])
        return None
    try:
        return timezone.make_aware(at) if timezone.is_naive(at) else at
    except OverflowError:
        return None


def levels_seen(site: AdminSite, request: HttpRequest, item_id: UUID) -> list[InventoryLevel]:
    """The levels of an item that this person may see, with those that were deleted."""
    rows = site.get_model_admin(InventoryLevel).every_level(request)  # type: ignore[attr-defined]  # our own admin
    found: list[InventoryLevel] = list(
        rows.filter(item_id=item_id).select_related("item", "location").order_by("location__priority", "location__code")
    )
    return found


def stock_of(site: AdminSite, request: HttpRequest, item_id: str) -> dict[str, Any]:
    """What the page shows beside the form: the same number of queries, whatever there is."""
    try:
        item = InventoryItem.objects.filter(pk=UUID(item_id)).first()
    except ValueError:
        item = None
    if item is None or item.is_kit:
        return {}
    levels = levels_seen(site, request, item.pk)
    at = instant(request)
    return {
        "stock_item": item,
        "stock_at": at,
        "stock_zone": timezone.get_current_timezone_name(),
        "stock_at_typed": timezone.localtime(at).strftime("%Y-%m-%dT%H:%M") if at else "",
        "stock_headings": [label for name, label in COUNTERS if at is None or name in _OF_THEN],
        **(_then(levels, at) if at else _now(levels)),
        "stock_acts": _acts(item, levels) if may_adjust(request) else [],
        "stock_may_act": may_adjust(request),
        **_held([level.pk for level in levels]),
        "coming": coming(item.pk),
        "movements": shown(ledger([level.pk for level in levels], Wanted(), limit=NEWEST)),
        "ledger_url": reverse("admin:inventory_inventoryitem_ledger", args=[item.pk]),
    }


def _now(levels: Sequence[InventoryLevel]) -> dict[str, Any]:
    rows = [level for level in levels if level.deleted_at is None]
    counted = [
        (level, [level.on_hand, level.held, level.free, level.backordered, level.incoming, level.safety_stock])
        for level in rows
    ]
    for level in rows:
        given = {"sku": level.item.sku, "location_id": level.location_id, "item": level.item_id}
        level.adjusting = urlencode(given)  # type: ignore[attr-defined]  # for the template
    return _table(counted)


def _then(levels: Sequence[InventoryLevel], at: datetime) -> dict[str, Any]:
    then = stock_then([level.pk for level in levels], at)
    return _table(
        [
            (level, [past.on_hand, past.reserved, past.backordered, past.incoming])
            for level in levels
            if (past := then.get(level.pk))
        ]
    )


def _table(rows: list[tuple[InventoryLevel, list[int]]]) -> dict[str, Any]:
    return {"stock_rows": rows, "stock_sums": [sum(column) for column in zip(*(row for _, row in rows), strict=True)]}


def _acts(item: InventoryItem, levels: Sequence[InventoryLevel]) -> list[dict[str, Any]]:
    """Papers with the item filled in; of a transfer also where most of it lies."""
    if not item.is_stocked:
        return []
    line = {"items": f"{item.sku} 1"}
    here = max(levels, key=lambda level: level.available, default=None)
    place = {"location": here.location_id} if here else {}
    from_here = {"source": here.location_id} if here else {}
    return [
        _act(_("Expect goods"), "arrival", line | place),
        _act(_("Transfer"), "transfer", line | from_here),
        _act(_("Count"), "stockcount", {"items": f"{item.sku} {here.on_hand if here else 0}"} | place),
    ]


def _act(label: str, model: str, given: dict[str, Any]) -> dict[str, Any]:
    return {"label": label, "url": f"{reverse(f'admin:inventory_{model}_add')}?{urlencode(given)}"}


def _held(level_ids: Sequence[UUID]) -> dict[str, Any]:
    """The newest reservations, and the oldest that wait: those come first when goods do."""
    rows = Reservation.objects.live().filter(level_id__in=level_ids).select_related("level__item", "level__location")
    newest = list(rows.filter(quantity__gt=0).order_by("-pk")[:NEWEST])
    waiting = list(rows.filter(backordered__gt=0).order_by("pk")[:NEWEST])
    orders = names.links("orders_order", {row.order_id for row in [*newest, *waiting] if row.order_id})

    def holder(row: Reservation) -> Any:
        return (orders.get(row.order_id) if row.order_id else None) or row.description or _("by hand")

    return {
        "held": [(holder(row), row) for row in newest],
        "waiting": [(holder(row), row) for row in waiting],
    }
