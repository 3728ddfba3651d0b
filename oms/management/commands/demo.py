"""A small shop to look at: locations, channels, stock, imported orders, and a morning's work on some of them."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse
from django.utils import timezone

from channels.enums import RunStatus
from channels.models import ChannelLocation, ImportRun, SalesChannel
from fulfillment.services.fulfillments import Tracking
from inventory.models import Arrival, InventoryItem, StockLocation
from inventory.services import alerts, arrivals, items, kits, transfers
from inventory.services.kits import Part
from inventory.services.papers import Line
from oms.core import actors
from oms.core.actors import Actor
from oms.management.demo_payments import pay_orders
from oms.web.models import StaffLimits
from oms.web.roles import ROLES, WAREHOUSE
from orders.enums import HoldReason
from orders.models import Order, TimelineEntry
from orders.services import fulfilling, holds, notes, shipping
from orders.services.sales import sum_up_sales

SAMPLES: Final = Path(settings.BASE_DIR) / "samples"
USER, PASSWORD = "demo", "demo"
WEB, WHOLESALE = "web-shop", "wholesale"
# Each sells from every location that came with the stock.
CHANNELS: Final[dict[str, dict[str, Any]]] = {
    WEB: {"name": "Web shop", "default_currency": "EUR", "time_zone": "Europe/Berlin"},
    WHOLESALE: {"name": "Wholesale", "default_currency": "GBP", "time_zone": "Europe/London"},
}


class Command(BaseCommand):
    help = (
        "Seed a small shop to look at: three stock locations, two sales channels, stock, the sample exports, some work "
        "on them, and orders that are paid where a fake gateway is set up. Every step is left out where it was done "
        "before, so a repeat changes nothing. Development only."
    )
    requires_migrations_checks = True

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.OMS_ENV != "development":
            raise CommandError(f"The demo has a known password: it is for OMS_ENV=development, not {settings.OMS_ENV}.")
        self._make_user()
        self._import_stock()
        for code, fields in CHANNELS.items():
            _make_channel(code, fields)
        self._import_orders(SAMPLES / "online-retail.csv", WHOLESALE)
        self._import_orders(SAMPLES / "orders.ndjson", WEB)
        self._import_orders(SAMPLES / "shopify.csv", WEB)
        _make_staff()
        for code in CHANNELS:
            _work_on(code)
        _work_on_stock()
        pay_orders(WEB, actors.staff(get_user_model().objects.get(username=USER)))
        sum_up_sales(everything=True)  # beat does it later; the first page shows it now
        self._say_welcome()

    def _make_user(self) -> None:
        """Who has changed the password keeps theirs."""
        users = get_user_model().objects
        if not users.filter(username=USER).exists():
            users.create_superuser(USER, "demo@example.com", PASSWORD)

    def _import_stock(self) -> None:
        """Once: later it would set the counts back to those of the file, over what was sold meanwhile."""
        if not InventoryItem.objects.exists():
            call_command("import_stock", SAMPLES / "stock.csv", stdout=self.stdout)

    def _import_orders(self, file: Path, channel: str) -> None:
        """A run that was interrupted goes on, one that ended is not made again. What it refused waits for staff."""
        finished = [RunStatus.COMPLETED, RunStatus.PARTIAL]
        if ImportRun.objects.filter(channel__code=channel, file_name=file.name, status__in=finished).exists():
            return
        try:
            call_command("import_orders", file, channel=channel, stock="update", stdout=self.stdout)
        except SystemExit as end:
            if end.code != 1:
                raise

    def _say_welcome(self) -> None:
        """To whoever runs the demo; `manage.py up` says it once the address answers."""
        lines = [
            f"Login     {USER} / {PASSWORD}",
            f"Roles     {', '.join(ROLES)}: each with {PASSWORD}",
            f"Orders    {Order.objects.count():,}",
        ]
        if url := settings.OMS["FAKE_GATEWAY_URL"]:
            lines.append(f"Gateway   {url}/books (what its cards do: docs/payments.md)")
        if file := os.environ.get("OMS_WELCOME"):
            Path(file).write_text("\n".join(lines) + "\n")
            return
        lines.insert(0, f"Console   {reverse('admin:index')} (start it with `make up`)")
        self.stdout.write("\n".join(lines))


def _make_staff() -> None:
    """Somebody for each role, called like it; who packs sees the first location only. A repeat changes nobody."""
    users = get_user_model().objects
    here = StockLocation.objects.order_by("priority", "pk").values_list("pk", flat=True)[:1]
    for role in ROLES:
        if users.filter(username=role).exists():
            continue
        person = users.create_user(role, f"{role}@example.com", PASSWORD, is_staff=True)
        person.groups.add(*Group.objects.filter(name=role))
        if role == WAREHOUSE:
            StaffLimits.objects.create(user=person, location_ids=list(here))


def _make_channel(code: str, fields: dict[str, Any]) -> None:
    """A channel that sells from every location. One that is there already is left as it is."""
    channel, made = SalesChannel.objects.get_or_create(code=code, defaults=fields)
    if made:
        ChannelLocation.objects.bulk_create(
            ChannelLocation(channel=channel, location_id=location.pk) for location in StockLocation.objects.all()
        )


def _work_on(channel: str) -> None:
    """What a clerk did this morning, one act for each of the newest orders that wait; the others still wait."""
    orders = Order.objects.filter(channel__code=channel)
    clerk = actors.staff(get_user_model().objects.get(username=USER))
    if TimelineEntry.objects.filter(order__in=orders, actor__kind=clerk.kind, actor__id=clerk.id).exists():
        return
    waiting = orders.filter(status="pending", open_holds=0, units_open__gt=0, is_sample=False).order_by(
        "-placed_at", "-pk"
    )
    for act, order in zip(_ACTS, waiting[: len(_ACTS)], strict=False):
        act(order, clerk)


def _work_on_stock() -> None:
    """Goods that are expected, some on their way between two places, one that runs low, and a set of two things."""
    if Arrival.objects.exists():
        return
    clerk = actors.staff(get_user_model().objects.get(username=USER))
    item = {each.sku: each.pk for each in InventoryItem.objects.all()}
    place = {each.code: each.pk for each in StockLocation.objects.all()}
    arrivals.create_arrival(
        location_id=place["berlin"],
        lines=[Line(item["LMP-01"], 60), Line(item["MUG-01"], 120)],
        reference="PO-2041",
        expected_on=timezone.localdate() + timedelta(days=3),
        actor=clerk,
    )
    transfer = transfers.create_transfer(
        source_id=place["leeds"],
        target_id=place["shop"],
        lines=[Line(item["LMP-02"], 24)],
        note="For the window.",
        actor=clerk,
    )
    transfers.send_transfer(transfer_id=transfer.pk, actor=clerk)
    alerts.set_threshold(item_id=item["MUG-01"], location_id=place["shop"], threshold=15, actor=clerk)
    kit = items.create_item(sku="SET-01", title="Reading set: a lamp and two mugs")
    kits.set_components(item_id=kit.pk, components=[Part(item["LMP-01"], 1), Part(item["MUG-01"], 2)])


def _deliver(order: Order, clerk: Actor) -> None:
    for fulfillment_id in _ship(order, clerk):
        shipping.mark_delivered(order_id=order.pk, fulfillment_id=fulfillment_id, actor=clerk)


def _ship(order: Order, clerk: Actor) -> Sequence[Any]:
    packed = _pack(order, clerk)
    for fulfillment_id in packed:
        parcel = Tracking(number=f"RM{order.number:09d}GB", carrier="Royal Mail")
        shipping.create_shipment(order_id=order.pk, fulfillment_id=fulfillment_id, parcels=[parcel], actor=clerk)
    return packed


def _pack(order: Order, clerk: Actor) -> Sequence[Any]:
    return [
        fulfilling.create_fulfillment(
            order_id=order.pk, items=proposal.items, location_id=proposal.location_id, actor=clerk
        ).pk
        for proposal in fulfilling.proposals(order, list(order.lines.all()))
    ]


def _hold(order: Order, clerk: Actor) -> None:
    holds.place_hold(order_id=order.pk, reason=HoldReason.ADDRESS, note="The street has no number.", actor=clerk)


def _note(order: Order, clerk: Actor) -> None:
    notes.add_note(order_id=order.pk, body="Customer asks for a gift receipt.", actor=clerk)
    notes.set_tags(order_id=order.pk, tags=[*order.tags, "gift"], actor=clerk)


_ACTS: Final[list[Callable[[Order, Actor], object]]] = [_note, _pack, _hold, _ship, _deliver]
