"""What an API key may be allowed to do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final


class Scope(StrEnum):
    ORDERS_READ = "orders:read"
    ORDERS_WRITE = "orders:write"
    PAYMENTS_CAPTURE = "payments:capture"
    PAYMENTS_REFUND = "payments:refund"
    FULFILLMENTS_WRITE = "fulfillments:write"
    INVENTORY_READ = "inventory:read"
    INVENTORY_WRITE = "inventory:write"
    CUSTOMERS_READ = "customers:read"
    CUSTOMERS_WRITE = "customers:write"
    CUSTOMERS_PRIVACY = "customers:privacy"
    GIFT_CARDS_READ = "gift_cards:read"
    GIFT_CARDS_WRITE = "gift_cards:write"
    STORE_CREDIT_READ = "store_credit:read"
    STORE_CREDIT_WRITE = "store_credit:write"
    CHANNELS_READ = "channels:read"
    CHANNELS_WRITE = "channels:write"
    API_KEYS_READ = "api_keys:read"
    API_KEYS_WRITE = "api_keys:write"


@dataclass(frozen=True, slots=True)
class Access:
    """What an operation asks of its caller: a key this scope, a member of staff this Django permission."""

    scope: Scope
    permission: str

    def __post_init__(self) -> None:
        _asked_of_staff.setdefault(self.scope, set()).add(self.permission)


_asked_of_staff: Final[dict[Scope, set[str]]] = {}


def scopes_of(user: Any) -> frozenset[str]:
    """What a member of staff may let a key do: that for which they have every permission that its operations ask."""
    return frozenset(scope for scope in Scope if user.has_perms(_asked_of_staff.get(scope, ())))
