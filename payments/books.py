"""What a provider's events come to, in whatever order they were told: pure.

Of each movement the event that counts is the last in the order of outcomes, not of arrival. A capture or refund that
was done may fail later, so there a refusal comes after success; an authorization that was refused may be tried again
with another card, so there success comes last.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final, Protocol
from uuid import UUID

from payments.enums import MoneyAct
from payments.providers.base import Outcome

ZERO: Final = Decimal(0)
_ORDER: Final = {
    act: {
        Outcome.PENDING: 0,
        Outcome.REQUIRES_ACTION: 1,
        Outcome.SUCCEEDED: 2,
        Outcome.DECLINED: 3 if act in (MoneyAct.CAPTURE, MoneyAct.REFUND) else 1.5,
    }
    for act in MoneyAct
}


class Event(Protocol):
    """As much of a provider's event as the books need."""

    act: str
    movement: str
    outcome: str
    amount: Decimal
    key: UUID | None
    expires_at: datetime | None
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Books:
    """A payment by its provider's events. movements: the event that counts, of each movement."""

    movements: Sequence[Event]

    @property
    def authorized(self) -> Decimal | None:
        """None while nobody told of an authorization that holds."""
        return next((each.amount for each in self._done(MoneyAct.AUTHORIZE)), None)

    @property
    def captured(self) -> Decimal:
        return sum((each.amount for each in self._done(MoneyAct.CAPTURE)), ZERO)

    @property
    def refunded(self) -> Decimal:
        return sum((each.amount for each in self._done(MoneyAct.REFUND)), ZERO)

    @property
    def is_void(self) -> bool:
        return any(True for _ in self._done(MoneyAct.VOID))

    @property
    def expires_at(self) -> datetime | None:
        return next((each.expires_at for each in self._done(MoneyAct.AUTHORIZE)), None)

    def _done(self, act: MoneyAct) -> Iterable[Event]:
        return (each for each in self.movements if each.act == act and each.outcome == Outcome.SUCCEEDED)


def books(events: Iterable[Event]) -> Books:
    """events: all of one payment that have no problem."""
    counting: dict[tuple[str, str], Event] = {}
    for event in events:
        place = (event.act, event.movement)
        if place not in counting or _rank(event) > _rank(counting[place]):
            counting[place] = event
    return Books(list(counting.values()))


def _rank(event: Event) -> float:
    return _ORDER[MoneyAct(event.act)][Outcome(event.outcome)]
