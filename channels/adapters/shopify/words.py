"""The words of a Shopify export and what they mean here. Words that are not listed are refused, or mean nothing."""

from __future__ import annotations

from enum import Enum
from functools import lru_cache
from typing import Final


class Money(Enum):
    """How much of an order's total was taken."""

    ALL = "all"
    LESS_OUTSTANDING = "less outstanding"
    PROMISED = "promised"
    NONE = "none"


FINANCIAL: Final[dict[str, Money]] = {
    "authorized": Money.PROMISED,
    "expired": Money.NONE,
    "paid": Money.ALL,
    "partially_paid": Money.LESS_OUTSTANDING,
    "partially_refunded": Money.ALL,
    "pending": Money.NONE,
    "refunded": Money.ALL,
    "unpaid": Money.NONE,
    "voided": Money.NONE,
}
GIVEN_BACK: Final = frozenset({"refunded", "partially_refunded"})
OVER: Final = frozenset({"refunded", "voided"})  # nobody expects goods for it

SENT: Final = "fulfilled"
PARTLY: Final = "partial"
_IN_PART: Final = frozenset({PARTLY, "partially_fulfilled"})
FULFILLMENT: Final = _IN_PART | frozenset(
    {"", SENT, "unfulfilled", "pending", "restocked", "not_eligible", "on_hold", "open"}
    | {"in_progress", "scheduled", "request_declined", "pending_fulfillment"}
)

TIPS: Final = frozenset({"tip", "gratuity", "trinkgeld", "pourboire", "propina", "fooi", "mancia"})
GIFT_CARDS: Final = ("gift card", "giftcard", "gift voucher", "gift certificate", "geschenkgutschein", "carte cadeau")
TEST_PAYMENTS: Final = ("bogus", "(for testing)", "test gateway")


@lru_cache(maxsize=256)
def word(text: str) -> str:
    """A status as it is compared: `Partially refunded` is partially_refunded."""
    return "_".join(text.lower().split())


def is_part(status: str) -> bool:
    return status in _IN_PART


def is_tip(title: str) -> bool:
    return title.strip().lower() in TIPS


def is_gift_card(title: str) -> bool:
    title = title.lower()
    return any(name in title for name in GIFT_CARDS)


def is_test_payment(method: str) -> bool:
    method = method.lower()
    return any(name in method for name in TEST_PAYMENTS)
