"""Money of one order as a clerk with a sheet of paper would keep it: whole minor units, and nothing of the project.

The clerk keeps two books: what the gateway did, and what the shop knows of it. They differ while a call's outcome is
unknown, and agree once everything has been looked up.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count

DONE, DECLINED, PENDING, UNKNOWN = "succeeded", "declined", "pending", "unknown"

# How the gateway behaves to one call: what it answers, and whether it did what was asked.
FAULTS = {
    "ok": (DONE, True),
    "decline": (DECLINED, False),
    "pending": (PENDING, False),
    "error_500_before": (UNKNOWN, False),
    "error_500_after": (UNKNOWN, True),
    "drop_before": (UNKNOWN, False),
    "drop_after": (UNKNOWN, True),
}


_numbers = count()


class Refused(Exception):
    """This must not be possible."""


@dataclass
class Try:
    """Something that was asked for. done: the gateway's book has it. credit: the line that was written for it.

    number: in which order they were made. turn: in which the gateway heard of them.
    """

    act: str
    card: int
    amount: int
    state: str
    done: bool
    credit: int = 0
    cancels: bool = False
    foreign: bool = False
    number: int = field(default_factory=_numbers.__next__)
    turn: int = field(default_factory=_numbers.__next__)

    @property
    def open(self) -> bool:
        return self.state in (PENDING, UNKNOWN)


@dataclass
class Card:
    """What one authorization holds, by the shop's knowledge."""

    authorized: int
    tries: list[Try] = field(default_factory=list)
    void: bool = False

    def sum(self, act: str, *, state: str = DONE) -> int:
        return sum(each.amount for each in self.tries if each.act == act and each.state == state)

    def leaving(self, act: str) -> int:
        return sum(each.amount for each in self.tries if each.act == act and each.open)

    @property
    def captured(self) -> int:
        return self.sum("capture")

    @property
    def refunded(self) -> int:
        return self.sum("refund")

    @property
    def capturable(self) -> int:
        if self.void or self.leaving("void") or any(each.act == "void" and each.open for each in self.tries):
            return 0
        return self.authorized - self.captured - self.leaving("capture")

    @property
    def refundable(self) -> int:
        return self.captured - self.refunded - self.leaving("refund")

    @property
    def voidable(self) -> int:
        busy = any(each.act in ("capture", "void") and each.open for each in self.tries)
        return 0 if self.void or busy else self.authorized - self.captured

    def booked(self, act: str) -> int:
        """What the gateway's book says was moved."""
        return sum(each.amount for each in self.tries if each.act == act and each.done)


@dataclass
class Clerk:
    """An order worth `ordered` minor units."""

    ordered: int
    cards: list[Card] = field(default_factory=list)
    tries: list[Try] = field(default_factory=list)
    credits: int = 0
    status: str = "pending"
    canceling: bool = False
    lump: int = 0  # the credit line of a cancellation beyond those of its refunds

    # what is there

    @property
    def total(self) -> int:
        return self.ordered - self.credits

    @property
    def captured(self) -> int:
        return sum(card.captured for card in self.cards)

    @property
    def refunded(self) -> int:
        return sum(card.refunded for card in self.cards)

    @property
    def balance(self) -> int:
        return self.total - (self.captured - self.refunded)

    @property
    def payment_status(self) -> str:
        promised = sum(card.captured if card.void else card.authorized for card in self.cards)
        if self.refunded:
            return "refunded" if self.refunded == self.captured else "partially_refunded"
        if self.captured:
            return "captured" if self.captured >= self.total else "partially_captured"
        if self.status == "canceled":
            return "canceled"
        if promised:
            return "authorized" if promised >= self.total else "partially_authorized"
        if not self.total:
            return "captured"
        if any(each.act == "authorize" and each.open for each in self.tries):
            return "awaiting"
        return "not_paid"

    # what is done

    def authorize(self, amount: int, fault: str) -> None:
        state, done = FAULTS[fault]
        made = Try("authorize", len(self.cards), amount, state, done)
        self.tries.append(made)
        self._authorized(made)

    def capture(self, card: int, amount: int, fault: str) -> None:
        holding = self.cards[card]
        if self.canceling or holding.void or not 0 < amount <= holding.capturable:
            raise Refused
        self._ask("capture", card, amount, fault)

    def refund(self, card: int, amount: int, fault: str) -> None:
        if self.canceling or not 0 < amount <= self.cards[card].refundable:
            raise Refused
        leaving = sum(each.leaving("refund") for each in self.cards)
        owed = max(self.captured - self.refunded - leaving - self.total, 0)
        made = self._ask("refund", card, amount, fault)
        if made.state != DECLINED:
            made.credit = max(amount - owed, 0)
            self.credits += made.credit

    def refund_at_gateway(self, card: int, amount: int) -> None:
        """Somebody gives money back in the gateway's own console, and the shop hears of it."""
        made = Try("refund", card, amount, DONE, True, foreign=True)
        self._add(made)
        if self.status != "canceled":
            self._credit_unasked(made)

    def void(self, card: int, fault: str) -> None:
        left = self.cards[card].voidable
        if not left:
            raise Refused
        made = self._ask("void", card, left, fault)
        self._voided(made)

    def cancel(self, faults: list[str]) -> None:
        """faults: one for each call, void before refund, card by card."""
        if self.status == "canceled" or self.canceling:
            raise Refused
        if any(each.open for card in self.cards for each in card.tries):
            raise Refused
        queue, begun = list(faults), []
        for index, card in enumerate(self.cards):
            for act, amount in (("void", card.voidable), ("refund", card.refundable)):
                if not amount:
                    continue
                state, done = FAULTS[queue.pop(0)]
                made = Try(act, index, amount, "intended", done, cancels=True)
                self._add(made)
                begun.append((made, state))
                if act == "refund":
                    made.credit = min(amount, self.total)
                    self.credits += made.credit
        self.lump = self.total
        self.credits += self.lump
        if not begun:
            self._canceled()
            return
        self.canceling = True
        for made, state in begun:
            made.state = state
            self._settled(made)

    def settle(self, made: Try, *, succeeds: bool) -> None:
        """The gateway decides about what it kept pending, or takes back what it did, and tells."""
        made.done = succeeds
        made.state = DONE if succeeds else DECLINED
        self._settled(made)

    def resume(self) -> None:
        """All that is unknown is asked for again with the same key: what was done is told, the rest is done now."""
        every = [*self.tries, *(each for card in self.cards for each in card.tries)]
        for made in sorted(every, key=lambda each: each.number):
            if made.state == UNKNOWN:
                if not made.done:
                    made.turn = next(_numbers)  # it hears of it only now
                made.state, made.done = DONE, True
                self._settled(made)

    def heard(self, made: Try) -> None:
        """The gateway's books were looked into, and tell of what was unknown."""
        made.state = DONE
        self._settled(made)

    def keep(self) -> None:
        if self.status != "requires_action" or self.canceling:
            raise Refused
        self.status = "pending"

    # what follows

    def _ask(self, act: str, card: int, amount: int, fault: str) -> Try:
        state, done = FAULTS[fault]
        made = Try(act, card, amount, state, done)
        self._add(made)
        return made

    def _add(self, made: Try) -> None:
        self.cards[made.card].tries.append(made)

    def _settled(self, made: Try) -> None:
        if made.act == "authorize":
            self._authorized(made)
        self._voided(made)
        if made.act == "refund" and made.state == DECLINED and self.status != "canceled":
            self.credits -= made.credit
            made.credit = 0
        if self.canceling and made.act in ("void", "refund"):
            self._go_on(made)

    def _go_on(self, made: Try) -> None:
        its = [each for card in self.cards for each in card.tries if each.cancels]
        if made.state == DECLINED and made.cancels:
            self.credits -= self.lump
            self.lump, self.canceling, self.status = 0, False, "requires_action"
            for card in self.cards:  # what was made there meanwhile had lowered nothing
                for each in card.tries:
                    if each.foreign and each.state == DONE and each.number > its[0].number:
                        self.credits -= each.credit
                        self._credit_unasked(each)
            for each in its:
                each.cancels = False
        elif all(each.state == DONE for each in its):
            self._canceled()

    def _credit_unasked(self, made: Try) -> None:
        leaving = sum(each.leaving("refund") for each in self.cards)
        owed = max(self.captured - self.refunded + made.amount - leaving - self.total, 0)
        made.credit = max(min(made.amount - owed, self.total), 0)
        self.credits += made.credit

    def _canceled(self) -> None:
        self.credits += max(self.total, 0)  # what refunds that failed meanwhile had been about
        self.canceling, self.status = False, "canceled"
        for index, card in enumerate(self.cards):  # authorized while the cancellation was waited for
            if card.voidable:
                self._voided(self._ask("void", index, card.voidable, "ok"))

    def _authorized(self, made: Try) -> None:
        if made.state != DONE:
            return
        made.card = len(self.cards)
        self.cards.append(Card(made.amount))
        if self.status == "canceled":  # too late: it is let go
            self._voided(self._ask("void", made.card, made.amount, "ok"))

    def _voided(self, made: Try) -> None:
        if made.act == "void" and made.state == DONE:
            self.cards[made.card].void = True
