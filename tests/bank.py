"""A card payment whose provider is elsewhere and says what a test tells it to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from uuid import UUID

from django.conf import settings
from django.test import override_settings

from oms.core.money import Money
from orders.models import Order
from payments.models import Payment
from payments.providers.base import (
    AuthorizeRequest,
    CaptureRequest,
    Outcome,
    ProviderResult,
    ProviderUnavailable,
    RefundRequest,
)
from payments.providers.manual import ManualProvider
from payments.services import calling, capturing, sessions
from tests.paying import ask, payment_of
from tests.scenarios import STAFF


class Bank(ManualProvider):
    """What it answers next stands in `answers`; else yes."""

    code = "bank"
    title = "Bank"
    local = False
    answers: Sequence[Outcome | None] = ()

    def authorize(self, request: AuthorizeRequest) -> ProviderResult:
        return ProviderResult(outcome=Outcome.SUCCEEDED, reference=request.reference)

    def capture(self, request: CaptureRequest) -> ProviderResult:
        return self._answer(request)

    def refund(self, request: RefundRequest) -> ProviderResult:
        return self._answer(request)

    def _answer(self, request: CaptureRequest | RefundRequest) -> ProviderResult:
        outcome, *Bank.answers = Bank.answers or [Outcome.SUCCEEDED]
        if outcome is None:
            raise ProviderUnavailable("no answer")
        refused = {"code": "no", "message": "The bank says no."} if outcome is Outcome.DECLINED else {}
        return ProviderResult(outcome=outcome, reference=request.reference, movement=str(request.key), **refused)


@contextmanager
def open_bank(*answers: Outcome | None) -> Iterator[None]:
    """answers: what becomes of the next captures and refunds; None: nobody knows."""
    Bank.answers = answers
    known = settings.OMS["PAYMENT_PROVIDERS"] | {"bank": "tests.bank.Bank"}
    with override_settings(OMS=settings.OMS | {"PAYMENT_PROVIDERS": known}):
        yield


def pay_by_card(order: Order, amount: str | None = None, *, capture: bool = True) -> Payment:
    """The order's customer pays (a part of) it by card; taken at once unless told otherwise."""
    money = order.money(Decimal(amount) if amount else order.total)
    collection = sessions.create_collection(amount=money, order_id=order.pk, actor=STAFF)
    session = sessions.initiate(sessions.create_session(collection_id=collection.pk, provider="bank", actor=STAFF).pk)
    asked = sessions.request_authorization(session_id=session.pk, actor=STAFF, waits=True)
    payment = payment_of(ask(asked))
    if capture:
        take(payment, money)
    payment.refresh_from_db()
    order.refresh_from_db()
    return payment


def take(payment: Payment, amount: Money | None = None) -> None:
    asked = capturing.request_capture(payment_id=payment.pk, amount=amount, actor=STAFF, waits=True)
    ask(asked)


def carry_out(attempt_ids: Sequence[UUID]) -> list[str]:
    """Ask the bank for these, and what became of them."""
    return [calling.carry_out(attempt_id, waited=True).state for attempt_id in attempt_ids]
