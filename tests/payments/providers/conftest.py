from __future__ import annotations

from collections.abc import Iterator

import pytest
import respx

from payments.providers.stripe.adapter import StripeProvider
from tests.payments.providers.stripe_objects import WEBHOOK_SECRET


@pytest.fixture
def stripe_provider(settings) -> StripeProvider:
    settings.STRIPE_SECRET_KEY = "sk_test_for_tests"
    settings.STRIPE_WEBHOOK_SECRET = WEBHOOK_SECRET
    settings.STRIPE_API_BASE = ""
    settings.OMS = settings.OMS | {
        "PAYMENT_PROVIDERS": settings.OMS["PAYMENT_PROVIDERS"]
        | {"stripe": "payments.providers.stripe.adapter.StripeProvider"}
    }
    return StripeProvider()


@pytest.fixture
def wire() -> Iterator[respx.MockRouter]:
    """Stripe as far as a test says what it answers; anything else fails."""
    with respx.mock(base_url="https://api.stripe.com/v1", assert_all_called=False) as router:
        yield router
