"""What an order still owes is collected: a collection for a customer to pay, or money that staff have in hand."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
from decimal import Decimal
from uuid import UUID

from django.utils import timezone

from oms.core.actors import Actor
from oms.core.money import Money
from orders import errors
from orders.models import Order
from orders.selectors.standing import standing, standing_of
from orders.services import cancellation_steps, settlement
from payments import policies
from payments.enums import OPEN_STATES, MoneyAct
from payments.errors import CollectsMoreThanDue, NotSupportedByProvider, PaymentDeclined
from payments.models import Payment, PaymentAttempt, PaymentCollection
from payments.providers import known
from payments.services import capturing, sessions
from payments.services.attempts import amount_error

ZERO = Decimal(0)


def collect(*, order_id: UUID, amount: Money | None = None, actor: Actor) -> PaymentCollection:
    """Write down that an amount is to be collected for an order; all that is due when none is given.

    The first one of an order has the order's id, unless payments were recorded with it, which were collected by that
    one. Asking again is a further collection. Raises NotFound, NothingDue, CollectsMoreThanDue, AmountNotPositive,
    CurrencyMismatch.
    """
    with settlement.money_change(order_id, actor=actor) as change:
        order = change.order
        wanted = _within_due(order, amount)
        first = not _recorded(order) and not PaymentCollection.objects.filter(pk=order.pk).exists()
        return sessions.create_collection(amount=wanted, order_id=order.pk, actor=actor, first=first)


def mark_as_paid(
    *,
    order_id: UUID,
    amount: Money | None = None,
    method: str = "",
    note: str = "",
    collection_id: UUID | None = None,
    actor: Actor,
) -> Payment:
    """Staff have the money in hand: a manual payment, taken at once; all that is due when no amount is given.

    More than is due may be given, and is owed to the customer then. A second time there is nothing due. collection_id:
    the one that is paid, with what is left of it where no amount is given; else a new one. Raises NotFound, NothingDue,
    AmountNotPositive, CurrencyMismatch, CollectionClosed, OrderBeingCanceled.
    """
    with settlement.money_change(order_id, actor=actor) as change:
        order = change.order
        cancellation_steps.require_none(order)
        owed = order.money(standing_of(order).due)
        if not owed:
            raise errors.NothingDue(number=order.number)
        paid = amount
        if paid is None:
            paid = _left_of(order, collection_id, owed) if collection_id else owed
        owed - paid  # another currency is refused
        collection = _collection(order, collection_id, paid, actor)
        session = sessions.session_here(collection, known.provider_of("manual"), paid, capture=True)
        session.data = {"method": method, "note": note}
        session.save(update_fields=["data", "updated_at"])
        attempt = sessions.authorize_here(session, actor=actor, tell=change.tell)
        if attempt.payment is None:
            raise PaymentDeclined(message=attempt.message or attempt.code)
        return attempt.payment


def cancel_collection(*, collection_id: UUID, actor: Actor) -> PaymentCollection:
    """Nothing is collected any more; the second time changes nothing. Raises NotFound, CollectionHoldsMoney."""
    return sessions.cancel_collection(sessions.find_collection(collection_id), actor=actor)


def capture_shipped(*, order_id: UUID, actor: Actor) -> list[PaymentAttempt]:
    """Take what has been shipped and was authorized: goods by what they cost, shipping with the first parcel.

    Cumulative, so that the parts sum to the whole, and that what is on its way is not asked for twice; never more than
    the customer still owes. A provider that captures once is asked for all that is due with the first parcel; one that
    cannot be asked, or not for a part, keeps nobody from shipping.
    """
    with settlement.money_change(order_id, actor=actor) as change:
        order = change.order
        payments = list(Payment.objects.filter(order=order).order_by("created_at", "id"))
        moving = list(PaymentAttempt.objects.filter(payment__in=payments, state__in=OPEN_STATES))
        tries: dict[UUID | None, list[PaymentAttempt]] = defaultdict(list)
        for attempt in moving:
            tries[attempt.payment_id].append(attempt)
        taken = sum((each.captured + policies.on_its_way(tries[each.pk], MoneyAct.CAPTURE) for each in payments), ZERO)
        due = standing(order, payments, moving).left_to_take
        target = min(_worth_of_shipped(order) - taken, due)
        begun = []
        for payment in payments:
            wanted = min(_takable(payment, tries[payment.pk]), due if _takes_once(payment) else target)
            if target > 0 and wanted > 0:
                with suppress(NotSupportedByProvider):
                    begun.append(
                        capturing.capture_here(payment, amount=payment.money(wanted), actor=actor, tell=change.tell)
                    )
                    target, due = target - wanted, due - wanted
        return begun


def _takable(payment: Payment, tries: Sequence[PaymentAttempt]) -> Decimal:
    if payment.is_recorded or policies.has_expired(payment, timezone.now()) or not known.is_set_up(payment.provider):
        return ZERO
    return policies.capturable(payment, tries)


def _takes_once(payment: Payment) -> bool:
    return known.is_set_up(payment.provider) and not known.provider_of(payment.provider).can.several_captures


def _worth_of_shipped(order: Order) -> Decimal:
    """What has left the house is worth, shipping included; all of it is what the order was worth before credit lines.

    Goods that do not ship are waited for only where nothing else is.
    """
    worth = order.total + order.credit_total
    lines = [line for line in order.lines.all() if line.kind != "fee"]
    awaited = [line for line in lines if line.requires_shipping] or lines
    if all(line.quantity_shipped == line.quantity for line in awaited):
        return worth
    gone = sum((line.total * line.quantity_shipped / line.quantity for line in lines), ZERO)
    if not gone:
        return ZERO
    shipping = sum((each.total for each in order.shipping_lines.all()), ZERO)
    return min(order.money(gone + shipping).rounded().amount, worth)


def _within_due(order: Order, amount: Money | None) -> Money:
    owed = order.money(standing_of(order).due)
    if not owed:
        raise errors.NothingDue(number=order.number)
    wanted = owed if amount is None else amount
    if owed < wanted:
        raise amount_error(CollectsMoreThanDue, wanted, owed.amount, "/amount")
    return wanted


def _left_of(order: Order, collection_id: UUID, owed: Money) -> Money:
    """What was not paid into a collection yet, and is still due."""
    left = min(sessions.lacking(sessions.find_collection(collection_id, order_id=order.pk)), owed)
    if not left:
        raise errors.NothingDue(number=order.number)
    return left


def _collection(order: Order, collection_id: UUID | None, paid: Money, actor: Actor) -> PaymentCollection:
    if collection_id is not None:
        return sessions.find_collection(collection_id, order_id=order.pk)
    if PaymentCollection.objects.filter(pk=order.pk).exists():
        return sessions.create_collection(amount=paid, order_id=order.pk, actor=actor)
    whole = order.money(paid.amount + sum((each.amount for each in _recorded(order)), ZERO))
    return sessions.create_collection(amount=whole, order_id=order.pk, actor=actor, first=True)


def _recorded(order: Order) -> list[Payment]:
    """Payments that belong to the order's first collection, written down or not, and are part of what it is about."""
    return list(Payment.objects.filter(order=order, collection=None))
