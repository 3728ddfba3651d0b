"""The payment providers that settings and packages name, and the guard around those that are far away."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Final

from oms.core import providers
from oms.core.outside import require_no_transaction
from payments.providers.base import PaymentProvider

KIND: Final = "PAYMENT_PROVIDERS"
# What goes over the network. A webhook is checked and read in memory.
CALLS: Final = ("initiate", "update", "authorize", "capture", "refund", "void", "look_up", "payments_since")


def provider_of(code: str) -> PaymentProvider:
    """The provider of that code. One that is not local cannot be called while a transaction is open, from anywhere:
    its calls raise CalledInsideTransaction before they are made. Raises UnknownProvider.
    """
    provider: PaymentProvider = providers.get(KIND, code)
    if not provider.local:
        for name in CALLS:
            setattr(provider, name, _outside(getattr(provider, name), code))
    return provider


def is_set_up(code: str) -> bool:
    """Whether settings or a package still name it: payments outlive their providers."""
    return code in providers.names(KIND)


def _outside(call: Callable[..., Any], code: str) -> Callable[..., Any]:
    @wraps(call)
    def guarded(*arguments: Any, **named: Any) -> Any:
        require_no_transaction(f"the payment provider {code}")
        return call(*arguments, **named)

    return guarded
