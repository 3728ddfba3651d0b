"""Whatever is done with orders in whatever order, a plain model of whole numbers says the same as the database.

The model knows nothing of the code: units of each order on the shelf, waiting, packed, shipped, arrived.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest
from django.db.models import Sum
from django.test import TestCase
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from inventory.errors import InsufficientStock
from inventory.models import InventoryLevel, Reservation, StockMovement
from inventory.services.adjustments import adjust_stock
from oms.core.errors import DomainError
from oms.core.models import OutboxEvent
from orders import errors
from orders.enums import CancelReason, HoldReason
from orders.models import Order
from orders.services.cancellation import cancel_order
from orders.services.fulfilling import FulfillItem, cancel_fulfillment, create_fulfillment
from orders.services.holds import place_hold, release_hold
from orders.services.shipping import create_shipment, mark_delivered
from tests.scenarios import STAFF, nothing_moves, place, shop

OPENING = 5


@dataclass
class Parcel:
    """Units packed, and how far they have come."""

    id: UUID
    units: int
    stage: str = "packed"


@dataclass
class Sale:
    """An order of one line as the model knows it. `held` are units on the shelf, `waiting` those that are not there."""

    id: UUID
    line_id: UUID
    units: int
    held: int
    waiting: int
    canceled: bool = False
    holds: list[UUID] = field(default_factory=list)
    parcels: list[Parcel] = field(default_factory=list)
    events: int = 1

    def at(self, *stages: str) -> int:
        return sum(parcel.units for parcel in self.parcels if parcel.stage in stages)

    @property
    def open(self) -> int:
        return self.units - self.at("packed", "shipped", "arrived")

    @property
    def fulfillment(self) -> str:
        packed, shipped, arrived = self.units - self.open, self.at("shipped", "arrived"), self.at("arrived")
        if self.canceled:
            return "canceled"
        if arrived:
            return "delivered" if arrived == self.units else "partially_delivered"
        if shipped:
            return "shipped" if shipped == self.units else "partially_shipped"
        if packed:
            return "fulfilled" if packed == self.units else "partially_fulfilled"
        return "not_fulfilled"


class Histories(RuleBasedStateMachine):
    """Orders of one item at one location. What the model forbids is tried too: it is refused and moves nothing."""

    allow_backorder = False
    sales, parcels, holds = Bundle("sales"), Bundle("parcels"), Bundle("holds")

    def __init__(self) -> None:
        super().__init__()
        self.atomics = TestCase._enter_atomics()
        self.shop = shop({"W1": {"LAMP": OPENING}}, allow_backorder=self.allow_backorder)
        self.known: dict[UUID, Sale] = {}
        self.on_hand = OPENING

    def teardown(self) -> None:
        TestCase._rollback_atomics(self.atomics)

    @property
    def available(self) -> int:
        return self.on_hand - sum(sale.held for sale in self.known.values())

    @property
    def waiting(self) -> int:
        return sum(sale.waiting for sale in self.known.values())

    def refused(self, refusal: type[DomainError], act: Callable[[], object]) -> None:
        with nothing_moves(), pytest.raises(refusal):
            act()

    # --- what people do ----------------------------------------------------------------------------------------------

    @rule(target=sales, units=st.integers(1, 4))
    def order(self, units: int) -> Any:
        if units > self.available and not self.allow_backorder:
            self.refused(InsufficientStock, lambda: place(self.shop, {"LAMP": units}))
            return multiple()
        held = min(units, max(0, self.available - self.waiting))
        order_id = place(self.shop, {"LAMP": units}).order_id
        line = Order.objects.get(pk=order_id).lines.get()
        self.known[order_id] = Sale(order_id, line.pk, units, held, units - held)
        return self.known[order_id]

    @rule(target=parcels, sale=sales, units=st.integers(1, 4))
    def pack(self, sale: Sale, units: int) -> Any:
        def act() -> Any:
            items, place = [FulfillItem(sale.line_id, units)], self.shop.locations["W1"].pk
            return create_fulfillment(order_id=sale.id, items=items, location_id=place, actor=STAFF)

        if sale.holds:
            self.refused(errors.OrderOnHold, act)
        elif sale.canceled:
            self.refused(errors.OrderNotOpen, act)
        elif units > sale.open:
            self.refused(errors.FulfillsMoreThanOrdered, act)
        elif units > sale.held + max(0, self.available - (self.waiting - sale.waiting)):  # those who wait come first
            self.refused(InsufficientStock, act)
        else:
            parcel = Parcel(act().pk, units)
            sale.parcels.append(parcel)
            self.on_hand -= units
            own = min(units, sale.held)
            sale.held -= own
            sale.waiting -= units - own
            sale.events += 1
            return sale, parcel
        return multiple()

    @rule(it=parcels)
    def unpack(self, it: tuple[Sale, Parcel]) -> None:
        sale, parcel = it
        wrong = {"canceled": errors.FulfillmentCanceled, "packed": None}
        if refusal := wrong.get(parcel.stage, errors.FulfillmentAlreadyShipped):
            self.refused(refusal, lambda: self._step(cancel_fulfillment, sale, parcel))
            return
        self._step(cancel_fulfillment, sale, parcel)
        parcel.stage = "canceled"
        self.on_hand += parcel.units
        sale.held += parcel.units
        sale.events += 1

    @rule(it=parcels)
    def ship(self, it: tuple[Sale, Parcel]) -> None:
        sale, parcel = it
        wrong = {"canceled": errors.FulfillmentCanceled, "packed": None}
        if refusal := wrong.get(parcel.stage, errors.FulfillmentAlreadyShipped):
            self.refused(refusal, lambda: self._step(create_shipment, sale, parcel, parcels=[]))
            return
        self._step(create_shipment, sale, parcel, parcels=[])
        parcel.stage = "shipped"
        sale.events += 1

    @rule(it=parcels)
    def arrive(self, it: tuple[Sale, Parcel]) -> None:
        sale, parcel = it
        wrong = {
            "canceled": errors.FulfillmentCanceled,
            "packed": errors.FulfillmentNotShipped,
            "arrived": errors.FulfillmentAlreadyDelivered,
        }
        if refusal := wrong.get(parcel.stage):
            self.refused(refusal, lambda: self._step(mark_delivered, sale, parcel))
            return
        self._step(mark_delivered, sale, parcel)
        parcel.stage = "arrived"
        sale.events += 1

    def _step(self, act: Callable[..., object], sale: Sale, parcel: Parcel, **more: Any) -> None:
        act(order_id=sale.id, fulfillment_id=parcel.id, actor=STAFF, **more)

    @rule(target=holds, sale=sales)
    def hold(self, sale: Sale) -> Any:
        def act() -> Any:
            return place_hold(order_id=sale.id, reason=HoldReason.ADDRESS, actor=STAFF)

        if sale.canceled:
            self.refused(errors.OrderNotOpen, act)
            return multiple()
        sale.holds.append(act().pk)
        sale.events += 1
        return sale, sale.holds[-1]

    @rule(it=consumes(holds))
    def release(self, it: tuple[Sale, UUID]) -> None:
        sale, hold_id = it
        release_hold(order_id=sale.id, hold_id=hold_id, actor=STAFF)
        sale.holds.remove(hold_id)
        sale.events += 1

    @rule(sale=sales)
    def cancel(self, sale: Sale) -> None:
        def act() -> None:
            cancel_order(order_id=sale.id, reason=CancelReason.CUSTOMER, actor=STAFF)

        if sale.canceled or sale.open < sale.units:
            self.refused(errors.OrderNotCancelable, act)
            return
        act()
        sale.canceled, sale.held, sale.waiting = True, 0, 0
        sale.events += 1

    @rule(units=st.integers(1, 4))
    def goods_come(self, units: int) -> None:
        adjust_stock(
            item_id=self.shop.items["LAMP"].pk,
            location_id=self.shop.locations["W1"].pk,
            delta=units,
            reason="received",
            actor=STAFF,
        )
        self.on_hand += units
        for sale in self.known.values():  # the oldest first
            if given := min(sale.waiting, max(0, self.available)):
                sale.held += given
                sale.waiting -= given
                sale.events += 1

    # --- what must be true -------------------------------------------------------------------------------------------

    @invariant()
    def the_shelf_is_as_the_model_says(self) -> None:
        level = InventoryLevel.objects.get()
        held = sum(sale.held for sale in self.known.values())
        waiting = sum(sale.waiting for sale in self.known.values())
        assert (level.on_hand, level.reserved, level.backordered) == (self.on_hand, held, waiting)
        moved = StockMovement.objects.aggregate(
            on_hand=Sum("delta_on_hand"), reserved=Sum("delta_reserved"), backordered=Sum("delta_backordered")
        )
        assert moved == {"on_hand": self.on_hand, "reserved": held, "backordered": waiting}
        assert level.ledger_seq == StockMovement.objects.count()

    @invariant()
    def every_order_is_as_the_model_says(self) -> None:
        kept = {row["line_id"]: (row["quantity"], row["backordered"]) for row in Reservation.objects.values()}
        assert kept == {
            sale.line_id: (sale.held, sale.waiting) for sale in self.known.values() if sale.held or sale.waiting
        }
        told = {
            order.pk: (order.status, order.fulfillment_status, order.units_open, order.open_holds, order.event_seq)
            for order in Order.objects.all()
        }
        assert told == {
            sale.id: (
                "canceled" if sale.canceled else "pending",
                sale.fulfillment,
                0 if sale.canceled else sale.open,
                len(sale.holds),
                sale.events,
            )
            for sale in self.known.values()
        }

    @invariant()
    def every_order_adds_up_and_is_told_without_gaps(self) -> None:
        for order in Order.objects.all():
            sale = self.known[order.pk]
            assert (order.original_total, order.total) == (10 * sale.units, 0 if sale.canceled else 10 * sale.units)
            assert order.revision == sale.events
        numbers = (
            OutboxEvent.objects.exclude(name="inventory.level_changed")
            .order_by("stream", "sequence")
            .values_list("stream", "sequence")
        )
        assert sorted(numbers) == sorted(
            (sale.id, number) for sale in self.known.values() for number in range(1, sale.events + 1)
        )


class HistoriesWithBackorders(Histories):
    """The same where the item may be sold beyond what is there."""

    allow_backorder = True


MACHINES = pytest.mark.parametrize("machine", [Histories, HistoriesWithBackorders], ids=["stock", "backorders"])


@pytest.mark.django_db
@MACHINES
def test_any_history_of_orders_is_as_a_plain_model_says(machine):
    run_state_machine_as_test(machine, settings=settings(max_examples=10, stateful_step_count=20, deadline=None))


@pytest.mark.django_db
@pytest.mark.soak
@MACHINES
def test_many_long_histories_of_orders_are_as_a_plain_model_says(machine):
    run_state_machine_as_test(machine, settings=settings(max_examples=150, stateful_step_count=50, deadline=None))
