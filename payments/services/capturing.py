"""Taking what is authorized."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from django.utils import timezone

from oms.core import ids
from oms.core.actors import Actor
from oms.core.errors import NotFound
from oms.core.money import Money
from payments import errors, policies
from payments.enums import MoneyAct
from payments.models import Payment, PaymentAttempt
from payments.providers import known
from payments.services import attempts
from payments.services.changing import change_of, owner_of_payment
from payments.settled import Tell


def request_capture(
    *, payment_id: UUID, amount: Money | None = None, actor: Actor, is_last: bool = False, waits: bool = False
) -> PaymentAttempt:
    """Write the intent to take an amount of a payment; all that is left when none is given.

    A local provider has done it when this returns. waits: the caller carries it out after the commit. Asking again is a
    further capture. Raises NotFound, CaptureExceedsAuthorization, AmountNotPositive, CurrencyMismatch, PaymentCanceled,
    PaymentExpired, RecordedElsewhere, NotSupportedByProvider; nothing is written then.
    """
    payment = find_payment(payment_id)
    with change_of(owner_of_payment(payment), actor=actor) as tell:
        return capture_here(payment, amount=amount, actor=actor, tell=tell, is_last=is_last, waits=waits)


def capture_here(
    payment: Payment, *, amount: Money | None, actor: Actor, tell: Tell, is_last: bool = False, waits: bool = False
) -> PaymentAttempt:
    """The same in the caller's transaction, whose owner is locked."""
    attempts.require_ours(payment)
    payment, before = attempts.as_it_is(payment)
    provider = known.provider_of(payment.provider)
    if payment.canceled_at:
        raise errors.PaymentCanceled()
    if payment.expires_at is not None and policies.has_expired(payment, timezone.now()):
        raise errors.PaymentExpired(at=timezone.localtime(payment.expires_at).isoformat(timespec="minutes"))
    left = policies.capturable(payment, before)
    asked = payment.money(left) if amount is None else amount
    payment.money(left) - asked  # another currency is refused
    if asked.amount > left or (amount is None and not left):
        raise attempts.amount_error(errors.CaptureExceedsAuthorization, asked, left, "/amount")
    attempts.require_amount(asked)
    _require_possible(payment, before, asked.amount, left)
    return attempts.begin(
        act=MoneyAct.CAPTURE,
        amount=asked,
        provider=provider,
        payment=payment,
        session=payment.session,
        actor=actor,
        tell=tell,
        is_last=is_last or asked.amount == left or not provider.can.several_captures,
        waits=waits,
    )


def find_payment(payment_id: UUID) -> Payment:
    payment = Payment.objects.select_related("session").filter(pk=payment_id).first()
    if payment is None:
        raise NotFound(kind="payment", id=ids.encode(ids.PAYMENT, payment_id))
    return payment


def _require_possible(payment: Payment, before: Sequence[PaymentAttempt], asked: Decimal, left: Decimal) -> None:
    provider = known.provider_of(payment.provider)
    if asked < left and not provider.can.partial_capture:
        raise errors.NotSupportedByProvider(provider=str(provider.title), what="a capture of a part")
    if not provider.can.several_captures and (payment.captured or policies.on_its_way(before, MoneyAct.CAPTURE)):
        raise errors.NotSupportedByProvider(provider=str(provider.title), what="a second capture")
