"""What a refund would do, worked out from the rows of its order: the same for the preview and, under its lock, the act.

Nothing is written here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final
from uuid import UUID

from fulfillment.models import FulfillmentLine
from inventory import providers as stock
from oms.core import ids
from oms.core.errors import DomainError, FieldError, InvalidInput, NotFound
from oms.core.money import Money
from orders import errors
from orders import refund_calculator as calculator
from orders.models import CreditedItem, Order, OrderLine, ShippingLine
from orders.refund_calculator import Share, Sold, Tender
from orders.selectors.standing import Standing, standing
from payments import policies
from payments.enums import RefundReason
from payments.errors import ProviderNotSetUp, RefundExceedsCapture
from payments.models import Payment, PaymentAttempt
from payments.providers import known
from payments.services import attempts

ZERO: Final = Decimal(0)


@dataclass(frozen=True, slots=True)
class RefundItem:
    """Units of a line that are given back. restock: those that were packed go on a shelf, where they came from unless
    a location is named."""

    line_id: UUID
    quantity: int
    restock: bool = False
    location_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What to give back: the sum of all that is named.

    shipping: how much of it; all_shipping: all that is left. amount: beside goods and shipping. payment_id: where it
    goes back to; else by the order of `refund_calculator.in_order`.
    """

    items: Sequence[RefundItem] = ()
    shipping: Money | None = None
    all_shipping: bool = False
    amount: Money | None = None
    reason: RefundReason = RefundReason.GOODWILL
    note: str = ""
    payment_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class PlannedLine:
    """restocked: how many go on the shelf of the location; the others of them never left it, or are not stocked."""

    line: OrderLine
    quantity: int
    amount: Decimal
    wants_restock: bool = False
    restocked: int = 0
    location_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class PlannedTender:
    """parts: what it gives back of lines and shipping lines. credit: by how much the order is worth less with it."""

    payment: Payment
    amount: Decimal
    credit: Decimal
    parts: Sequence[Share]


@dataclass(slots=True)
class Plan:
    """What a refund does, in the order's currency. extra: beside lines and shipping."""

    order: Order
    lines: Sequence[PlannedLine]
    shipping: Sequence[Share]
    extra: Decimal
    tenders: Sequence[PlannedTender]
    before: Standing
    after: Standing
    attempts: list[PaymentAttempt] = field(default_factory=list)

    @property
    def amount(self) -> Decimal:
        return sum((each.amount for each in self.lines), ZERO) + self.shipping_amount + self.extra

    @property
    def shipping_amount(self) -> Decimal:
        return sum((each.amount for each in self.shipping), ZERO)

    @property
    def credit(self) -> Decimal:
        return self.before.total - self.after.total

    @property
    def restocked(self) -> list[PlannedLine]:
        return [each for each in self.lines if each.restocked]


def plan_of(order: Order, wanted: Wanted) -> Plan:
    """Raises what `refunding_lines.refund_order` does."""
    given = list(CreditedItem.objects.filter(order=order))
    lines, shipping = {line.pk: line for line in order.lines.all()}, list(order.shipping_lines.all())
    planned = _lines(order, wanted.items, lines, given)
    shares = _shipping(order, wanted, shipping, given)
    if wanted.amount is not None:
        order.money(ZERO) - wanted.amount  # another currency is refused
        attempts.require_amount(wanted.amount)
    extra = wanted.amount.amount if wanted.amount else ZERO
    parts = [*_by_line(planned), *shares]
    amount = sum((each.amount for each in parts), ZERO) + extra
    if not amount:
        raise errors.NothingToRefund()
    payments, stands = _money(order)
    tenders = _tenders(order, wanted, payments, amount)
    portions = calculator.portion(parts, [each for _payment, each in tenders])
    plan = Plan(order, planned, shares, extra, [], stands, stands)
    for (payment, each), portion in zip(tenders, portions, strict=True):
        plan.tenders = [*plan.tenders, PlannedTender(payment, each, plan.after.credit_of(each), portion)]
        plan.after = plan.after.after(each)
    return plan


def _by_line(planned: Sequence[PlannedLine]) -> list[Share]:
    """One for each line, though it may be named twice: once to be put back on a shelf, once not."""
    units: dict[UUID, int] = defaultdict(int)
    amounts: dict[UUID, Decimal] = defaultdict(Decimal)
    for each in planned:
        units[each.line.pk] += each.quantity
        amounts[each.line.pk] += each.amount
    return [Share(line_id, count, amounts[line_id]) for line_id, count in units.items()]


def _lines(
    order: Order, items: Sequence[RefundItem], lines: Mapping[UUID, OrderLine], given: Sequence[CreditedItem]
) -> list[PlannedLine]:
    """All that is wrong with any of them in one error."""
    _require_named(order, items, lines)
    sold = {line.pk: sold_of(line, given) for line in lines.values()}
    back = {line.pk: restockable(line, given) for line in lines.values()}
    places = _packed_at(order) if any(item.restock and item.location_id is None for item in items) else {}
    found, problems, homeless = [], [], []
    for index, item in enumerate(items):
        line, before = lines[item.line_id], sold[item.line_id]
        if item.quantity > before.left:
            facts = {"sku": line.sku or line.title, "requested": item.quantity, "left": before.left}
            message = str(errors.CreditsMoreThanLeft.message) % facts
            problems.append(FieldError(f"/items/{index}/quantity", message, errors.CreditsMoreThanLeft.code, facts))
            continue
        amount = calculator.worth(before, item.quantity, order.currency)
        restocked = min(item.quantity, back[line.pk]) if item.restock else 0
        place = (item.location_id or places.get(line.pk)) if restocked else None
        if restocked and place is None and stock.current().has_places:
            message = f"{line.sku or line.title}: say at which stock location it is put back."
            homeless.append(FieldError(f"/items/{index}/location_id", message, "required"))
        found.append(PlannedLine(line, item.quantity, amount, item.restock, restocked, place))
        rest = calculator.worth(before, before.left, order.currency) - amount
        sold[line.pk] = _less(before, item.quantity, rest, order.currency)
        back[line.pk] -= restocked
    if problems:
        raise errors.CreditsMoreThanLeft(errors=[*problems, *homeless], **problems[0].facts)
    if homeless:
        raise InvalidInput(errors=homeless)
    if stock.current().has_places:
        stock.require_locations({each.location_id for each in found if each.location_id})
    return found


def _less(before: Sold, units: int, rest: Decimal, currency: str) -> Sold:
    """A line after some of its units: what is left of it is worth the rest."""
    after = Sold(before.id, before.quantity, before.total, before.credited + units)
    return Sold(after.id, after.quantity, after.total, after.credited, calculator.left_of(after, currency) - rest)


def _require_named(order: Order, items: Sequence[RefundItem], lines: Mapping[UUID, OrderLine]) -> None:
    strangers = [
        FieldError(f"/items/{index}/id", "No such line.", "not_found")
        for index, item in enumerate(items)
        if item.line_id not in lines
    ]
    if strangers:
        raise errors.NotThisOrders(number=order.number, errors=strangers)
    nothing = [
        FieldError(f"/items/{index}/quantity", "At least 1 is given back.", "quantity")
        for index, item in enumerate(items)
        if item.quantity < 1
    ]
    if nothing:
        raise InvalidInput(errors=nothing)


def sold_of(line: OrderLine | ShippingLine, given: Sequence[CreditedItem]) -> Sold:
    """A line as far as it was given back by refunds, and by credit notes of its source.

    Units of a refund of which a share was declined are not given back; what its other shares gave is loose.
    """
    shares = defaultdict(list)
    for each in given:
        if line.pk in (each.line_id, each.shipping_line_id):
            shares[each.refund].append(each)
    credited, loose = _by_notes(line, given), ZERO
    for together in shares.values():
        if together[0].quantity and not any(each.is_taken_back for each in together):
            credited += together[0].quantity
        else:
            loose += sum((each.amount for each in together if not each.is_taken_back), ZERO)
    return Sold(line.pk, line.quantity, line.total, min(credited, line.quantity), loose)


def _by_notes(line: OrderLine | ShippingLine, given: Sequence[CreditedItem]) -> int:
    """Units that came back by a credit note, which gave their money back: all but those that a refund restocked."""
    if isinstance(line, ShippingLine):
        return line.quantity_credited
    return max(line.quantity_returned - _restocked(line, given), 0)


def _restocked(line: OrderLine, given: Sequence[CreditedItem]) -> int:
    return sum(each.quantity_restocked for each in given if each.line_id == line.pk)


def restockable(line: OrderLine, given: Sequence[CreditedItem]) -> int:
    """Units that have left the shelf and did not come back. What is still reserved lies on it."""
    if not (line.is_stocked and line.item_id):
        return 0
    return max(min(line.quantity_fulfilled - _restocked(line, given), line.quantity - line.quantity_returned), 0)


def _packed_at(order: Order) -> dict[UUID, UUID]:
    """Where each line was packed last."""
    packed = FulfillmentLine.objects.filter(fulfillment__order=order, fulfillment__canceled_at=None)
    rows = packed.order_by("fulfillment__created_at").values_list("order_line_id", "fulfillment__location_id")
    return {line_id: location_id for line_id, location_id in rows if location_id}


def _shipping(
    order: Order, wanted: Wanted, lines: Sequence[ShippingLine], given: Sequence[CreditedItem]
) -> list[Share]:
    sold = [sold_of(line, given) for line in lines]
    left = sum((calculator.left_of(each, order.currency) for each in sold), ZERO)
    if wanted.all_shipping:
        return calculator.of_shipping(sold, left, order.currency)
    if wanted.shipping is None or not wanted.shipping:
        return []
    order.money(left) - wanted.shipping  # another currency is refused
    attempts.require_amount(wanted.shipping, "/shipping")
    if wanted.shipping.amount > left:
        raise attempts.amount_error(errors.ShippingCreditsMoreThanLeft, wanted.shipping, left, "/shipping")
    return calculator.of_shipping(sold, wanted.shipping.amount, order.currency)


def _money(order: Order) -> tuple[list[tuple[Payment, list[PaymentAttempt]]], Standing]:
    """The payments of an order with their attempts, the oldest first, and what they come to."""
    payments = list(Payment.objects.filter(order=order).select_related("session").order_by("created_at", "id"))
    tries: dict[UUID | None, list[PaymentAttempt]] = defaultdict(list)
    for each in PaymentAttempt.objects.filter(payment__in=payments):
        tries[each.payment_id].append(each)
    stands = standing(order, payments, [attempt for its in tries.values() for attempt in its])
    return [(each, tries[each.pk]) for each in payments], stands


def _tenders(
    order: Order,
    wanted: Wanted,
    payments: Sequence[tuple[Payment, list[PaymentAttempt]]],
    amount: Decimal,
) -> list[tuple[Payment, Decimal]]:
    """Which payment gives back how much. Raises RefundExceedsCapture with what is left, RecordedElsewhere, NotFound,
    ProviderNotSetUp where one of those whose turn it is cannot be asked: nobody else pays in its place unasked."""
    if wanted.payment_id is not None:
        payments = [each for each in payments if each[0].pk == wanted.payment_id]
        if not payments:
            raise NotFound(kind="payment", id=ids.encode(ids.PAYMENT, wanted.payment_id))
        attempts.require_ours(payments[0][0])
    ours = {payment.pk: payment for payment, _tries in payments if not payment.is_recorded}
    if payments and not ours:
        attempts.require_ours(payments[0][0])
    tenders = [
        Tender(payment.pk, payment.provider, policies.refundable(payment, tries), whole=_whole(payment))
        for payment, tries in payments
        if payment.pk in ours
    ]
    shares = calculator.allot(calculator.in_order(tenders), amount)
    if sum((each for _tender, each in shares), ZERO) < amount:
        left = sum((tender.left for tender in tenders), ZERO)
        raise _too_much(order, amount, left)
    for tender, each in shares:
        if not known.is_set_up(tender.provider):
            raise ProviderNotSetUp(provider=tender.provider, amount=str(order.money(each)))
    return [(ours[tender.id], each) for tender, each in shares]


def refundable_payments(order: Order) -> list[tuple[Payment, Decimal]]:
    """What can give something back, and how much, in the order in which they are asked."""
    payments, _stands = _money(order)
    by_id = {payment.pk: payment for payment, _tries in payments}
    tenders = [
        Tender(payment.pk, payment.provider, policies.refundable(payment, tries))
        for payment, tries in payments
        if not payment.is_recorded
    ]
    return [(by_id[each.id], each.left) for each in calculator.in_order(tenders) if each.left > 0]


def _whole(payment: Payment) -> bool:
    return known.is_set_up(payment.provider) and not known.provider_of(payment.provider).can.partial_refund


def _too_much(order: Order, amount: Decimal, left: Decimal) -> DomainError:
    return attempts.amount_error(RefundExceedsCapture, order.money(amount), left, "/amount")
