"""What payments tell whoever keeps the order, inside the transaction that changed an attempt."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from oms.core import ids
from oms.core.money import Money
from payments.enums import AttemptState, MoneyAct
from payments.models import PaymentAttempt


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """An attempt as it stands now, and how it stood before (None: it is new).

    money: what it is about. reason: of a refund. code: the provider's word for a refusal. is_foreign: made at the
    provider; nobody here asked for it.
    """

    attempt_id: UUID
    payment_id: UUID | None
    provider: str
    act: MoneyAct
    state: AttemptState
    was: AttemptState | None
    money: Money
    reason: str
    note: str
    code: str
    message: str
    is_foreign: bool

    @property
    def public_id(self) -> str:
        return ids.encode(ids.PAYMENT_ATTEMPT, self.attempt_id)

    @property
    def public_payment_id(self) -> str | None:
        return None if self.payment_id is None else ids.encode(ids.PAYMENT, self.payment_id)


Tell = Callable[[Settled], None]


def unheard(settled: Settled) -> None:
    """For payments that belong to no order yet."""


def of(attempt: PaymentAttempt, provider: str, was: str | None) -> Settled:
    return Settled(
        attempt_id=attempt.pk,
        payment_id=attempt.payment_id,
        provider=provider,
        act=MoneyAct(attempt.act),
        state=AttemptState(attempt.state),
        was=None if was is None else AttemptState(was),
        money=Money(attempt.amount, attempt.currency),
        reason=attempt.reason,
        note=attempt.note,
        code=attempt.code,
        message=attempt.message,
        is_foreign=attempt.is_foreign,
    )
