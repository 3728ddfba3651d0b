"""What payments tell the world by themselves. What moves is told by the orders' own events."""

from __future__ import annotations

from dataclasses import dataclass

from oms.core.events import Event


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
