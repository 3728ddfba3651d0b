"""The two stock rooms of the clerk's paper, for real: each act by the service that people use."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.utils import timezone

from channels.services.selling import selling
from inventory.models import InventoryItem, InventoryLevel, LowStockAlert, Reservation
from inventory.selectors import available_at
from inventory.services import alerts, arrivals, counts, transfers
from inventory.services.adjustments import adjust_stock, set_safety_stock
from inventory.services.kits import Part as Component
from inventory.services.kits import set_components
from inventory.services.manual_reservations import create_reservation, delete_reservation, update_reservation
from inventory.services.papers import Line, Part
from orders.enums import CancelReason
from orders.services.cancellation import cancel_order
from orders.services.fulfilling import FulfillItem, cancel_fulfillment, create_fulfillment
from orders.services.moving import move_reserved
from orders.services.placement import Options
from orders.services.revisions import revise_order
from tests.factories import InventoryItemFactory, InventoryLevelFactory, SalesChannelFactory, StockLocationFactory
from tests.properties.clerk import BULB, GIFT, LAMP, LOW, MAY_WAIT, PLACES, RECIPES, SPOTS, Spot
from tests.scenarios import STAFF, Shop, placed_order, request


class House:
    """The same acts on the real thing."""

    def __init__(self, shelf: Mapping[Spot, int]) -> None:
        self.items: dict[str, InventoryItem] = {
            name: InventoryItemFactory(allow_backorder=name in MAY_WAIT, low_stock_threshold=LOW)
            for name in (LAMP, BULB, GIFT)
        }
        self.places = {name: StockLocationFactory(priority=index) for index, name in enumerate(PLACES)}
        for (item, place), on_hand in shelf.items():
            InventoryLevelFactory(item=self.items[item], location=self.places[place], on_hand=on_hand)
        alerts.judge(list(InventoryLevel.objects.values_list("pk", flat=True)), actor=STAFF)
        recipe = [Component(self.items[item].pk, each) for item, each in RECIPES[GIFT].items()]
        set_components(item_id=self.items[GIFT].pk, components=recipe)
        skus = {item.sku: item for item in self.items.values()}
        self.shop = Shop(SalesChannelFactory(locations=self.places.values()), self.places, skus)
        self.orders: list[tuple[Any, Any, str]] = []
        self.parcels: list[list[Any]] = []
        self.asides: list[Any] = []
        self.papers: list[Any] = []
        self.counted: list[Any] = []

    def where(self, spot: Spot) -> dict[str, Any]:
        return {"item_id": self.items[spot[0]].pk, "location_id": self.places[spot[1]].pk, "actor": STAFF}

    def _spots(self, level: InventoryLevel) -> Spot:
        names = {item.pk: name for name, item in self.items.items()} | {
            row.pk: name for name, row in self.places.items()
        }
        return names[level.item_id], names[level.location_id]

    def levels(self) -> dict[Spot, tuple[int, ...]]:
        rows = InventoryLevel.objects.filter(location__in=self.places.values())
        return {
            self._spots(row): (row.on_hand, row.reserved, row.backordered, row.incoming, row.safety_stock)
            for row in rows
        }

    def promised(self) -> list[tuple[Spot, int, int, int]]:
        by_spot: dict[Spot, list[tuple[int, int]]] = {spot: [] for spot in SPOTS}
        rows = Reservation.objects.filter(level__location__in=self.places.values()).select_related("level")
        for row in rows.order_by("pk"):
            by_spot[self._spots(row.level)].append((row.quantity, row.backordered))
        return [(spot, number, *each) for spot in SPOTS for number, each in enumerate(by_spot[spot])]

    def to_promise(self) -> dict[str, int]:
        there = available_at([item.pk for item in self.items.values()], [place.pk for place in self.places.values()])
        return {name: there[item.pk] for name, item in self.items.items()}

    def low(self) -> set[Spot]:
        """Where an alert is open, which is where the level says so."""
        rows = LowStockAlert.objects.filter(cured_at=None, level__location__in=self.places.values())
        return {self._spots(row.level) for row in rows.select_related("level")}

    def place(self, thing: str, units: int) -> None:
        order = placed_order(self.shop, {self.items[thing].sku: units})
        self.orders.append((order.pk, order.lines.get().pk, thing))
        self.parcels.append([])

    def revise(self, index: int, units: int) -> None:
        order_id, _, thing = self.orders[index]
        revise_order(
            order_id=order_id,
            request=request({self.items[thing].sku: units}),
            digest="",
            selling=selling(self.shop.channel.code),
            options=Options(),
            actor=STAFF,
        )

    def fulfill(self, index: int, place: str, units: int) -> None:
        order_id, line_id, _ = self.orders[index]
        items, location = [FulfillItem(line_id, units)], self.places[place].pk
        self.parcels[index].append(
            create_fulfillment(order_id=order_id, items=items, location_id=location, actor=STAFF).pk
        )

    def unpack(self, index: int, parcel: int) -> None:
        cancel_fulfillment(order_id=self.orders[index][0], fulfillment_id=self.parcels[index][parcel], actor=STAFF)

    def cancel(self, index: int) -> None:
        cancel_order(order_id=self.orders[index][0], reason=CancelReason.OTHER, actor=STAFF)

    def move(self, index: int, source: str, target: str, units: int) -> None:
        order_id, line_id, _ = self.orders[index]
        places = {"source_id": self.places[source].pk, "target_id": self.places[target].pk}
        move_reserved(order_id=order_id, items=[FulfillItem(line_id, units)], **places, actor=STAFF)

    def adjust(self, spot: Spot, delta: int) -> None:
        adjust_stock(**self.where(spot), delta=delta, reason="correction")

    def keep_back(self, spot: Spot, units: int) -> None:
        set_safety_stock(**self.where(spot), safety_stock=units)

    def set_aside(self, spot: Spot, units: int, ends: bool) -> None:
        expires_at = timezone.now() + timedelta(hours=1) if ends else None
        self.asides.append(create_reservation(**self.where(spot), quantity=units, expires_at=expires_at).pk)

    def change_aside(self, index: int, place: str, units: int) -> None:
        location_id = self.places[place].pk
        update_reservation(reservation_id=self.asides[index], location_id=location_id, quantity=units, actor=STAFF)

    def give_back(self, index: int) -> None:
        delete_reservation(reservation_id=self.asides[index], actor=STAFF)

    def expect(self, spot: Spot, units: int) -> None:
        lines = [Line(self.items[spot[0]].pk, units)]
        self.papers.append(arrivals.create_arrival(location_id=self.places[spot[1]].pk, lines=lines, actor=STAFF))

    def send(self, item: str, source: str, target: str, units: int) -> None:
        places = {"source_id": self.places[source].pk, "target_id": self.places[target].pk}
        made = transfers.create_transfer(**places, lines=[Line(self.items[item].pk, units)], actor=STAFF)
        self.papers.append(transfers.send_transfer(transfer_id=made.pk, actor=STAFF))

    def receive(self, index: int, good: int, damaged: int) -> None:
        paper = self.papers[index]
        parts = [Part(paper.lines.get().pk, good, damaged)]
        if hasattr(paper, "target_id"):
            transfers.receive_transfer(transfer_id=paper.pk, parts=parts, actor=STAFF)
        else:
            arrivals.receive_arrival(arrival_id=paper.pk, parts=parts, actor=STAFF)

    def close(self, index: int) -> None:
        paper = self.papers[index]
        if hasattr(paper, "target_id"):
            transfers.close_transfer(transfer_id=paper.pk, reason="lost", actor=STAFF)
        else:
            arrivals.close_arrival(arrival_id=paper.pk, actor=STAFF)

    def call_off(self, index: int) -> None:
        transfers.cancel_transfer(transfer_id=self.papers[index].pk, actor=STAFF)

    def write_down(self, spot: Spot, units: int) -> None:
        lines = [Line(self.items[spot[0]].pk, units)]
        self.counted.append(counts.create_count(location_id=self.places[spot[1]].pk, lines=lines, actor=STAFF).pk)

    def apply(self, index: int) -> None:
        counts.apply_count(count_id=self.counted[index], actor=STAFF)
