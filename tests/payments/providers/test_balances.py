"""Orders that are paid with gift cards and store credit, alone and beside other money."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from django.utils import timezone

from channels.models import SalesChannel
from channels.services.selling import selling
from inventory.errors import InsufficientStock
from oms.core.ids import new_id
from oms.core.money import Money
from oms.core.transactions import atomic
from orders.enums import CancelReason
from orders.models import Order
from orders.services.cancellation import cancel_order
from orders.services.paid_placement import place_paid_order
from orders.services.refund_planning import Wanted
from orders.services.refunding_lines import refund_order
from orders.services.refunds import refund_payment
from payments.enums import CaptureOn
from payments.models import GiftCard, GiftCardEntry, Payment, PaymentAttempt, ProviderEvent
from payments.providers.base import (
    AuthorizeRequest,
    CaptureRequest,
    Outcome,
    ProviderRejected,
    RefundRequest,
    VoidRequest,
)
from payments.providers.gift_card import GiftCardProvider
from payments.services import calling, capturing, gift_cards, resuming, sessions, voiding
from tests.payments.balances import a_card, an_account, an_order, entries, pay, payment_of, public, usd, worth
from tests.scenarios import STAFF, request, shop

pytestmark = pytest.mark.django_db


def money(order_id: UUID) -> tuple[str, Decimal, Decimal, Decimal, Decimal]:
    order = Order.objects.get(pk=order_id)
    return order.payment_status, order.total, order.captured_total, order.refunded_total, order.balance.amount


def test_an_order_is_paid_with_a_gift_card_store_credit_and_cash_and_each_gets_its_own_back():
    order_id, made, account = an_order(100), a_card(50), an_account(30)

    by_card = payment_of(pay(order_id, 50, "gift_card", code=made.code))
    by_credit = payment_of(pay(order_id, 30, "store_credit", account_id=account.public_id))
    in_cash = payment_of(pay(order_id, 20, "manual"))
    for payment in (by_card, by_credit, in_cash):
        capturing.request_capture(payment_id=payment.pk, actor=STAFF)
    paid, left = money(order_id), (worth(made.card), worth(account))
    refund_payment(payment_id=by_card.pk, amount=usd(15), actor=STAFF)
    refund_payment(payment_id=by_credit.pk, amount=usd(30), actor=STAFF)

    assert paid == ("captured", 100, 100, 0, 0)
    assert left == ((0, 0), (0, 0))
    assert money(order_id) == ("partially_refunded", 55, 100, 45, 0)
    assert entries(made.card) == [("issued", 50, 50), ("redeemed", -50, 0), ("refunded", 15, 15)]
    assert entries(account) == [("issued", 30, 30), ("redeemed", -30, 0), ("refunded", 30, 30)]
    assert by_card.method == f"•••• {made.card.last_four}"


def test_canceling_an_order_gives_back_what_was_taken_and_lets_go_of_the_rest():
    order_id, made, account = an_order(100), a_card(50), an_account(50)
    by_card = payment_of(pay(order_id, 50, "gift_card", code=made.code))
    pay(order_id, 30, "store_credit", account_id=account.public_id)
    payment_of(pay(order_id, 20, "manual"))
    capturing.request_capture(payment_id=by_card.pk, amount=usd(35), actor=STAFF)

    cancel_order(order_id=order_id, reason=CancelReason.CUSTOMER, actor=STAFF)

    assert Order.objects.get(pk=order_id).status == "canceled"
    assert money(order_id) == ("refunded", 0, 35, 35, 0)
    assert (worth(made.card), worth(account)) == ((50, 50), (50, 50))
    assert entries(made.card)[2:] == [("released", 15, 15), ("refunded", 35, 50)]
    assert entries(account)[2:] == [("released", 30, 50)]


def test_an_order_paid_with_several_cards_is_canceled_in_whatever_order_they_were_made():
    order_id, account = an_order(100), an_account(20)
    older, newer = a_card(40), a_card(40)
    for made in (newer, older):
        pay(order_id, 40, "gift_card", code=made.code)
    pay(order_id, 20, "store_credit", account_id=account.public_id)

    cancel_order(order_id=order_id, reason=CancelReason.CUSTOMER, actor=STAFF)

    assert [worth(each)[0] for each in (older.card, newer.card, account)] == [40, 40, 20]


def test_a_refund_over_several_tenders_gives_back_to_each_in_whatever_order_they_were_made():
    order_id, account = an_order(100), an_account(20)
    older, newer = a_card(40), a_card(40)
    attempts = [pay(order_id, 40, "gift_card", code=made.code) for made in (newer, older)]
    attempts.append(pay(order_id, 20, "store_credit", account_id=account.public_id))
    for attempt in attempts:
        capturing.request_capture(payment_id=payment_of(attempt).pk, actor=STAFF)

    refund_order(order_id=order_id, wanted=Wanted(amount=usd(100)), actor=STAFF)

    assert [worth(each)[0] for each in (older.card, newer.card, account)] == [40, 40, 20]
    assert money(order_id) == ("refunded", 0, 100, 100, 0)


def test_an_order_that_waits_for_another_provider_to_be_canceled_has_its_cards_back_already(gateway):
    order_id, older, newer = an_order(100), a_card(30), a_card(30)
    by_gateway = pay(order_id, 40, "fake", card="4000000000000069")  # stays pending when refunded
    calling.carry_out(by_gateway.pk)
    capture = capturing.request_capture(payment_id=Payment.objects.get(provider="fake").pk, actor=STAFF)
    calling.carry_out(capture.pk)
    cancel_order(order_id=order_id, reason=CancelReason.CUSTOMER, actor=STAFF)
    for made in (newer, older):  # somebody pays while it waits
        pay(order_id, 30, "gift_card", code=made.code)

    (refund,) = PaymentAttempt.objects.filter(act="refund")
    calling.carry_out(refund.pk)
    gateway.settle(refund.payment.reference, "succeeded")
    resuming.resume(refund.pk)

    assert Order.objects.get(pk=order_id).status == "canceled"
    assert [worth(each.card)[0] for each in (older, newer)] == [30, 30]


def test_a_cart_that_becomes_no_order_gives_its_cards_back():
    here, older, newer = shop({"W1": {"LAMP": 1}}), a_card(10), a_card(10)
    cart = sessions.create_collection(amount=usd(20), cart_id=new_id(), actor=STAFF)
    for made in (newer, older):
        pay(cart.pk, 10, "gift_card", code=made.code)

    with pytest.raises(InsufficientStock):
        place_paid_order(
            collection_id=cart.pk,
            request=request({"LAMP": 2}),
            selling=selling(here.channel.code),
            actor=STAFF,
        )

    assert [worth(each.card)[0] for each in (older, newer)] == [10, 10]


def test_a_channel_that_captures_on_placement_takes_the_money_with_the_authorization():
    order_id, made = an_order(50), a_card(50)
    SalesChannel.objects.update(capture_on=CaptureOn.PLACEMENT)

    pay(order_id, 50, "gift_card", code=made.code)

    assert money(order_id) == ("captured", 50, 50, 0, 0)
    assert entries(made.card) == [("issued", 50, 50), ("redeemed", -50, 0)]


@pytest.mark.parametrize("is_canceled", [False, True])
def test_a_session_that_is_to_take_the_money_takes_it_with_the_authorization_also_from_a_card(is_canceled):
    new, order_id = a_card(60), an_order(100)
    session = sessions.create_session(
        collection_id=order_id, provider="gift_card", amount=usd(60), capture=True, actor=STAFF
    )
    if is_canceled:
        cancel_order(order_id=order_id, reason=CancelReason.CUSTOMER, actor=STAFF)

    sessions.request_authorization(session_id=session.pk, data={"code": new.code}, actor=STAFF)

    payment = Payment.objects.get()
    taken = (payment.captured, payment.canceled_at is not None, worth(new.card)[0])
    assert taken == ((0, True, 60) if is_canceled else (60, False, 0))


def test_letting_go_of_an_authorization_gives_back_what_was_not_taken():
    order_id, made = an_order(100), a_card(50)
    payment = payment_of(pay(order_id, 50, "gift_card", code=made.code))
    capturing.request_capture(payment_id=payment.pk, amount=usd(20), actor=STAFF)

    voiding.request_void(payment_id=payment.pk, actor=STAFF)

    assert worth(made.card) == (30, 30)
    assert money(order_id)[2:4] == (20, 0)


def _disabled(card: GiftCard) -> None:
    gift_cards.disable_gift_card(card_id=card.pk)


def _expired(card: GiftCard) -> None:
    GiftCard.objects.filter(pk=card.pk).update(expires_at=timezone.now())


def _spent(card: GiftCard) -> None:
    gift_cards.adjust_gift_card(card_id=card.pk, amount=usd("-0.01"), reason="correction", actor=STAFF)


@pytest.mark.parametrize(
    ("spoil", "code"),
    [(_disabled, "gift_card_disabled"), (_expired, "gift_card_expired"), (_spent, "insufficient_balance")],
)
def test_a_card_that_is_not_good_for_the_amount_is_declined_and_keeps_its_money(spoil, code):
    order_id, made = an_order(50), a_card(50)
    spoil(made.card)

    attempt = pay(order_id, 50, "gift_card", code=made.code)

    assert (attempt.state, attempt.code) == ("declined", code)
    assert not GiftCardEntry.objects.filter(kind="redeemed").exists()
    assert money(order_id) == ("not_paid", 50, 0, 0, 50)


def test_a_declined_session_is_tried_again_with_another_card():
    order_id, empty, full = an_order(50), a_card(10), a_card(50)

    declined = pay(order_id, 50, "gift_card", code=empty.code)
    attempt = sessions.request_authorization(session_id=declined.session_id, data={"code": full.code}, actor=STAFF)

    assert (declined.code, attempt.state) == ("insufficient_balance", "succeeded")
    assert (worth(empty.card)[0], worth(full.card)[0]) == (10, 0)


def test_another_currency_an_unknown_code_and_an_unknown_account_are_declined():
    order_id, yen, euros = an_order(50), a_card(5000, "JPY"), an_account(50, "EUR")
    customer = public("cus", euros.customer_id)

    told = [
        pay(order_id, 50, "gift_card", code=yen.code).code,
        pay(order_id, 50, "gift_card", code="0000-0000-0000-0000").code,
        pay(order_id, 50, "gift_card").code,
        pay(order_id, 50, "store_credit", account_id=euros.public_id).code,
        pay(order_id, 50, "store_credit", customer_id=customer).code,
        pay(order_id, 50, "store_credit").code,
    ]

    assert told == [
        "currency_mismatch",
        "gift_card_unknown",
        "gift_card_unknown",
        "currency_mismatch",
        "insufficient_balance",
        "insufficient_balance",
    ]
    assert (worth(yen.card)[0], worth(euros)[0]) == (5000, 50)


def test_store_credit_is_found_by_its_customer():
    order_id, account = an_order(50), an_account(50)

    pay(order_id, 50, "store_credit", customer_id=public("cus", account.customer_id))

    assert worth(account) == (0, 0)


def test_the_code_of_a_card_is_not_written_down_with_the_attempt():
    order_id, made = an_order(50), a_card(50)

    attempt = pay(order_id, 50, "gift_card", code=made.code, note="x")

    assert PaymentAttempt.objects.get(pk=attempt.pk).data == {"gift_card_id": made.card.public_id, "note": "x"}
    assert made.code not in str(list(ProviderEvent.objects.values()))


def test_what_was_chosen_with_the_session_is_paid_with_and_its_code_is_not_written_down_either():
    order_id, made = an_order(50), a_card(50)
    chosen = {"code": made.code}
    session = sessions.create_session(collection_id=order_id, provider="gift_card", context=chosen, actor=STAFF)

    attempt = sessions.request_authorization(session_id=session.pk, actor=STAFF)

    assert (attempt.state, worth(made.card)) == ("succeeded", (0, 0))
    session.refresh_from_db()
    assert session.context == attempt.data == {"gift_card_id": made.card.public_id}
    assert made.code not in str(session.data)


def test_money_that_comes_back_to_an_expired_card_is_good_for_another_year():
    order_id, made = an_order(50), a_card(80, expires_at=timezone.now() + timedelta(days=1))
    payment = payment_of(pay(order_id, 50, "gift_card", code=made.code))
    capturing.request_capture(payment_id=payment.pk, actor=STAFF)
    _expired(made.card)

    refund_payment(payment_id=payment.pk, amount=usd(20), actor=STAFF)

    assert worth(made.card) == (20, 20)
    assert entries(made.card)[2:] == [("expired", -30, 0), ("refunded", 20, 20)]
    made.card.refresh_from_db()
    assert made.card.expires_at > timezone.now() + timedelta(days=364)


def test_money_that_comes_back_to_a_disabled_card_stays_there_until_it_is_enabled():
    order_id, made = an_order(50), a_card(50)
    payment = payment_of(pay(order_id, 50, "gift_card", code=made.code))
    _disabled(made.card)

    voiding.request_void(payment_id=payment.pk, actor=STAFF)
    kept = worth(made.card)
    gift_cards.enable_gift_card(card_id=made.card.pk)

    assert (kept, worth(made.card)) == ((50, 0), (50, 50))


def test_a_call_that_is_repeated_under_its_key_moves_nothing_twice():
    made, provider, reference = a_card(50), GiftCardProvider(), "gift_card_x"
    hold = AuthorizeRequest(key=new_id(), reference=reference, amount=usd(30), data={"code": made.code})
    take = CaptureRequest(key=new_id(), reference=reference, amount=usd(20))
    back = RefundRequest(key=new_id(), reference=reference, amount=usd(5))
    let_go = VoidRequest(key=new_id(), reference=reference, amount=usd(10))

    with atomic():
        for act, asked in (
            (provider.authorize, hold),
            (provider.capture, take),
            (provider.refund, back),
            (provider.void, let_go),
        ):
            first, again = act(asked), act(asked)
            assert (first, first.outcome) == (again, Outcome.SUCCEEDED)

    assert entries(made.card) == [("issued", 50, 50), ("redeemed", -30, 20), ("refunded", 5, 25), ("released", 10, 35)]


def test_no_more_comes_out_of_a_payment_than_went_into_it():
    made, provider, reference = a_card(50), GiftCardProvider(), "gift_card_x"
    hold = AuthorizeRequest(key=new_id(), reference=reference, amount=usd(30), data={"code": made.code})
    told = {}

    with atomic():
        provider.authorize(hold)
        for act, kind in (
            (provider.capture, CaptureRequest),
            (provider.refund, RefundRequest),
            (provider.void, VoidRequest),
        ):
            for where, amount in ((reference, usd("30.01")), ("gift_card_y", usd(1))):
                with pytest.raises(ProviderRejected) as refusal:
                    act(kind(key=new_id(), reference=where, amount=amount))
                told[act.__name__, where] = refusal.value.code

    assert set(told.values()) == {"exceeds_what_was_taken", "unknown_reference"}
    assert worth(made.card) == (20, 20)


@pytest.mark.parametrize(("currency", "amount"), [("USD", "12.34"), ("JPY", "1234"), ("KWD", "1.234")])
def test_amounts_have_the_digits_of_their_currency(currency, amount):
    made, provider = a_card(amount, currency), GiftCardProvider()
    all_of_it = Money(Decimal(amount), currency)

    with atomic():
        provider.authorize(AuthorizeRequest(key=new_id(), reference="r", amount=all_of_it, data={"code": made.code}))

    assert worth(made.card) == (0, 0)
