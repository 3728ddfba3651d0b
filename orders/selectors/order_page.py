"""Everything that the page of one order shows, read in a number of queries that does not depend on its size."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final
from uuid import UUID

from django.db.models import Prefetch, QuerySet

from fulfillment.models import Fulfillment, FulfillmentLine
from inventory import holdings, providers
from inventory.providers.base import Held, Sourced
from inventory.providers.stock_locations import Location
from oms.core.money import Money
from oms.web.limits import answering
from orders import policies, recipes
from orders.enums import AddressKind
from orders.models import Adjustment, CreditLine, Hold, Note, Order, OrderAddress, OrderLine, TaxLine, TimelineEntry
from orders.selectors.statement import Statement, statement
from orders.services import fulfilling
from orders.services.fulfilling import Proposal
from payments.enums import SessionStatus
from payments.models import Payment, PaymentAttempt, PaymentSession

ENTRIES: Final = 25  # of the timeline on one page
MOST_PAGES: Final = 400
MOST_NOTES: Final = 20
MOST_TRIES: Final = 3
OTHERS: Final = 5
MOST_OTHERS: Final = 1000
_BEGUN: Final = (SessionStatus.PENDING, SessionStatus.REQUIRES_MORE, SessionStatus.ERROR)


@dataclass(frozen=True, slots=True)
class Place:
    """Units of a line that are somewhere: `state` is one of `orders.admin.words.PLACES`.

    sku: of a component that is held for a kit.
    """

    state: str
    quantity: int
    location: str = ""
    sku: str = ""


@dataclass(frozen=True, slots=True)
class GoodsRow:
    line: OrderLine
    places: Sequence[Place]
    adjustments: Sequence[Adjustment]


@dataclass(slots=True)
class Parcels:
    """A fulfillment as the page shows it."""

    fulfillment: Fulfillment
    location: str
    units: int

    @property
    def can_ship(self) -> bool:
        return self.fulfillment.status == "packed" and self.fulfillment.requires_shipping

    @property
    def can_unpack(self) -> bool:
        return self.fulfillment.status == "packed"

    @property
    def can_deliver(self) -> bool:
        status = self.fulfillment.status
        return status == "shipped" or (status == "packed" and not self.fulfillment.requires_shipping)


@dataclass(slots=True)
class Offer:
    """A proposed fulfillment with its lines at hand."""

    proposal: Proposal
    location: str
    rows: Sequence[tuple[OrderLine, int]]

    @property
    def units(self) -> int:
        return sum(units for _, units in self.rows)


@dataclass(frozen=True, slots=True)
class Paid:
    """A payment with all that was tried with it, the oldest first."""

    payment: Payment
    attempts: Sequence[PaymentAttempt]


@dataclass(frozen=True, slots=True)
class Timeline:
    """A page of what happened, the newest first. newer, older: the numbers of the pages beside it, where there are."""

    entries: Sequence[TimelineEntry]
    newer: int | None
    older: int | None


@dataclass(frozen=True, slots=True)
class Others:
    """What else the customer ordered: the newest, and how many in all, MOST_OTHERS at the highest."""

    newest: Sequence[Order] = ()
    count: int = 0


@dataclass(slots=True)
class OrderPage:
    order: Order
    goods: Sequence[GoodsRow]
    taxes: Sequence[tuple[str, Money]]
    adjustments: Sequence[Adjustment]
    credits: Sequence[CreditLine]
    payments: Sequence[Paid]
    tries: Sequence[PaymentSession]
    statement: Statement
    shipping_address: OrderAddress | None
    billing_address: OrderAddress | None
    holds: Sequence[Hold]
    notes: Sequence[Note]
    more_notes: bool
    timeline: Timeline
    others: Others
    parcels: Sequence[Parcels]
    sourcing: Sourced | None
    locations: Sequence[Location]
    has_places: bool
    held_at: Sequence[tuple[str, str]]  # id and name of the locations that hold something
    units_reserved: int
    units_backordered: int
    offers: Sequence[Offer] = field(default_factory=list)

    @property
    def open_holds(self) -> list[Hold]:
        return [hold for hold in self.holds if hold.released_at is None]

    @property
    def open_lines(self) -> list[OrderLine]:
        """What is still to be packed."""
        lines = (row.line for row in self.goods)
        return [line for line in lines if policies.is_fulfillable(line) and line.quantity_open]

    @property
    def all_done(self) -> bool:
        """Nothing waits to be packed, shipped or delivered."""
        moving = any(parcel.can_ship or parcel.can_deliver for parcel in self.parcels)
        return not (moving or self.order.units_open or self.order.open_holds)

    @property
    def can_move(self) -> bool:
        """Something is held, and there is another location for it."""
        elsewhere = any(location.is_active for location in self.locations) and len(self.locations) > 1
        return policies.is_open(self.order) and bool(self.held_at) and elsewhere


def order_page(order_id: UUID, *, orders: QuerySet[Order], timeline: int = 1) -> OrderPage | None:
    """The order with all its parts, and what can be packed next; None where it is not among `orders`.

    orders: those that whoever looks may see. timeline: which page of it.
    """
    order = orders.select_related("channel", "customer").filter(pk=order_id).first()
    if order is None:
        return None
    lines, seen = list(order.lines.all()), answering.get()
    stock = providers.current()
    locations = providers.locations().all()
    # Goods elsewhere are told of without the place.
    names = {location.id: location.name for location in locations if seen.allows_location(location.id)}
    fulfillments = _fulfillments(order)
    held = stock.holds(order.pk)
    adjustments = list(order.adjustments.all())
    notes = list(order.notes.order_by("-created_at", "-pk")[: MOST_NOTES + 1])
    addresses = {address.kind: address for address in order.addresses.all()}
    payments = _payments(order)
    page = OrderPage(
        order=order,
        goods=_goods(lines, adjustments, _places(order, lines, fulfillments, held, names)),
        taxes=_taxes(order),
        adjustments=[each for each in adjustments if each.line_id is None and each.shipping_line_id is None],
        credits=list(order.credit_lines.order_by("created_at", "pk")),
        payments=payments,
        tries=_tries(order),
        statement=statement(
            order, [each.payment for each in payments], [attempt for each in payments for attempt in each.attempts]
        ),
        shipping_address=addresses.get(AddressKind.SHIPPING),
        billing_address=addresses.get(AddressKind.BILLING),
        holds=list(order.holds.all()),
        notes=notes[:MOST_NOTES],
        more_notes=len(notes) > MOST_NOTES,
        timeline=_timeline(order, timeline),
        others=_others(order, orders),
        parcels=[
            Parcels(each, names.get(each.location_id, "") if each.location_id else "", _units(each))
            for each in fulfillments
            if seen.allows_location(each.location_id)
        ],
        sourcing=stock.sourced(order.pk) if seen.locations is None else None,
        locations=[each for each in locations if seen.allows_location(each.id)],
        has_places=stock.has_places,
        held_at=_held_at([each for each in held if seen.allows_location(each.location_id)], names),
        units_reserved=sum(each.quantity for each in held),
        units_backordered=sum(each.backordered for each in held),
    )
    if policies.can_fulfill(order):
        offers = _offers(order, lines, held, names)
        page.offers = [each for each in offers if seen.allows_location(each.proposal.location_id)]
    return page


def _payments(order: Order) -> list[Paid]:
    payments = list(order.payments.all())
    attempts: dict[UUID | None, list[PaymentAttempt]] = defaultdict(list)
    for each in PaymentAttempt.objects.filter(payment__in=payments).order_by("created_at", "pk"):
        attempts[each.payment_id].append(each)
    return [Paid(each, attempts[each.pk]) for each in payments]


def _tries(order: Order) -> list[PaymentSession]:
    """What a customer began to pay with and nothing was authorized of yet, or was declined; the newest first."""
    begun = PaymentSession.objects.filter(collection__order=order, status__in=_BEGUN)
    return list(begun.order_by("-created_at", "-pk")[:MOST_TRIES])


def _held_at(held: Sequence[Held], names: Mapping[UUID, str]) -> list[tuple[str, str]]:
    there = dict.fromkeys(each.location_id for each in held if each.quantity and each.location_id)
    return [(str(location_id), names.get(location_id, "")) for location_id in there]


def _timeline(order: Order, number: int) -> Timeline:
    number = min(max(1, number), MOST_PAGES)
    rows = list(order.timeline.all()[(number - 1) * ENTRIES : number * ENTRIES + 1])
    newer = number - 1 if number > 1 else None
    older = number + 1 if len(rows) > ENTRIES and number < MOST_PAGES else None
    return Timeline(rows[:ENTRIES], newer, older)


def _others(order: Order, orders: QuerySet[Order]) -> Others:
    """By the index of customer and time; nothing of a customer who is not known."""
    if order.customer_id is None:
        return Others()
    theirs = orders.filter(customer_id=order.customer_id).exclude(pk=order.pk)
    newest = list(theirs.order_by("-placed_at", "-pk")[: OTHERS + 1])
    count = len(newest) if len(newest) <= OTHERS else theirs.order_by()[:MOST_OTHERS].count()
    return Others(newest[:OTHERS], count)


def _fulfillments(order: Order) -> list[Fulfillment]:
    packed = FulfillmentLine.objects.select_related("order_line").order_by("order_line__position")
    rows = Fulfillment.objects.filter(order=order)
    return list(rows.prefetch_related(Prefetch("lines", packed), "parcels"))


def _units(fulfillment: Fulfillment) -> int:
    return sum(line.quantity for line in fulfillment.lines.all())


def _places(
    order: Order,
    lines: Sequence[OrderLine],
    fulfillments: Sequence[Fulfillment],
    held: Sequence[Held],
    names: Mapping[UUID, str],
) -> Mapping[UUID, list[Place]]:
    """Where the units of each line are. What is on its way or has arrived first, what is still to be found last."""
    places: dict[UUID, list[Place]] = defaultdict(list)
    known: dict[UUID, int] = defaultdict(int)
    for fulfillment in fulfillments:
        if fulfillment.canceled_at:
            continue
        location = names.get(fulfillment.location_id, "") if fulfillment.location_id else ""
        for packed in fulfillment.lines.all():
            places[packed.order_line_id].append(Place(fulfillment.status, packed.quantity, location))
            known[packed.order_line_id] += packed.quantity
    parts = {(line.pk, each.item_id): each.sku for line in lines for each in recipes.kept(line.components)}
    for each in held:
        if each.line_id is None:
            continue
        location = names.get(each.location_id, "") if each.location_id else ""
        sku = parts.get((each.line_id, each.item_id), "")
        if each.quantity:
            places[each.line_id].append(Place("reserved", each.quantity, location, sku))
        if each.backordered:
            places[each.line_id].append(Place("backordered", each.backordered, location, sku))
    promised = holdings.promised(held)
    for line in lines:
        places[line.pk] += _rest(order, line, known[line.pk], promised.get(line.pk, {}))
    return places


def _rest(order: Order, line: OrderLine, packed: int, promised: Mapping[UUID, int]) -> Iterator[Place]:
    """The units of a line that no fulfillment knows and nothing is held for, and those that came back."""
    if line.quantity_fulfilled > packed:  # what a source had sent before the order came here
        yield Place("elsewhere", line.quantity_fulfilled - packed)
    recipe = {each.item_id: each.quantity for each in recipes.kept(line.components)}
    whole = min((promised.get(item, 0) // each for item, each in recipe.items()), default=sum(promised.values()))
    left = line.quantity_open - whole if policies.is_fulfillable(line) else 0
    if order.canceled_at is not None and policies.is_fulfillable(line) and line.quantity_open:
        yield Place("canceled", line.quantity_open)
    elif left > 0 and policies.is_open(order):
        yield Place("unreserved" if line.is_stocked else "open", left)
    if line.quantity_returned:
        yield Place("returned", line.quantity_returned)


def _goods(
    lines: Sequence[OrderLine],
    adjustments: Sequence[Adjustment],
    places: Mapping[UUID, Sequence[Place]],
) -> list[GoodsRow]:
    by_line: dict[UUID, list[Adjustment]] = defaultdict(list)
    for adjustment in adjustments:
        if adjustment.line_id is not None:
            by_line[adjustment.line_id].append(adjustment)
    return [GoodsRow(line, places.get(line.pk, []), by_line[line.pk]) for line in lines]


def _taxes(order: Order) -> list[tuple[str, Money]]:
    """Taxes by name and rate."""
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for name, rate, amount in (
        TaxLine.objects.filter(order=order).order_by("name", "rate").values_list("name", "rate", "amount")
    ):
        sums[f"{name} {rate.normalize():f} %" if rate else name] += amount
    return [(name, Money(amount, order.currency)) for name, amount in sums.items()]


def _offers(order: Order, lines: Sequence[OrderLine], held: Sequence[Held], names: Mapping[UUID, str]) -> list[Offer]:
    by_id = {line.pk: line for line in lines}
    return [
        Offer(
            proposal,
            names.get(proposal.location_id, "") if proposal.location_id else "",
            [(by_id[item.line_id], item.quantity) for item in proposal.items],
        )
        for proposal in fulfilling.proposals(order, lines, held)
    ]
