"""Every payment provider that must keep the contract, with what its tests need besides the interface.

A new provider adds a till of its own here, and a line to TILLS.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol

from oms.core.money import Money
from tests.payments.balances import a_card, an_account


@dataclass(frozen=True)
class Means:
    """What a customer pays with: the context of the session, and the data of the authorization."""

    context: Mapping[str, Any] = field(default_factory=dict)
    data: Mapping[str, Any] = field(default_factory=dict)


class Till(Protocol):
    """code: of the provider. fixtures: what has to run. currencies: what it is tried in.

    keeps_books: it knows by itself what was moved, and refuses what cannot be. cannot: tests that what runs in its
    place here is not good enough for, and why.
    """

    code: ClassVar[str]
    fixtures: ClassVar[Sequence[str]]
    currencies: ClassVar[Sequence[str]]
    keeps_books: ClassVar[bool]
    cannot: ClassVar[Mapping[str, str]]

    def rich(self, amount: Money) -> Means:
        """Of somebody who can pay this much."""
        ...

    def poor(self, amount: Money) -> Means:
        """Of somebody who cannot; asked of those who keep books only."""
        ...

    def move(self, settings: Any, address: str) -> None:
        """From now on the provider is to be found at this address; asked of those who are far away only."""
        ...


class _Here:
    def move(self, settings: Any, address: str) -> None:
        raise NotImplementedError("it has no address")


class ManualTill(_Here):
    code = "manual"
    fixtures = ()
    currencies = ("USD", "JPY", "KWD")
    keeps_books = False
    cannot: ClassVar[Mapping[str, str]] = {}

    def rich(self, amount: Money) -> Means:
        return Means()

    def poor(self, amount: Money) -> Means:
        raise NotImplementedError("whoever takes the money looks at it")


class FakeTill:
    code = "fake"
    fixtures = ("gateway",)
    currencies = ("USD", "JPY", "KWD")
    keeps_books = True
    cannot: ClassVar[Mapping[str, str]] = {}

    def rich(self, amount: Money) -> Means:
        return Means(data={"card": "4242424242424242"})

    def poor(self, amount: Money) -> Means:
        return Means(data={"card": "4000000000000002"})

    def move(self, settings: Any, address: str) -> None:
        settings.OMS = settings.OMS | {"FAKE_GATEWAY_URL": address}


class GiftCardTill(_Here):
    """What is captured of a payment is known to the payment alone."""

    code = "gift_card"
    fixtures = ()
    currencies = ("USD", "JPY", "KWD")
    keeps_books = False
    cannot: ClassVar[Mapping[str, str]] = {}

    def rich(self, amount: Money) -> Means:
        return Means(data={"code": a_card(amount.amount, amount.currency).code})

    def poor(self, amount: Money) -> Means:
        return Means(data={"code": a_card(amount.amount / 2, amount.currency).code})


class StoreCreditTill(_Here):
    code = "store_credit"
    fixtures = ()
    currencies = ("USD", "JPY", "KWD")
    keeps_books = False
    cannot: ClassVar[Mapping[str, str]] = {}

    def rich(self, amount: Money) -> Means:
        return Means(data={"account_id": an_account(amount.amount, amount.currency).public_id})

    def poor(self, amount: Money) -> Means:
        return Means(data={"account_id": an_account(amount.amount / 2, amount.currency).public_id})


class StripeTill:
    """The real SDK over the wire to localstripe, and in front of it what that leaves out of Stripe."""

    code = "stripe"
    fixtures = ("stripe_till",)
    currencies = ("USD", "JPY", "KWD")
    keeps_books = True
    cannot: ClassVar[Mapping[str, str]] = {
        "test_who_cannot_pay_is_declined_with_a_word_and_may_try_otherwise": (
            "localstripe takes no second card after one that was declined; see tests/payments/providers"
        ),
        "test_it_names_what_something_happened_to_since_then": (
            "localstripe lists nothing by its time; see tests/payments/providers"
        ),
    }
    card: ClassVar[Callable[[str], str]]

    def rich(self, amount: Money) -> Means:
        return Means(data={"payment_method": self.card("4242424242424242")})

    def poor(self, amount: Money) -> Means:
        return Means(data={"payment_method": self.card("4000000000000341")})

    def move(self, settings: Any, address: str) -> None:
        settings.STRIPE_API_BASE = address


TILLS: Mapping[str, Till] = {
    till.code: till for till in (ManualTill(), FakeTill(), GiftCardTill(), StoreCreditTill(), StripeTill())
}
