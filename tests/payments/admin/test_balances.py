"""Gift cards and store credit in the console."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from oms.web.models import AuditEntry, StaffLimits
from payments.models import GiftCard, StoreCreditAccount
from payments.services import gift_cards
from tests.console import changelist, messages_of, page
from tests.factories import StaffFactory
from tests.paying import usd
from tests.payments.balances import a_card, a_customer, an_account, an_order, entries, pay, worth
from tests.scenarios import STAFF, nothing_moves

pytestmark = pytest.mark.django_db
ISSUE = {"amount": "50", "currency": "usd", "reason": "sale", "recipient": "ada@example.com", "note": "Raffle"}


@pytest.fixture(autouse=True)
def clerk(client):
    clerk = StaffFactory(username="clerk")
    client.force_login(clerk)
    return clerk


def _act(row, act):
    return reverse(f"admin:payments_{row._meta.model_name}_act", args=[row.pk, act])


def test_a_card_is_issued_and_its_code_is_shown_once(client):
    tomorrow = timezone.localdate() + timedelta(days=1)

    made = client.post(
        reverse("admin:payments_giftcard_add"), ISSUE | {"good_until": tomorrow.isoformat()}, follow=True
    )

    card = GiftCard.objects.get()
    shown = next(text for text in messages_of(made) if "<code" in text)
    code = shown.split(">")[1].split("<")[0]
    assert gift_cards.find_by_code(code) == card
    assert (card.currency, card.recipient, card.note) == ("USD", "ada@example.com", "Raffle")
    assert timezone.localdate(card.expires_at) == tomorrow + timedelta(days=1)
    assert code not in client.get(page("payments_giftcard", card.pk)).content.decode()
    assert [row[:2] for row in entries(card)] == [("issued", 50)]
    assert list(AuditEntry.objects.filter(subject=f"giftcard:{card.public_id}").values_list("action", flat=True)) == [
        "added"
    ]


@pytest.mark.parametrize(
    "wrong", [{"amount": "0"}, {"amount": "1.001"}, {"currency": "xxq"}, {"good_until": "2020-01-01"}, {"reason": ""}]
)
def test_a_card_that_cannot_be_is_refused_on_the_same_page(client, wrong):
    with nothing_moves():
        answer = client.post(reverse("admin:payments_giftcard_add"), ISSUE | wrong)

    assert answer.status_code in (200, 302)
    assert not GiftCard.objects.exists()


def test_a_card_is_looked_up_by_its_code_without_the_code_in_an_address(client):
    made, look_up = a_card(), reverse("admin:payments_giftcard_lookup")

    found = client.post(look_up, {"code": made.code.lower()})
    unknown = client.post(look_up, {"code": "0000"}, follow=True)

    assert found["Location"] == page("payments_giftcard", made.card.pk)
    assert messages_of(unknown) == ["No gift card has this code."]


def test_codes_are_tried_as_often_as_one_may_try_to_sign_in(client, settings):
    settings.REDIS_KEY_PREFIX = f"test-{uuid.uuid4().hex}-"  # other tests count in the same cache
    settings.OMS = settings.OMS | {"REQUESTS_PER_MINUTE": settings.OMS["REQUESTS_PER_MINUTE"] | {"logins": 1}}
    made, look_up = a_card(), reverse("admin:payments_giftcard_lookup")
    client.post(look_up, {"code": "0000"})

    refused = client.post(look_up, {"code": made.code}, follow=True)

    assert "More than 1 requests a minute" in messages_of(refused)[-1]


def test_the_buttons_of_a_card_adjust_disable_enable_and_prolong_it(client):
    card = a_card(50).card
    later = timezone.localdate() + timedelta(days=9)

    told = [
        messages_of(client.post(_act(card, act), given, follow=True))
        for act, given in (
            ("adjust", {"amount": "-12.5", "reason": "correction", "note": "typo"}),
            ("adjust", {"amount": "-99", "reason": "correction"}),
            ("adjust", {"amount": "5", "reason": ""}),
            ("disable", {}),
            ("enable", {}),
            ("expiry", {"good_until": later.isoformat()}),
        )
    ]

    card.refresh_from_db()
    assert worth(card) == (37.5, 37.5)
    assert timezone.localdate(card.expires_at) == later + timedelta(days=1)
    assert told == [
        ["The card holds $37.50 now."],
        ["$99.00 cannot be taken: the balance is $37.50."],
        ["Reason: This field is required."],
        ["Nobody can pay with this card any more."],
        ["The card is good again."],
        ["The expiry is changed."],
    ]


def test_the_page_of_a_card_says_which_order_was_paid_with_it(client):
    order_id, made = an_order(50), a_card(50)
    pay(order_id, 50, "gift_card", code=made.code)

    shown = client.get(page("payments_giftcard", made.card.pk)).content.decode()

    assert page("orders_order", order_id) in shown
    assert "-$50.00" in shown


def test_the_page_of_a_card_takes_as_many_queries_for_many_entries_as_for_one(client):
    few, many = a_card(50).card, a_card(50).card
    for _ in range(5):
        gift_cards.adjust_gift_card(card_id=many.pk, amount=usd(1), reason="other", actor=STAFF)
    client.get(page("payments_giftcard", few.pk))

    counts = []
    for card in (few, many):
        with CaptureQueriesContext(connection) as captured:
            client.get(page("payments_giftcard", card.pk))
        counts.append(len(captured))

    assert counts[0] == counts[1]


def test_store_credit_is_given_to_a_customer_by_address_or_id_and_changed(client):
    customer, add = a_customer("Ada@example.com"), reverse("admin:payments_storecreditaccount_add")
    given = {"amount": "20", "currency": "usd", "reason": "goodwill"}

    client.post(add, given | {"customer": "ada@EXAMPLE.com"})
    client.post(add, given | {"customer": customer.public_id})
    account = StoreCreditAccount.objects.get()
    client.post(_act(account, "adjust"), {"amount": "-5", "reason": "correction"})
    with nothing_moves():
        nobody = client.post(add, given | {"customer": "nobody@example.com"})

    assert [row[:2] for row in entries(account)] == [("issued", 20), ("issued", 20), ("adjusted", -5)]
    assert nobody.context["adminform"].form.errors == {"customer": ["There is no customer nobody@example.com."]}
    assert "$35.00" in client.get(page("orders_customer", customer.pk)).content.decode()
    found = client.get(changelist(StoreCreditAccount), {"q": "ada@example.com"}).context["cl"].result_list
    assert list(found) == [account]


def test_what_is_refused_is_shown_again_with_all_that_was_typed(client):
    customer = a_customer()
    typed = {"customer": customer.email, "amount": "20.005", "currency": "eur", "reason": "return", "note": "Late"}

    with nothing_moves():
        refused = client.post(reverse("admin:payments_storecreditaccount_add"), typed)

    form = refused.context["adminform"].form
    assert form.errors == {"amount": ["The amount must be more than nothing, in whole 0.01 EUR."]}
    assert {name: form[name].value() for name in typed} == typed


def test_of_two_customers_with_one_address_the_id_is_asked_for(client):
    a_customer(), a_customer()

    answer = client.post(
        reverse("admin:payments_storecreditaccount_add"),
        {"customer": "ada@example.com", "amount": "1", "currency": "usd", "reason": "goodwill"},
    )

    assert "give the id" in str(answer.context["adminform"].form.errors)


def test_whoever_sees_a_part_of_the_business_sees_and_finds_no_cards(client):
    somebody = StaffFactory(username="somebody", is_superuser=False)
    somebody.user_permissions.set(Permission.objects.filter(content_type__app_label="payments"))
    StaffLimits.objects.create(user=somebody, channel_ids=[])
    made, account = a_card(), an_account()
    client.force_login(somebody)

    assert list(client.get(changelist(GiftCard)).context["cl"].result_list) == []
    assert list(client.get(changelist(StoreCreditAccount)).context["cl"].result_list) == []
    assert client.post(reverse("admin:payments_giftcard_lookup"), {"code": made.code}).status_code == 403
    assert client.get(reverse("admin:payments_giftcard_add")).status_code == 403
    assert client.post(_act(account, "adjust"), {"amount": "1", "reason": "other"}).status_code == 404
