"""What an API key may be allowed to do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Scope(StrEnum):
    ORDERS_READ = "orders:read"
    ORDERS_WRITE = "orders:write"
    FULFILLMENTS_WRITE = "fulfillments:write"
    INVENTORY_READ = "inventory:read"
    INVENTORY_WRITE = "inventory:write"
    CUSTOMERS_READ = "customers:read"
    CUSTOMERS_WRITE = "customers:write"
    CUSTOMERS_PRIVACY = "customers:privacy"
    CHANNELS_READ = "channels:read"
    CHANNELS_WRITE = "channels:write"
    API_KEYS_READ = "api_keys:read"
    API_KEYS_WRITE = "api_keys:write"


@dataclass(frozen=True, slots=True)
class Access:
    """What an operation asks of its caller: a key this scope, a member of staff this Django permission."""

    scope: Scope
    permission: str
