"""Letting go of what is authorized and was not taken."""

from __future__ import annotations

from uuid import UUID

from oms.core.actors import Actor
from payments import errors, policies
from payments.enums import MoneyAct
from payments.models import Payment, PaymentAttempt
from payments.providers import known
from payments.services import attempts
from payments.services.capturing import find_payment
from payments.services.changing import change_of, owner_of_payment
from payments.settled import Tell


def request_void(*, payment_id: UUID, actor: Actor, waits: bool = False) -> PaymentAttempt:
    """Write the intent to let go of an authorization; of one that was captured in part, of the rest.

    Raises NotFound, NothingToVoid, PaymentBusy while a capture or another void is on its way, RecordedElsewhere,
    NotSupportedByProvider.
    """
    payment = find_payment(payment_id)
    with change_of(owner_of_payment(payment), actor=actor) as tell:
        return void_here(payment, actor=actor, tell=tell, waits=waits)


def void_here(payment: Payment, *, actor: Actor, tell: Tell, reason: str = "", waits: bool = False) -> PaymentAttempt:
    """The same in the caller's transaction, whose owner is locked."""
    attempts.require_ours(payment)
    payment, before = attempts.as_it_is(payment)
    attempts.require_settled(before, MoneyAct.CAPTURE, MoneyAct.VOID)
    left = policies.voidable(payment, before)
    if not left:
        raise errors.NothingToVoid()
    provider = known.provider_of(payment.provider)
    if not provider.can.void:
        raise errors.NotSupportedByProvider(provider=str(provider.title), what="letting go")
    return attempts.begin(
        act=MoneyAct.VOID,
        amount=payment.money(left),
        provider=provider,
        payment=payment,
        session=payment.session,
        reason=reason,
        actor=actor,
        tell=tell,
        waits=waits,
    )
