"""Stock that needs a person: what is missing, what waits too long, what runs low, and papers nobody has finished."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from inventory.admin.pooled import is_in_use
from inventory.enums import ArrivalStatus, TransferStatus
from inventory.models import (
    Arrival,
    InventoryLevel,
    LowStockAlert,
    PooledReservation,
    Reservation,
    StockShortage,
    Transfer,
)
from inventory.services.counts import settle_shortage
from oms.core import ids
from oms.web.console import acts, attention, names, show
from oms.web.console.attention import Act, Kind, Matter

MAY_MOVE = "inventory.change_inventorylevel"


def _long_ago() -> datetime:
    return timezone.now() - timedelta(days=settings.OMS["STUCK_AFTER_DAYS"])


def _by_location() -> bool:
    return not is_in_use()


# --- goods that were promised ---


def _open_shortages(rows: QuerySet[Any]) -> QuerySet[Any]:
    return rows.filter(settled_at=None).select_related("level__item", "level__location")


def _tell_shortages(rows: Sequence[StockShortage]) -> Iterator[Matter]:
    orders = names.of("orders_order", [row.order_id for row in rows if row.order_id])
    for row in rows:
        what = {"units": row.quantity, "sku": row.level.item.sku, "place": row.level.location}
        yield Matter(
            pk=row.pk,
            title=_now("%(units)s × %(sku)s is missing at %(place)s") % what,
            since=row.raised_at,
            url=_holder_url(row.order_id, row.level),
            detail=_promised(row.order_id, orders),
        )


def _settle(request: HttpRequest, pk: UUID) -> str:
    settle_shortage(shortage_id=pk, actor=acts.actor_of(request))
    return _now("The shortage is dealt with.")


def _waiting(rows: QuerySet[Any]) -> QuerySet[Any]:
    """By id, which is as old as the reservation: the partial index of what waits holds it."""
    return rows.filter(backordered__gt=0, pk__lt=ids.first_id(_long_ago())).select_related(
        "level__item", "level__location"
    )


def _tell_waiting(rows: Sequence[Reservation]) -> Iterator[Matter]:
    orders = names.of("orders_order", [row.order_id for row in rows if row.order_id])
    for row in rows:
        what = {"units": row.backordered, "sku": row.level.item.sku, "place": row.level.location}
        yield Matter(
            pk=row.pk,
            title=_now("%(units)s × %(sku)s is waited for at %(place)s") % what,
            since=row.created_at,
            url=_holder_url(row.order_id, row.level),
            detail=_promised(row.order_id, orders) or row.description,
            next_url=_announce(row.level, row.backordered),
        )


def _waiting_pooled(rows: QuerySet[Any]) -> QuerySet[Any]:
    return rows.filter(backordered__gt=0, pk__lt=ids.first_id(_long_ago())).select_related("stock__item")


def _tell_waiting_pooled(rows: Sequence[PooledReservation]) -> Iterator[Matter]:
    orders = names.of("orders_order", [row.order_id for row in rows])
    for row in rows:
        yield Matter(
            pk=row.pk,
            title=_now("%(units)s × %(sku)s is waited for") % {"units": row.backordered, "sku": row.stock.item.sku},
            since=row.created_at,
            url=show.change_url("orders_order", row.order_id),
            detail=_promised(row.order_id, orders),
        )


def _promised(order_id: UUID | None, orders: Any) -> str:
    return _now("promised to order %s") % orders[order_id] if order_id in orders else ""


def _holder_url(order_id: UUID | None, level: InventoryLevel) -> str:
    return show.change_url("orders_order", order_id) if order_id else _level_url(level)


def _level_url(level: InventoryLevel) -> str:
    return show.change_url("inventory_inventorylevel", level.pk)


def _announce(level: InventoryLevel, units: int) -> str:
    """The form of a new arrival, filled in."""
    known = {"location": str(level.location_id), "items": f"{level.item.sku} {units}"}
    return f"{reverse('admin:inventory_arrival_add')}?{urlencode(known)}"


# --- what runs low ---


def _open_alerts(rows: QuerySet[Any]) -> QuerySet[Any]:
    return rows.filter(cured_at=None).select_related("level__item", "level__location")


def _tell_alerts(rows: Sequence[LowStockAlert]) -> Iterator[Matter]:
    for row in rows:
        what = {"sku": row.level.item.sku, "place": row.level.location}
        now = {"available": row.level.available, "threshold": row.threshold, "coming": row.level.incoming}
        yield Matter(
            pk=row.pk,
            title=_now("%(sku)s runs low at %(place)s") % what,
            since=row.raised_at,
            url=_level_url(row.level),
            detail=_now("%(available)s available, wanted more than %(threshold)s, %(coming)s on the way") % now,
            next_url=_announce(row.level, max(1, row.threshold + 1 - row.level.available)),
        )


# --- papers ---


def _overdue(rows: QuerySet[Any]) -> QuerySet[Any]:
    coming = (ArrivalStatus.EXPECTED, ArrivalStatus.RECEIVING)
    return rows.filter(status__in=coming, expected_on__lt=timezone.localdate()).select_related("location")


def _tell_overdue(rows: Sequence[Arrival]) -> Iterator[Matter]:
    for row in rows:
        assert row.expected_on is not None  # noqa: S101  (asked for just now)
        yield Matter(
            pk=row.pk,
            title=_now("%(document)s has not come to %(place)s")
            % {"document": capfirst(str(row)), "place": row.location},
            since=timezone.make_aware(datetime.combine(row.expected_on, time.min)),
            url=show.change_url("inventory_arrival", row.pk),
            detail=row.reference,
        )


def _stuck(rows: QuerySet[Any]) -> QuerySet[Any]:
    moving = (TransferStatus.SENT, TransferStatus.RECEIVING)
    return rows.filter(status__in=moving, sent_at__lt=_long_ago()).select_related("source", "target")


def _tell_stuck(rows: Sequence[Transfer]) -> Iterator[Matter]:
    for row in rows:
        assert row.sent_at is not None  # noqa: S101  (asked for just now)
        where = {"document": capfirst(str(row)), "source": row.source, "target": row.target}
        yield Matter(
            pk=row.pk,
            title=_now("%(document)s is still on its way from %(source)s to %(target)s") % where,
            since=row.sent_at,
            url=show.change_url("inventory_transfer", row.pk),
            detail=row.reference,
        )


_ANNOUNCE = Act(label=_("Announce an arrival"), permission=MAY_MOVE)
_RECEIVE = Act(label=_("Receive it"), permission=MAY_MOVE)

for _kind in (
    Kind(
        rank=20,
        name="shortages",
        title=_("Stock missing"),
        icon="production_quantity_limits",
        model=StockShortage,
        narrow=_open_shortages,
        age=("id",),
        tell=_tell_shortages,
        act=Act(label=_("Dealt with"), permission=MAY_MOVE, run=_settle),
        tone="bad",
        is_in_use=_by_location,
    ),
    Kind(
        rank=22,
        name="waiting",
        title=_("Waiting for goods too long"),
        icon="hourglass_bottom",
        model=Reservation,
        narrow=_waiting,
        age=("id",),
        tell=_tell_waiting,
        act=_ANNOUNCE,
        is_in_use=_by_location,
    ),
    Kind(
        rank=22,
        name="waiting-pooled",
        title=_("Waiting for goods too long"),
        icon="hourglass_bottom",
        model=PooledReservation,
        narrow=_waiting_pooled,
        age=("id",),
        tell=_tell_waiting_pooled,
        act=Act(label=_("Open the order"), permission="orders.view_order"),
        is_in_use=is_in_use,
    ),
    Kind(
        rank=24,
        name="low-stock",
        title=_("Low stock"),
        icon="trending_down",
        model=LowStockAlert,
        narrow=_open_alerts,
        age=("id",),
        tell=_tell_alerts,
        act=_ANNOUNCE,
        is_in_use=_by_location,
    ),
    Kind(
        rank=26,
        name="arrivals",
        title=_("Arrivals overdue"),
        icon="input",
        model=Arrival,
        narrow=_overdue,
        age=("expected_on", "id"),
        tell=_tell_overdue,
        act=_RECEIVE,
        is_in_use=_by_location,
    ),
    Kind(
        rank=28,
        name="transfers",
        title=_("Transfers that do not arrive"),
        icon="move_down",
        model=Transfer,
        narrow=_stuck,
        age=("sent_at", "id"),
        tell=_tell_stuck,
        act=_RECEIVE,
        is_in_use=_by_location,
    ),
):
    attention.show(_kind)
