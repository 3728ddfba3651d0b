"""No payment provider is called over a network while a transaction is open, from wherever."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from oms.core.outside import CalledInsideTransaction
from oms.core.transactions import atomic
from payments.models import PaymentAttempt, PaymentSession
from payments.providers.base import LookUpRequest
from payments.providers.known import CALLS, provider_of
from payments.services import calling, capturing, expiring, reconciling, resuming, sessions
from tests.paying import usd
from tests.payments.gateway import Gateway
from tests.payments.gateway_payments import authorized
from tests.scenarios import STAFF

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("call", CALLS)
def test_a_provider_that_is_far_away_refuses_every_call_within_a_transaction(gateway: Gateway, call: str) -> None:
    provider = provider_of("fake")

    with atomic(), pytest.raises(CalledInsideTransaction, match="the payment provider fake is called inside"):
        getattr(provider, call)(object())

    assert gateway.books()["calls"] == []


def _wanted() -> UUID:
    payment = authorized(usd(20))
    return capturing.request_capture(payment_id=payment.pk, actor=STAFF).pk


def _unknown_to_the_gateway(attempt: PaymentAttempt) -> PaymentSession:
    assert attempt.payment is not None
    collection = attempt.payment.collection
    return PaymentSession.objects.create(collection=collection, provider="fake", currency="USD", amount=5)


@pytest.mark.parametrize(
    "work",
    [
        lambda attempt: calling.carry_out(attempt.pk),
        lambda attempt: resuming.resume(attempt.pk),
        lambda attempt: expiring.ask_what_became(attempt.payment_id),
        lambda attempt: list(reconciling.reconcile(since=datetime(2026, 1, 1, tzinfo=UTC))),
        lambda attempt: sessions.initiate(_unknown_to_the_gateway(attempt).pk),
    ],
    ids=["carry_out", "resume", "ask_what_became", "reconcile", "initiate"],
)
def test_every_way_to_a_provider_goes_past_the_guard(gateway: Gateway, work: Callable[..., object]) -> None:
    attempt = PaymentAttempt.objects.get(pk=_wanted())
    before = len(gateway.books()["calls"])

    with atomic(), pytest.raises(CalledInsideTransaction):
        work(attempt)

    attempt.refresh_from_db()
    assert (attempt.state, attempt.tries, len(gateway.books()["calls"])) == ("intended", 0, before)


def test_what_is_our_own_is_asked_within_one() -> None:
    with atomic():
        found = provider_of("manual").look_up(LookUpRequest(reference="manual", key=uuid4()))

    assert list(found) == []
