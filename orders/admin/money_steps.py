"""The forms of the money card: what each will do, said before its button, where policies allow it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Final

from django.utils import timezone
from django.utils.translation import gettext as _

from oms.core.money import Money, quantum, round_amount
from orders import policies
from orders.admin.acts import CAPTURE_PAYMENT, REFUND_PAYMENT
from orders.admin.steps import Field, Refused, Step, bound
from orders.selectors.order_page import OrderPage, Paid
from orders.selectors.standing import standing
from payments import policies as payment_policies
from payments.admin.provider_words import known, provider_title
from payments.providers.base import Capabilities

ZERO: Final = Decimal(0)


def steps(found: OrderPage, may: Callable[[str], bool], refused: Refused | None) -> dict[str, Step]:
    """By key. One that was refused keeps what was typed."""
    offered = list(_offered(found)) if may(CAPTURE_PAYMENT) else []
    return {step.key: step for step in bound(offered, refused)}


def may_refund(found: OrderPage, may: Callable[[str], bool]) -> bool:
    left = sum((payment_policies.refundable(each.payment, each.attempts) for each in _ours(found)), ZERO)
    return may(REFUND_PAYMENT) and policies.can_refund(found.order, left)


def _offered(found: OrderPage) -> Iterator[Step]:
    for paid in _ours(found):
        yield from _of_payment(found, paid)
    due = _due(found)
    if due and policies.can_be_paid(found.order):
        yield _mark_paid(due)


def _ours(found: OrderPage) -> list[Paid]:
    """Payments whose provider can be asked."""
    return [each for each in found.payments if not each.payment.is_recorded]


def _due(found: OrderPage) -> Money:
    """What the customer still has to pay beyond what they authorized."""
    payments = [each.payment for each in found.payments]
    attempts = [attempt for each in found.payments for attempt in each.attempts]
    return found.order.money(standing(found.order, payments, attempts).due)


def _of_payment(found: OrderPage, paid: Paid) -> Iterator[Step]:
    payment, order = paid.payment, found.order
    party = known(payment.provider)
    if party is None or order.canceling_at is not None:
        return
    can = party.can
    provider = provider_title(payment.provider)
    left = payment_policies.capturable(payment, paid.attempts)
    again = not payment.captured or can.several_captures
    if left and again and not payment_policies.has_expired(payment, timezone.now()):
        due = found.statement.due.amount - found.statement.capturing.amount
        amount = min(left, due) if due > 0 and can.partial_capture else left
        yield Step(
            key=f"capture-{payment.pk}",
            act="capture",
            title=_("Capture"),
            button=_("Capture"),
            effects=list(_of_capturing(payment.money(left), provider, can)),
            hidden={"payment_id": str(payment.pk)},
            fields=[_amount(payment.money(amount))],
            folded=True,
        )
    if can.void and (held := payment_policies.voidable(payment, paid.attempts)):
        yield Step(
            key=f"void-{payment.pk}",
            act="void",
            title=_("Let go"),
            button=_("Let go of %s") % payment.money(held),
            effects=[
                _("%(provider)s is asked to hold %(amount)s no longer: it cannot be captured any more.")
                % {"provider": provider, "amount": payment.money(held)},
                _("This cannot be undone."),
            ],
            hidden={"payment_id": str(payment.pk)},
            tone="danger",
            folded=True,
        )


def _of_capturing(left: Money, provider: str, can: Capabilities) -> Iterator[str]:
    yield _("%(provider)s is asked to take this much of what it holds: %(left)s.") % {
        "provider": provider,
        "left": left,
    }
    if not can.partial_capture:
        yield _("It takes all of it or nothing.")
    elif not can.several_captures:
        yield _("It takes money once: what is left is let go.")


def _mark_paid(due: Money) -> Step:
    return Step(
        key="mark-paid",
        act="mark-paid",
        title=_("Mark as paid"),
        button=_("Mark as paid"),
        effects=[_("You have the money: cash, a bank transfer, cash on delivery. %s is due.") % due],
        fields=[
            _amount(due),
            Field(name="method", label=_("Paid by"), hint=_("cash, bank transfer …"), most="60"),
            Field(name="note", label=_("Note"), most="255"),
        ],
        folded=True,
    )


def _amount(amount: Money) -> Field:
    """Of its currency, with as many digits as that has."""
    value = round_amount(amount.amount, amount.currency)
    return Field(
        name="amount",
        label=_("Amount (%s)") % amount.currency,
        kind="number",
        value=f"{value:f}",
        step=f"{quantum(amount.currency):f}",
    )
