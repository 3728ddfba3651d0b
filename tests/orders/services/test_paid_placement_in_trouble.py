"""A cart that is paid in parts, or whose order cannot be placed after all."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest

from channels.models import SalesChannel
from channels.services.selling import selling
from inventory.errors import InsufficientStock
from orders.models import Order
from orders.services.paid_placement import place_paid_order
from orders.services.refunds import refund_payment
from payments.enums import CaptureOn, RefundReason
from payments.errors import NoPaymentSession
from payments.models import Payment, PaymentSession
from payments.providers.base import AuthorizeRequest, Fact, MoneyAct, Outcome, ProviderResult
from payments.services import capturing, sessions
from tests.paying import usd
from tests.payments import signed
from tests.payments.balances import a_card, worth
from tests.scenarios import STAFF, Shop, nothing_moves, request, shop

pytestmark = pytest.mark.django_db


@pytest.fixture
def takes_at_once(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests' own provider, which takes the money with the authorization."""
    signed.install(settings)

    def authorize(self: signed.SignedProvider, asked: AuthorizeRequest) -> ProviderResult:
        taken = Fact(
            act=MoneyAct.CAPTURE,
            outcome=Outcome.SUCCEEDED,
            reference=asked.reference,
            movement=f"cap_{asked.key}",
            amount=asked.amount,
        )
        return ProviderResult(outcome=Outcome.SUCCEEDED, reference=asked.reference, facts=[taken])

    monkeypatch.setattr(signed.SignedProvider, "authorize", authorize)


def cart(amount: Any = 20) -> UUID:
    return sessions.create_collection(amount=usd(amount), cart_id=uuid4(), actor=STAFF).pk


def begin(collection_id: UUID, amount: Any, provider: str) -> PaymentSession:
    return sessions.create_session(collection_id=collection_id, provider=provider, amount=usd(amount), actor=STAFF)


def complete(here: Shop, collection_id: UUID) -> Order:
    """Two lamps, 20.00."""
    lamps = request({"LAMP": 2})
    placed = place_paid_order(
        collection_id=collection_id, request=lamps, selling=selling(here.channel.code), actor=STAFF
    )
    return Order.objects.get(pk=placed.order_id)


def with_a_card(collection_id: UUID, amount: Any = 8) -> Any:
    new = a_card(amount)
    session = begin(collection_id, amount, "gift_card")
    sessions.request_authorization(session_id=session.pk, data={"code": new.code}, actor=STAFF)
    return new.card


def test_what_a_gift_card_leaves_is_paid_with_the_other_session() -> None:
    here = shop({"W1": {"LAMP": 5}})
    SalesChannel.objects.update(capture_on=CaptureOn.PLACEMENT)
    collection_id = cart()
    with_a_card(collection_id)
    begin(collection_id, 12, "manual")

    order = complete(here, collection_id)

    assert (order.payment_status, order.captured_total, order.balance) == ("captured", 20, usd(0))


def test_a_cart_of_which_only_a_part_is_paid_is_no_order() -> None:
    here = shop({"W1": {"LAMP": 5}})
    collection_id = cart()
    card = with_a_card(collection_id)

    with nothing_moves(), pytest.raises(NoPaymentSession):
        complete(here, collection_id)

    assert worth(card)[0] == 0  # it is held: the rest can still be paid


@pytest.mark.usefixtures("takes_at_once")
def test_what_was_taken_at_once_for_what_cannot_be_placed_goes_back() -> None:
    here = shop({"W1": {"LAMP": 1}})
    collection_id = cart()
    begin(collection_id, 20, "signed")

    with pytest.raises(InsufficientStock):
        complete(here, collection_id)

    payment = Payment.objects.get()
    assert (payment.order_id, payment.captured) == (None, 20)
    assert list(payment.attempts.filter(act="refund").values_list("amount", "state")) == [(20, "intended")]


def test_several_gift_cards_are_let_go_in_one_order() -> None:
    here = shop({"W1": {"LAMP": 1}})
    collection_id = cart()
    one, other = a_card(10), a_card(10)
    for new in (other, one):
        session = begin(collection_id, 10, "gift_card")
        sessions.request_authorization(session_id=session.pk, data={"code": new.code}, actor=STAFF)

    with pytest.raises(InsufficientStock):
        complete(here, collection_id)

    assert [worth(new.card)[0] for new in (one, other)] == [10, 10]


def test_staff_give_back_what_was_taken_for_a_cart_that_never_was_an_order() -> None:
    session = begin(cart(), 20, "manual")
    attempt = sessions.request_authorization(session_id=session.pk, actor=STAFF)
    assert attempt.payment_id is not None
    capturing.request_capture(payment_id=attempt.payment_id, actor=STAFF)

    refund_payment(payment_id=attempt.payment_id, reason=RefundReason.OTHER, actor=STAFF)

    assert list(Payment.objects.values_list("captured", "refunded")) == [(20, 20)]
