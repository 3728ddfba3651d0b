"""Any row of acts on a gift card comes out as a model of whole minor units says it must, and adds up after each."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st

from oms.core.errors import DomainError
from oms.core.ids import new_id
from oms.core.money import Money, quantum
from payments.models import GiftCard
from payments.providers.base import AuthorizeRequest, Outcome, ProviderRejected, RefundRequest, VoidRequest
from payments.providers.gift_card import GiftCardProvider
from payments.services import gift_cards
from payments.services.verify_balances import verify_balances
from tests.payments.balances import a_card
from tests.scenarios import STAFF

pytestmark = pytest.mark.django_db
REFERENCES = ("a", "b")
ISSUED = 500


class Refused(Exception):
    """The model says that an act must not be possible."""


@dataclass
class Model:
    """A card in whole minor units. taken: by payment. lost: what expired and did not come back."""

    balance: int = ISSUED
    is_over: bool = False
    is_disabled: bool = False
    lost: int = 0
    taken: dict[str, int] = field(default_factory=lambda: dict.fromkeys(REFERENCES, 0))
    has_paid: set[str] = field(default_factory=set)

    @property
    def available(self) -> int:
        return 0 if self.is_over or self.is_disabled else self.balance

    def touch(self) -> None:
        if self.is_over:
            self.lost, self.balance = self.lost + self.balance, 0

    def redeem(self, reference: str, units: int) -> None:
        self.touch()
        if units > self.available:
            raise Refused
        self.balance -= units
        self.taken[reference] += units
        self.has_paid.add(reference)

    def give_back(self, reference: str, units: int) -> None:
        if reference not in self.has_paid:
            raise Refused
        if units > self.taken[reference]:
            raise Refused
        self.touch()
        self.is_over = False
        self.balance += units
        self.taken[reference] -= units

    def adjust(self, units: int) -> None:
        if not units:
            raise Refused
        was_over = self.is_over
        if was_over or self.balance + units < 0:
            raise Refused
        self.balance += units

    def prolong(self) -> None:
        self.touch()
        if self.is_over:
            self.balance, self.lost, self.is_over = self.lost, 0, False


class Card:
    """The same acts on the real thing."""

    def __init__(self, currency: str) -> None:
        self.unit, self.currency = quantum(currency), currency
        self.made = a_card(ISSUED * self.unit, currency)
        self.pk: UUID = self.made.card.pk
        self.provider = GiftCardProvider()

    def money(self, units: int) -> Money:
        return Money(units * self.unit, self.currency)

    def own(self, reference: str) -> str:
        """Examples share a database."""
        return f"{reference} {self.pk}"

    def redeem(self, reference: str, units: int) -> None:
        asked = {"key": new_id(), "reference": self.own(reference), "amount": self.money(units)}
        request = AuthorizeRequest(**asked, data={"code": self.made.code})
        first, again = self.provider.authorize(request), self.provider.authorize(request)
        assert first == again
        if first.outcome is Outcome.DECLINED:
            raise Refused

    def give_back(self, reference: str, units: int, kind: Any) -> None:
        asked = kind(key=new_id(), reference=self.own(reference), amount=self.money(units))
        act = self.provider.refund if kind is RefundRequest else self.provider.void
        try:
            act(asked)
            act(asked)
        except ProviderRejected:
            raise Refused from None

    def adjust(self, units: int) -> None:
        try:
            gift_cards.adjust_gift_card(card_id=self.pk, amount=self.money(units), reason="other", actor=STAFF)
        except DomainError:
            raise Refused from None

    def run_out(self) -> None:
        GiftCard.objects.filter(pk=self.pk).update(expires_at=timezone.now() - timedelta(seconds=1))

    def now(self) -> tuple[Decimal, Decimal]:
        row = GiftCard.objects.get(pk=self.pk)
        return row.balance, row.available


STEPS = st.one_of(
    st.tuples(st.just("redeem"), st.sampled_from(REFERENCES), st.integers(1, 300)),
    st.tuples(st.sampled_from(["refund", "void"]), st.sampled_from(REFERENCES), st.integers(1, 300)),
    st.tuples(st.just("adjust"), st.integers(-300, 300)),
    st.tuples(st.sampled_from(["run_out", "notice", "prolong", "disable", "enable"])),
)


def _do(step: tuple[Any, ...], card: Card, model: Model) -> None:
    """On both; what one refuses the other must refuse as well."""
    act, *given_ = step
    theirs: Any
    match act:
        case "redeem":
            ours, theirs = (lambda: card.redeem(*given_)), (lambda: model.redeem(*given_))
        case "refund" | "void":
            kind = RefundRequest if act == "refund" else VoidRequest
            ours, theirs = (lambda: card.give_back(*given_, kind)), (lambda: model.give_back(*given_))
        case "adjust":
            ours, theirs = (lambda: card.adjust(*given_)), (lambda: model.adjust(*given_))
        case "run_out":
            ours, theirs = card.run_out, (lambda: setattr(model, "is_over", True))
        case "notice":
            ours, theirs = gift_cards.expire_gift_cards, model.touch
        case "prolong":
            ours = lambda: gift_cards.change_expiry(card_id=card.pk, expires_at=None, actor=STAFF)  # noqa: E731
            theirs = model.prolong
        case "disable":
            ours = lambda: gift_cards.disable_gift_card(card_id=card.pk)  # noqa: E731
            theirs = lambda: (model.touch(), setattr(model, "is_disabled", True))  # noqa: E731
        case _:
            ours = lambda: gift_cards.enable_gift_card(card_id=card.pk)  # noqa: E731
            theirs = lambda: (model.touch(), setattr(model, "is_disabled", False))  # noqa: E731
    assert _is_refused(ours) == _is_refused(theirs), step


def _is_refused(act: Any) -> bool:
    try:
        act()
    except Refused:
        return True
    return False


@pytest.mark.parametrize("currency", ["USD", "JPY", "KWD"])
@settings(
    max_examples=15,
    deadline=None,
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=st.lists(STEPS, max_size=14))
def test_whatever_is_done_with_a_card_its_balance_is_what_the_model_says_and_the_sum_of_its_entries(currency, steps):
    card, model = Card(currency), Model()

    for step in steps:
        _do(step, card, model)
        note(f"{step}: {model}")

        # What expired while nobody looked is written down when somebody does.
        unseen = model.balance if model.is_over else None
        balance, available = card.now()
        assert available == model.available * card.unit
        assert balance in ({model.balance * card.unit} if unseen is None else {unseen * card.unit, Decimal(0)})
        sums = [each for each in verify_balances().differences if each.what != "taken by the payment"]
        assert sums == []
