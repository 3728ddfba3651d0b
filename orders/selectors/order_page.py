"""Everything that the page of one order shows, read in a number of queries that does not depend on its size."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final
from uuid import UUID

from django.db.models import Prefetch

from fulfillment.models import Fulfillment, FulfillmentLine
from inventory import providers
from inventory.providers.base import Held, Sourced
from inventory.providers.stock_locations import Location
from oms.core.money import Money
from orders import policies, recipes
from orders.enums import AddressKind
from orders.models import Adjustment, CreditLine, Hold, Note, Order, OrderAddress, OrderLine, TaxLine, TimelineEntry
from orders.services import fulfilling
from orders.services.fulfilling import Proposal
from payments.models import Payment

MOST_ENTRIES: Final = 100


@dataclass(frozen=True, slots=True)
class Place:
    """Units of a line that are somewhere: `state` is reserved, backordered, packed, shipped, delivered or elsewhere.

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


@dataclass(slots=True)
class OrderPage:
    order: Order
    goods: Sequence[GoodsRow]
    taxes: Sequence[tuple[str, Money]]
    adjustments: Sequence[Adjustment]
    credits: Sequence[CreditLine]
    payments: Sequence[Payment]
    shipping_address: OrderAddress | None
    billing_address: OrderAddress | None
    holds: Sequence[Hold]
    notes: Sequence[Note]
    timeline: Sequence[TimelineEntry]
    parcels: Sequence[Parcels]
    sourcing: Sourced | None
    locations: Sequence[Location]
    has_places: bool
    units_reserved: int
    units_backordered: int
    offers: Sequence[Offer] = field(default_factory=list)

    @property
    def open_holds(self) -> list[Hold]:
        return [hold for hold in self.holds if hold.released_at is None]


def order_page(order_id: UUID) -> OrderPage | None:
    """The order with all its parts, and what can be packed next; None where there is no such order."""
    order = Order.objects.select_related("channel", "customer").filter(pk=order_id).first()
    if order is None:
        return None
    lines = list(order.lines.all())
    stock = providers.current()
    locations = providers.locations().all()
    names = {location.id: location.name for location in locations}
    fulfillments = _fulfillments(order)
    held = stock.holds(order.pk)
    adjustments = list(order.adjustments.all())
    addresses = {address.kind: address for address in order.addresses.all()}
    page = OrderPage(
        order=order,
        goods=_goods(lines, adjustments, _places(lines, fulfillments, held, names)),
        taxes=_taxes(order),
        adjustments=[each for each in adjustments if each.line_id is None and each.shipping_line_id is None],
        credits=list(order.credit_lines.order_by("created_at", "pk")),
        payments=list(order.payments.all()),
        shipping_address=addresses.get(AddressKind.SHIPPING),
        billing_address=addresses.get(AddressKind.BILLING),
        holds=list(order.holds.all()),
        notes=list(order.notes.all()),
        timeline=list(order.timeline.all()[:MOST_ENTRIES]),
        parcels=[
            Parcels(each, names.get(each.location_id, "") if each.location_id else "", _units(each))
            for each in fulfillments
        ],
        sourcing=stock.sourced(order.pk),
        locations=locations,
        has_places=stock.has_places,
        units_reserved=sum(each.quantity for each in held),
        units_backordered=sum(each.backordered for each in held),
    )
    if policies.can_fulfill(order):
        page.offers = _offers(order, lines, names)
    return page


def _fulfillments(order: Order) -> list[Fulfillment]:
    packed = FulfillmentLine.objects.select_related("order_line").order_by("order_line__position")
    rows = Fulfillment.objects.filter(order=order)
    return list(rows.prefetch_related(Prefetch("lines", packed), "parcels"))


def _units(fulfillment: Fulfillment) -> int:
    return sum(line.quantity for line in fulfillment.lines.all())


def _places(
    lines: Sequence[OrderLine],
    fulfillments: Sequence[Fulfillment],
    held: Sequence[Held],
    names: Mapping[UUID, str],
) -> Mapping[UUID, list[Place]]:
    places: dict[UUID, list[Place]] = defaultdict(list)
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
    known: dict[UUID, int] = defaultdict(int)
    for fulfillment in fulfillments:
        if fulfillment.canceled_at:
            continue
        location = names.get(fulfillment.location_id, "") if fulfillment.location_id else ""
        for packed in fulfillment.lines.all():
            places[packed.order_line_id].append(Place(fulfillment.status, packed.quantity, location))
            known[packed.order_line_id] += packed.quantity
    for line in lines:  # what a source had sent before the order came here
        if line.quantity_fulfilled > known[line.pk]:
            places[line.pk].append(Place("elsewhere", line.quantity_fulfilled - known[line.pk]))
    return places


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


def _offers(order: Order, lines: Sequence[OrderLine], names: Mapping[UUID, str]) -> list[Offer]:
    by_id = {line.pk: line for line in lines}
    return [
        Offer(
            proposal,
            names.get(proposal.location_id, "") if proposal.location_id else "",
            [(by_id[item.line_id], item.quantity) for item in proposal.items],
        )
        for proposal in fulfilling.proposals(order, lines)
    ]
