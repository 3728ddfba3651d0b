"""What payments tell the world of themselves. What happens to an order's money is told by the order's own events."""

from __future__ import annotations

from dataclasses import dataclass

from oms.core.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class GiftCardChanged(Event):
    """The balance of a gift card moved. Its stream is the card, its sequence the number of the entry."""

    name = "gift_card.balance_changed"
    gift_card_id: str
    kind: str
    reason: str
    amount: str
    balance: str
    currency_code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreCreditChanged(Event):
    """The store credit of a customer moved. Its stream is the account, its sequence the number of the entry."""

    name = "store_credit.balance_changed"
    account_id: str
    customer_id: str
    kind: str
    reason: str
    amount: str
    balance: str
    currency_code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizationExpiring(Event):
    """What a customer has authorized ends soon, and `left` of it was not captured. Told once for each payment."""

    name = "payments.authorization_expiring"
    payment_id: str
    order_id: str | None
    provider: str
    amount: str
    left: str
    currency_code: str
    expires_at: str
