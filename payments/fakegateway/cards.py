"""What cards and amounts do: the table in docs/payments.md."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Final

WEEK: Final = 7 * 24 * 60
MOVES: Final = ("authorize", "capture", "refund", "void")


class Twist(StrEnum):
    """How a call goes, where it does not simply succeed. `before` it was done, or `after`."""

    DECLINE = "decline"
    PENDING = "pending"
    REQUIRES_ACTION = "requires_action"
    TIMEOUT_BEFORE = "timeout_before"
    TIMEOUT_AFTER = "timeout_after"
    ERROR_500_BEFORE = "error_500_before"
    ERROR_500_AFTER = "error_500_after"
    DROP_BEFORE = "drop_before"
    DROP_AFTER = "drop_after"
    KILL_PID = "kill_pid"
    UNAUTHORIZED = "unauthorized"

    @property
    def is_outcome(self) -> bool:
        """It says what becomes of the movement; others what becomes of the answer."""
        return self in (Twist.DECLINE, Twist.PENDING, Twist.REQUIRES_ACTION)

    @property
    def is_before(self) -> bool:
        return self is Twist.UNAUTHORIZED or self.value.endswith("_before")


class Manner(StrEnum):
    """How a webhook is sent, where it is not at once and once."""

    LATE = "late"
    TWICE = "twice"
    OUT_OF_ORDER = "out_of_order"
    SILENT = "silent"


@dataclass(frozen=True, slots=True)
class Card:
    """twists: by what is asked. What concerns the answer only happens to the first call with each key."""

    number: str
    title: str
    twists: Mapping[str, Twist] = field(default_factory=lambda: MappingProxyType({}))
    manner: str = ""
    expires_minutes: int = WEEK


def _at(act: str, twist: Twist) -> Mapping[str, Twist]:
    return MappingProxyType({act: twist})


def _at_each(twist: Twist) -> Mapping[str, Twist]:
    return MappingProxyType(dict.fromkeys(MOVES, twist))


APPROVES: Final = Card("4242424242424242", "approves everything")
INVALID: Final = Card("", "a number that is no card of this table: declined", _at("authorize", Twist.DECLINE))

CARDS: Final = {
    card.number: card
    for card in (
        APPROVES,
        Card("4000000000000002", "declined when authorized", _at("authorize", Twist.DECLINE)),
        Card("4000000000000010", "declined when captured", _at("capture", Twist.DECLINE)),
        Card("4000000000000028", "declined when refunded", _at("refund", Twist.DECLINE)),
        Card("4000000000000036", "asks for 3-D Secure", _at("authorize", Twist.REQUIRES_ACTION)),
        Card("4000000000000044", "pending when authorized, until settled", _at("authorize", Twist.PENDING)),
        Card("4000000000000051", "pending when captured, until settled", _at("capture", Twist.PENDING)),
        Card("4000000000000069", "pending when refunded, until settled", _at("refund", Twist.PENDING)),
        Card("4000000000000077", "each call times out before it is done", _at_each(Twist.TIMEOUT_BEFORE)),
        Card("4000000000000085", "each call times out after it was done", _at_each(Twist.TIMEOUT_AFTER)),
        Card("4000000000000093", "each call is answered 500 before it is done", _at_each(Twist.ERROR_500_BEFORE)),
        Card("4000000000000101", "each call is answered 500 after it was done", _at_each(Twist.ERROR_500_AFTER)),
        Card("4000000000000119", "the connection is cut before each call is done", _at_each(Twist.DROP_BEFORE)),
        Card("4000000000000127", "the connection is cut after each call was done", _at_each(Twist.DROP_AFTER)),
        Card("4000000000000135", "webhooks come late", manner=Manner.LATE),
        Card("4000000000000143", "webhooks come twice", manner=Manner.TWICE),
        Card("4000000000000150", "webhooks come out of order", manner=Manner.OUT_OF_ORDER),
        Card("4000000000000168", "sends no webhooks", manner=Manner.SILENT),
        Card("4000000000000176", "the authorization ends at once", expires_minutes=0),
        Card("4000000000000184", "the authorization ends in 2 minutes", expires_minutes=2),
    )
}

# Minor units of an authorization, a capture or a refund, with any card: 666.02 declines in a currency of two decimals.
AMOUNTS: Final = {
    66602: Twist.DECLINE,
    66603: Twist.PENDING,
    66604: Twist.TIMEOUT_BEFORE,
    66605: Twist.TIMEOUT_AFTER,
    66606: Twist.ERROR_500_BEFORE,
    66607: Twist.ERROR_500_AFTER,
}


def card(number: str) -> Card:
    """The card of that number; a number that nobody wrote approves, one that nobody knows is declined."""
    return CARDS.get(number.replace(" ", ""), INVALID) if number else APPROVES


def twist_of(number: str, act: str, amount: int) -> Twist | None:
    """What a card or an amount does to this. The card comes first."""
    by_amount = AMOUNTS.get(amount) if act != "void" else None
    return card(number).twists.get(act) or by_amount
