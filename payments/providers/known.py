"""The payment providers that settings and packages name."""

from __future__ import annotations

from typing import Final

from oms.core import providers
from payments.providers.base import PaymentProvider

KIND: Final = "PAYMENT_PROVIDERS"


def provider_of(code: str) -> PaymentProvider:
    """Raises UnknownProvider."""
    provider: PaymentProvider = providers.get(KIND, code)
    return provider
