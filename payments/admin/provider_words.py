"""What people call the providers of payments, also those that are not installed any more."""

from __future__ import annotations

from django.utils.translation import gettext as _

from oms.core.providers import UnknownProvider
from payments.models.payment import EXTERNAL
from payments.providers.base import PaymentProvider
from payments.providers.known import provider_of


def provider_title(code: str) -> str:
    """What people call a provider; its code where it is not installed any more, or never was one of ours."""
    if code == EXTERNAL:
        return _("taken elsewhere")
    provider = known(code)
    return str(provider.title) if provider else code


def is_local(code: str) -> bool:
    """Whether it answers at once: nobody elsewhere is asked."""
    provider = known(code)
    return provider is not None and provider.local


def known(code: str) -> PaymentProvider | None:
    """None where it is not installed any more."""
    try:
        return provider_of(code)
    except UnknownProvider:
        return None
