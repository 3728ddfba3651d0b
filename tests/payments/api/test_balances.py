"""Gift cards and store credit by REST. What holds for every route stands in tests/oms/web/test_every_*."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from oms.core.models import IdempotencyKey
from oms.web.models import AuditEntry
from payments.models import GiftCard, StoreCreditAccount
from payments.services import gift_cards
from tests.api import Api, key, pointers, problem
from tests.payments.balances import a_card, a_customer, an_account, an_order, entries, pay, worth
from tests.scenarios import STAFF, nothing_moves

pytestmark = pytest.mark.django_db
CARDS = "/admin/gift-cards"
ACCOUNTS = "/admin/store-credit-accounts"


def test_a_card_is_issued_and_its_code_is_shown_once():
    api, order_id = Api(), f"order_{'0' * 26}"
    body = {
        "value": 25.5,
        "currency_code": "usd",
        "recipient": "ada@example.com",
        "note": "Raffle",
        "order_id": order_id,
    }

    made = api.post(CARDS, body, idempotency_key="once")
    again = api.post(CARDS, body, idempotency_key="once")

    card, shown = GiftCard.objects.get(), made.json()["gift_card"]
    assert made["Cache-Control"] == "no-store"
    assert gift_cards.find_by_code(shown["code"]) == card
    assert shown | {"code": ""} == {
        "id": card.public_id,
        "code": "",
        "last_four": shown["code"][-4:],
        "status": "active",
        "currency_code": "usd",
        "value": 25.5,
        "balance": 25.5,
        "available": 25.5,
        "expires_at": None,
        "disabled_at": None,
        "recipient": "ada@example.com",
        "note": "Raffle",
        "order_id": order_id,
        "line_item_id": None,
        "created_by": card.actor,
        "created_at": shown["created_at"],
        "updated_at": shown["updated_at"],
    }
    assert again.json() == {"gift_card": shown | {"code": ""}}
    assert shown["code"].encode() not in bytes(IdempotencyKey.objects.get().body)
    assert api.get(f"{CARDS}/{card.public_id}").json() == again.json()
    assert list(AuditEntry.objects.values_list("action", "subject")) == [("added", "gift-cards")]


@pytest.mark.parametrize(
    ("body", "code", "pointer"),
    [
        ({"value": 0, "currency_code": "usd"}, "amount_not_positive", "/value"),
        ({"value": 1.001, "currency_code": "usd"}, "amount_not_positive", "/value"),
        ({"value": 1.5, "currency_code": "jpy"}, "amount_not_positive", "/value"),
        (b'{"value": 1e400, "currency_code": "usd"}', "invalid_input", "/value"),
        (
            {"value": 1, "currency_code": "usd", "expires_at": "2020-01-01T00:00:00Z"},
            "expiry_in_the_past",
            "/expires_at",
        ),
        ({"value": 1, "currency_code": "usd", "order_id": "x"}, "invalid_input", "/order_id"),
        ({"value": 1, "currency_code": "qqq"}, "invalid_input", "/currency_code"),
        ({"currency_code": "usd"}, "invalid_input", "/value"),
        ({"value": 1, "currency_code": "usd", "recipent": "Ada"}, "invalid_input", "/recipent"),
    ],
)
def test_a_card_that_cannot_be_is_refused(body, code, pointer):
    api = Api()

    with nothing_moves():
        refused = api.post(CARDS, body)

    assert (problem(refused)[0], problem(refused)[2]) == (400, code)
    assert pointers(refused) == [pointer]


def test_a_card_is_looked_up_by_its_code_as_often_as_one_may_try_to_sign_in(settings):
    settings.OMS = settings.OMS | {"REQUESTS_PER_MINUTE": settings.OMS["REQUESTS_PER_MINUTE"] | {"logins": 2}}
    api, made = Api(), a_card(50)

    found = api.post(f"{CARDS}/lookup", {"code": made.code.lower()})
    unknown = api.post(f"{CARDS}/lookup", {"code": "0000-0000-0000-0000"})
    too_many = api.post(f"{CARDS}/lookup", {"code": made.code})

    assert (found.json()["gift_card"]["id"], found.json()["gift_card"]["code"]) == (made.card.public_id, "")
    assert (problem(unknown), unknown.json()["detail"]) == (
        (404, "not_found", "not_found"),
        "No gift card has this code.",
    )
    assert too_many.status_code == 429


def test_cards_are_listed_by_what_they_are_now():
    api = Api()
    active, spent, over, off = (a_card(10).card for _ in range(4))
    gift_cards.adjust_gift_card(card_id=spent.pk, amount=-spent.money(spent.balance), reason="other", actor=STAFF)
    GiftCard.objects.filter(pk=over.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    gift_cards.disable_gift_card(card_id=off.pk)

    told = {
        status: [row["id"] for row in api.get(f"{CARDS}?status={status}").json()["gift_cards"]]
        for status in ("active", "used_up", "expired", "disabled")
    }

    by_word = {"active": active, "used_up": spent, "expired": over, "disabled": off}
    assert told == {status: [card.public_id] for status, card in by_word.items()}
    found = api.get(f"{CARDS}?last_four={active.last_four.lower()}&currency_code=usd").json()["gift_cards"]
    assert active.public_id in [row["id"] for row in found]
    assert api.get(f"{CARDS}/{over.public_id}").json()["gift_card"]["available"] == 0


def test_a_card_is_adjusted_described_disabled_and_enabled():
    api, card = Api(), a_card(50).card
    path, later = f"{CARDS}/{card.public_id}", "2999-12-31T00:00:00.000Z"

    adjusted = api.post(f"{path}/adjust", {"amount": -20.5, "reason": "correction", "note": "typo"})
    described = api.post(path, {"expires_at": later, "note": "Raffle", "recipient": "Ada"})
    disabled = api.post(f"{path}/disable", {})
    enabled = api.post(f"{path}/enable", {})
    with nothing_moves():
        refused = api.post(f"{path}/adjust", {"amount": -30, "reason": "correction"})

    assert adjusted.json()["gift_card"]["balance"] == 29.5
    shown = described.json()["gift_card"]
    assert (shown["expires_at"], shown["note"], shown["recipient"]) == (later, "Raffle", "Ada")
    assert [each.json()["gift_card"]["status"] for each in (disabled, enabled)] == ["disabled", "active"]
    assert problem(refused) == (400, "not_allowed", "insufficient_balance")
    assert pointers(refused) == ["/amount"]
    assert worth(card) == (29.5, 29.5)


def test_what_moved_a_card_is_listed_with_the_attempt_that_moved_it():
    api, made = Api(), a_card(50)
    attempt = pay(an_order(50), 50, "gift_card", code=made.code)

    rows = api.get(f"{CARDS}/{made.card.public_id}/entries").json()["entries"]
    redeemed = api.get(f"{CARDS}/{made.card.public_id}/entries?kind=redeemed").json()["entries"]

    assert [(row["number"], row["kind"], row["amount"], row["balance"]) for row in rows] == [
        (2, "redeemed", -50, 0),
        (1, "issued", 50, 50),
    ]
    assert redeemed == rows[:1]
    assert rows[0]["attempt_id"] == attempt.public_id


def test_store_credit_is_given_added_to_and_taken_from():
    api, customer = Api(), a_customer()
    body = {"customer_id": customer.public_id, "amount": 20, "currency_code": "usd", "reason": "goodwill"}

    given = api.post(ACCOUNTS, body).json()["store_credit_account"]
    more = api.post(ACCOUNTS, body).json()["store_credit_account"]
    path = f"{ACCOUNTS}/{given['id']}"
    api.post(f"{path}/credit", {"amount": 5, "reason": "promotion"})
    api.post(f"{path}/debit", {"amount": 12.5, "reason": "correction"})
    with nothing_moves():
        refused = [
            api.post(f"{path}/debit", {"amount": 32.51, "reason": "correction"}),
            api.post(f"{path}/credit", {"amount": -1, "reason": "correction"}),
            api.post(f"{path}/debit", {"amount": -1, "reason": "correction"}),
            api.post(ACCOUNTS, body | {"customer_id": f"cus_{'0' * 26}"}),
        ]

    account = StoreCreditAccount.objects.get()
    assert (given["id"], given["balance"], more["id"], more["balance"]) == (
        account.public_id,
        20,
        account.public_id,
        40,
    )
    assert [problem(each)[2] for each in refused] == [
        "insufficient_balance",
        "amount_not_positive",
        "amount_not_positive",
        "invalid_input",
    ]
    assert [pointers(each) for each in refused] == [["/amount"], ["/amount"], ["/amount"], ["/customer_id"]]
    assert [row[:2] for row in entries(account)] == [
        ("issued", 20),
        ("issued", 20),
        ("issued", 5),
        ("adjusted", -12.5),
    ]
    listed = api.get(f"{ACCOUNTS}?customer_id={customer.public_id}").json()["store_credit_accounts"]
    assert [(row["id"], row["balance"]) for row in listed] == [(account.public_id, 32.5)]
    assert len(api.get(f"{path}/entries").json()["entries"]) == 4


def test_whoever_may_read_may_not_give():
    api, card, account = Api(key("gift_cards:read", "store_credit:read")), a_card(5).card, an_account(5)

    with nothing_moves():
        told = [
            api.post(CARDS, {"value": 1, "currency_code": "usd"}),
            api.post(f"{CARDS}/{card.public_id}/adjust", {"amount": 1, "reason": "other"}),
            api.post(f"{ACCOUNTS}/{account.public_id}/credit", {"amount": 1, "reason": "other"}),
        ]

    assert [each.status_code for each in told] == [403, 403, 403]
    assert (
        api.get(f"{CARDS}/{card.public_id}").status_code
        == api.get(f"{ACCOUNTS}/{account.public_id}").status_code
        == 200
    )
