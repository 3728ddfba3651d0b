"""Parties outside that the contracts are tried on."""

from __future__ import annotations

import pytest

from tests.contracts.tills import StripeTill
from tests.e2e.localstripe import localstripe, relay

__all__ = ["localstripe", "relay"]  # fixtures


@pytest.fixture
def stripe_till(relay, localstripe, monkeypatch) -> None:
    """Stripe's own form, which makes the payment methods."""
    monkeypatch.setattr(StripeTill, "card", staticmethod(localstripe.card), raising=False)
