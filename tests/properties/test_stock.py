"""Any row of acts on stock comes out as a model of plain numbers says it must, and the books add up after each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, example, given, note, settings
from hypothesis import strategies as st

from inventory.models import InventoryLevel, Reservation
from inventory.services.adjustments import adjust_stock
from inventory.services.manual_reservations import create_reservation, delete_reservation, update_reservation
from inventory.services.verify import verify_stock
from oms.core.errors import DomainError
from orders.enums import CancelReason
from orders.models import OrderLocation
from orders.services.cancellation import cancel_order
from orders.services.fulfilling import FulfillItem, cancel_fulfillment, create_fulfillment
from tests.factories import InventoryItemFactory, InventoryLevelFactory, SalesChannelFactory, StockLocationFactory
from tests.scenarios import STAFF, Shop, placed_order

pytestmark = pytest.mark.django_db
PLACES = ("A", "B")  # A is preferred


class Refused(Exception):
    """The model says that an act must not be possible."""


@dataclass
class Sale:
    """An order of one line, as the model knows it: what it holds where, and its parcels."""

    quantity: int
    held: dict[str, int]
    parcels: list[tuple[str, int] | None] = field(default_factory=list)
    canceled: bool = False
    places: set[str] = field(default_factory=set)  # where it ever held something, or had something packed

    @property
    def open(self) -> int:
        return self.quantity - sum(parcel[1] for parcel in self.parcels if parcel)


@dataclass
class Model:
    """Stock as a clerk with a sheet of paper would keep it."""

    shelf: dict[str, int]
    sales: list[Sale] = field(default_factory=list)
    aside: list[list[Any] | None] = field(default_factory=list)

    def reserved(self, place: str) -> int:
        by_orders = sum(sale.held.get(place, 0) for sale in self.sales)
        return by_orders + sum(each[1] for each in self.aside if each and each[0] == place)

    def free(self, place: str) -> int:
        return self.shelf[place] - self.reserved(place)

    def state(self) -> dict[str, tuple[int, int, int]]:
        return {place: (self.shelf[place], self.reserved(place), self.free(place)) for place in PLACES}

    def refuse_unless(self, possible: bool) -> None:
        if not possible:
            raise Refused

    def places(self) -> list[set[str]]:
        for sale in self.sales:
            sale.places |= {place for place, units in sale.held.items() if units}
            sale.places |= {parcel[0] for parcel in sale.parcels if parcel}
        return [sale.places for sale in self.sales]

    def place(self, quantity: int) -> None:
        free = {place: max(0, self.free(place)) for place in PLACES}
        self.refuse_unless(sum(free.values()) >= quantity)
        whole = [place for place in PLACES if free[place] >= quantity]
        first = min(quantity, free["A"])
        self.sales.append(Sale(quantity, {whole[0]: quantity} if whole else {"A": first, "B": quantity - first}))

    def fulfill(self, index: int, place: str, quantity: int) -> None:
        sale = self.sales[index]
        own = min(quantity, sale.held.get(place, 0))
        self.refuse_unless(not sale.canceled and quantity <= sale.open and quantity - own <= self.free(place))
        left = quantity
        for where in (place, *(other for other in PLACES if other != place)):
            gone = min(left, sale.held.get(where, 0))
            sale.held[where] = sale.held.get(where, 0) - gone
            left -= gone
        self.shelf[place] -= quantity
        sale.parcels.append((place, quantity))

    def unpack(self, index: int, parcel: int) -> None:
        sale = self.sales[index]
        content = sale.parcels[parcel]
        self.refuse_unless(content is not None)
        assert content is not None
        place, quantity = content
        self.shelf[place] += quantity
        sale.held[place] = sale.held.get(place, 0) + quantity
        sale.parcels[parcel] = None

    def cancel(self, index: int) -> None:
        sale = self.sales[index]
        self.refuse_unless(not sale.canceled and not any(sale.parcels))
        sale.canceled, sale.held = True, {}

    def adjust(self, place: str, delta: int) -> None:
        self.refuse_unless(delta != 0 and self.shelf[place] + delta >= self.reserved(place))
        self.shelf[place] += delta

    def set_aside(self, place: str, quantity: int) -> None:
        self.refuse_unless(quantity <= self.free(place))
        self.aside.append([place, quantity])

    def change_aside(self, index: int, place: str, quantity: int) -> None:
        each = self.aside[index]
        self.refuse_unless(each is not None)
        assert each is not None
        here = each[1] if each[0] == place else 0
        self.refuse_unless(quantity <= self.free(place) + here)
        self.aside[index] = [place, quantity]

    def give_back(self, index: int) -> None:
        self.refuse_unless(self.aside[index] is not None)
        self.aside[index] = None


class House:
    """The same acts on the real thing."""

    def __init__(self, shelf: dict[str, int]) -> None:
        self.item = InventoryItemFactory()
        self.places = {name: StockLocationFactory(priority=index) for index, name in enumerate(PLACES)}
        for name, on_hand in shelf.items():
            InventoryLevelFactory(item=self.item, location=self.places[name], on_hand=on_hand)
        self.shop = Shop(SalesChannelFactory(locations=self.places.values()), self.places, {self.item.sku: self.item})
        self.orders: list[Any] = []
        self.parcels: list[list[Any]] = []
        self.held: list[Any] = []

    def state(self) -> dict[str, tuple[int, int, int]]:
        rows = InventoryLevel.objects.filter(item=self.item)
        by_place = {row.location_id: (row.on_hand, row.reserved, row.available) for row in rows}
        return {name: by_place[place.pk] for name, place in self.places.items()}

    def places_of_orders(self) -> list[set[str]]:
        known = OrderLocation.objects.filter(order_id__in=[order_id for order_id, _ in self.orders])
        pairs = set(known.values_list("order_id", "location_id"))
        return [
            {name for name, place in self.places.items() if (order_id, place.pk) in pairs}
            for order_id, _ in self.orders
        ]

    def place(self, quantity: int) -> None:
        order = placed_order(self.shop, {self.item.sku: quantity})
        self.orders.append((order.pk, order.lines.get().pk))
        self.parcels.append([])

    def fulfill(self, index: int, place: str, quantity: int) -> None:
        order_id, line_id = self.orders[index]
        parcel = create_fulfillment(
            order_id=order_id,
            items=[FulfillItem(line_id, quantity)],
            location_id=self.places[place].pk,
            actor=STAFF,
        )
        self.parcels[index].append(parcel.pk)

    def unpack(self, index: int, parcel: int) -> None:
        cancel_fulfillment(order_id=self.orders[index][0], fulfillment_id=self.parcels[index][parcel], actor=STAFF)

    def cancel(self, index: int) -> None:
        cancel_order(order_id=self.orders[index][0], reason=CancelReason.OTHER, actor=STAFF)

    def adjust(self, place: str, delta: int) -> None:
        adjust_stock(
            item_id=self.item.pk,
            location_id=self.places[place].pk,
            delta=delta,
            reason="correction",
            actor=STAFF,
        )

    def set_aside(self, place: str, quantity: int) -> None:
        held = create_reservation(
            item_id=self.item.pk, location_id=self.places[place].pk, quantity=quantity, actor=STAFF
        )
        self.held.append(held.pk)

    def change_aside(self, index: int, place: str, quantity: int) -> None:
        update_reservation(
            reservation_id=self.held[index], location_id=self.places[place].pk, quantity=quantity, actor=STAFF
        )

    def give_back(self, index: int) -> None:
        delete_reservation(reservation_id=self.held[index], actor=STAFF)


QUANTITY, PLACE, WHICH = st.integers(1, 3), st.sampled_from(PLACES), st.integers(0, 5)
PLACING = st.tuples(st.just("place"), QUANTITY)
PACKING = st.tuples(st.just("fulfill"), WHICH, PLACE, QUANTITY)
UNPACKING = st.tuples(st.just("unpack"), WHICH, WHICH)
ACTS = st.one_of(
    PLACING,
    PACKING,
    PACKING,
    UNPACKING,
    UNPACKING,
    st.tuples(st.just("cancel"), WHICH),
    st.tuples(st.just("adjust"), PLACE, st.integers(-4, 4)),
    st.tuples(st.just("set_aside"), PLACE, QUANTITY),
    st.tuples(st.just("change_aside"), WHICH, PLACE, QUANTITY),
    st.tuples(st.just("give_back"), WHICH),
)


def histories(least: int, most: int) -> st.SearchStrategy[list[tuple[Any, ...]]]:
    """Rows of acts that begin with sales, so that there is something to pack."""
    return st.tuples(st.lists(PLACING, min_size=2, max_size=4), st.lists(ACTS, min_size=least, max_size=most)).map(
        lambda parts: [*parts[0], *parts[1]]
    )


def addressed(act: tuple[Any, ...], model: Model) -> tuple[Any, ...] | None:
    """The act with its numbers pointing at things that exist, or None where there are none yet."""
    name, *arguments = act
    if name in {"fulfill", "unpack", "cancel"}:
        if not model.sales:
            return None
        arguments[0] %= len(model.sales)
    if name == "unpack":
        if not model.sales[arguments[0]].parcels:
            return None
        arguments[1] %= len(model.sales[arguments[0]].parcels)
    if name in {"change_aside", "give_back"}:
        if not model.aside:
            return None
        arguments[0] %= len(model.aside)
    return name, *arguments


def happens(act: Callable[..., None], *arguments: Any) -> bool:
    try:
        act(*arguments)
    except (Refused, DomainError):
        return False
    return True


def run(shelf: dict[str, int], acts: list[tuple[Any, ...]]) -> None:
    model, house = Model(dict(shelf)), House(shelf)
    for act in acts:
        chosen = addressed(act, model)
        if chosen is None:
            continue
        name, *arguments = chosen
        note(f"{name} {arguments}")
        expected = happens(getattr(model, name), *arguments)

        assert happens(getattr(house, name), *arguments) == expected, f"{chosen}: the model says {expected}"
        assert house.state() == model.state(), chosen
        assert house.places_of_orders() == model.places(), chosen
        assert verify_stock(sku=house.item.sku).differences == [], chosen
    assert Reservation.objects.filter(level__item=house.item, quantity=0, backordered=0).count() == 0


SHELF = st.fixed_dictionaries({place: st.integers(2, 9) for place in PLACES})
# Each example has its own item and locations, so the database of the test may be shared among them.
SHARED = {"deadline": None, "suppress_health_check": [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]}


# A sale over both places, packed in parts where it lies and where it does not, and put back beside what is still held.
SPLIT = [
    ("place", 5),
    ("fulfill", 0, "B", 1),
    ("fulfill", 0, "A", 1),
    ("unpack", 0, 1),
    ("unpack", 0, 0),
    ("set_aside", "B", 1),
    ("fulfill", 0, "B", 2),
    ("fulfill", 0, "A", 4),
    ("unpack", 0, 2),
    ("fulfill", 0, "A", 3),
    ("change_aside", 0, "A", 1),
    ("change_aside", 0, "B", 1),
    ("unpack", 0, 2),
    ("unpack", 0, 3),
    ("cancel", 0),
    ("give_back", 0),
]


# Without shrinking: a failure tells its acts all the same, and at once.
@settings(max_examples=40, phases=[Phase.explicit, Phase.generate], **SHARED)
@example(shelf={"A": 3, "B": 4}, acts=SPLIT)
@given(shelf=SHELF, acts=histories(6, 16))
def test_stock_is_what_a_clerk_with_paper_would_write_down(shelf, acts):
    run(shelf, acts)


@pytest.mark.soak
@settings(max_examples=1500, **SHARED)
@given(shelf=SHELF, acts=histories(10, 60))
def test_long_histories_of_stock_are_what_a_clerk_with_paper_would_write_down(shelf, acts):
    run(shelf, acts)
