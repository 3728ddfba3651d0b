"""Shops, stock and orders that many tests start from, and what they compare."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.apps import apps as django_apps
from django.db import connection

from channels.models import SalesChannel
from channels.services.selling import selling
from inventory.models import InventoryItem, InventoryLevel, StockLocation
from inventory.services.items import create_item
from inventory.services.kits import Part
from oms.core.actors import Actor, ActorKind
from oms.core.models import OutboxEvent
from orders.models import Order
from orders.requests import LineRequest, OrderRequest
from orders.services.fulfilling import FulfillItem
from orders.services.placement import Options, Placed, place_order, place_orders
from tests.factories import InventoryItemFactory, InventoryLevelFactory, SalesChannelFactory, StockLocationFactory

STAFF = Actor(ActorKind.STAFF, "1", "clerk")


@dataclass(frozen=True)
class Shop:
    """A channel, the locations it sells from by name, and items by sku."""

    channel: SalesChannel
    locations: Mapping[str, StockLocation]
    items: Mapping[str, InventoryItem]

    def level(self, sku: str, location: str = "W1") -> InventoryLevel:
        return InventoryLevel.objects.get(item__sku=sku, location=self.locations[location])

    def sra(self, sku: str, location: str = "W1") -> tuple[int, int, int]:
        """On hand, reserved, available."""
        level = self.level(sku, location)
        return level.on_hand, level.reserved, level.available


def shop(stock: Mapping[str, Mapping[str, int]], **item: Any) -> Shop:
    """A channel that sells from these locations: {"W1": {"LAMP": 2}}; earlier ones have priority."""
    skus = sorted({sku for levels in stock.values() for sku in levels})
    items = {sku: InventoryItemFactory(sku=sku, **item) for sku in skus}
    places = {
        name: StockLocationFactory(code=name.lower(), name=name, priority=index) for index, name in enumerate(stock)
    }
    for name, levels in stock.items():
        for sku, on_hand in levels.items():
            InventoryLevelFactory(item=items[sku], location=places[name], on_hand=on_hand)
    return Shop(SalesChannelFactory(locations=places.values()), places, items)


def kit(here: Shop, sku: str, parts: Mapping[str, int], **fields: Any) -> InventoryItem:
    """A kit of so many units of these items of the shop."""
    components = [Part(here.items[each].pk, quantity) for each, quantity in parts.items()]
    return create_item(sku=sku, components=components, **fields)


def request(lines: Mapping[str, int] | Sequence[LineRequest], **fields: Any) -> OrderRequest:
    """An order over these skus and quantities at 10.00 each."""
    items = (
        [LineRequest(sku=sku, quantity=quantity, unit_price=Decimal(10)) for sku, quantity in lines.items()]
        if isinstance(lines, Mapping)
        else list(lines)
    )
    return OrderRequest(**{"currency_code": "USD", "items": items} | fields)


def place(shop: Shop, lines: Mapping[str, int] | Sequence[LineRequest], **fields: Any) -> Placed:
    return place_order(
        request=request(lines, **fields), selling=selling(shop.channel.code), actor=STAFF, options=Options()
    )


def place_all(shop: Shop, *requests: OrderRequest, **options: Any) -> list[Placed]:
    """One batch."""
    return place_orders(requests=requests, selling=selling(shop.channel.code), actor=STAFF, options=Options(**options))


def placed_order(shop: Shop, lines: Mapping[str, int] | Sequence[LineRequest], **fields: Any) -> Order:
    return Order.objects.get(pk=place(shop, lines, **fields).order_id)


def items_of(order: Order, quantities: Mapping[str, int] | None = None) -> list[FulfillItem]:
    """What to fulfil: these quantities by sku, or everything that is open."""
    return [
        FulfillItem(line.pk, (quantities or {}).get(line.sku, line.quantity_open))
        for line in order.lines.all()
        if quantities is None or line.sku in quantities
    ]


def recorded_events(stream: UUID | None = None) -> list[str]:
    """The names of all events (of one order), in the order they were recorded."""
    rows = OutboxEvent.objects.all() if stream is None else OutboxEvent.objects.filter(stream=stream)
    return list(rows.order_by("sequence", "id").values_list("name", flat=True))


def state(order: Order) -> tuple[str, str, str, int]:
    """Status, payment, fulfillment and open units, as they are now."""
    order.refresh_from_db()
    return order.status, order.payment_status, order.fulfillment_status, order.units_open


@contextmanager
def nothing_moves() -> Iterator[None]:
    """What is done inside leaves every row of orders, stock, money, parcels and news as it was."""
    before = _everything()
    yield
    assert _everything() == before


def _everything() -> dict[str, list[str]]:
    """The rows of each table as JSON, in one statement: a model at a time would be eighty."""
    apps = ("orders", "inventory", "fulfillment", "payments", "core")
    tables = [kind._meta.db_table for app in apps for kind in django_apps.get_app_config(app).get_models()]
    everything: dict[str, list[str]] = {table: [] for table in tables}
    with connection.cursor() as cursor:
        each = "SELECT '{0}', to_jsonb(t)::text FROM {0} t"
        cursor.execute(" UNION ALL ".join(each.format(name) for name in tables))
        for table, row in cursor:
            everything[table].append(row)
    return {table: sorted(rows) for table, rows in everything.items()}
