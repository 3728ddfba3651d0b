"""What webhooks say of a person is handed out with the rest, and erased with it."""

from __future__ import annotations

import json

import pytest
from django.utils import timezone

from oms.core import personal
from oms.core.ids import new_id
from oms.core.personal import ERASED, Person
from payments.models import PaymentSession, ProviderEvent, ProviderWebhook
from payments.providers.base import InboundWebhook
from payments.services import webhooks
from payments.services.personal import PaymentKeeper
from tests.payments.money import authorized, money, ordered
from tests.payments.signed import message, said, signed
from tests.scenarios import shop

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("provider")]


def webhook(name: str, body: bytes, *, processed: bool = True) -> ProviderWebhook:
    row = ProviderWebhook.objects.create(
        provider="signed", event_id=name, body=body.decode(), headers={"x": "y"}, next_try_at=timezone.now()
    )
    return webhooks.process(row.pk) if processed else row


def test_webhooks_of_a_persons_payments_and_those_that_name_them_are_theirs():
    here = shop({"W1": {"LAMP": 50}})
    order = ordered(here)
    mine, other = authorized(order), authorized(ordered(here))
    rows = {
        "mine": webhook("mine", message("mine", said("capture", mine.reference, 60, movement="c"))),
        "named": webhook("named", message("named", who="Jane@Example.com")),
        "other": webhook("other", message("other", said("capture", other.reference, movement="c"))),
    }
    person = Person(customer_id=new_id(), order_ids=[order], order_names=[], known_as=None, words=["jane@example.com"])

    told = PaymentKeeper().export(person)["payment_webhooks"]
    erased, again = PaymentKeeper().erase(person), PaymentKeeper().erase(person)

    assert [each["body"] for each in told] == [rows[name].body for name in ("mine", "named")]
    assert (erased["payment_webhooks"], again["payment_webhooks"]) == (2, 0)
    kept = dict(ProviderWebhook.objects.values_list("event_id", "body"))
    assert kept == {"mine": ERASED, "named": ERASED, "other": rows["other"].body}
    assert money(order)[2] == 60
    assert ProviderEvent.objects.filter(reference=mine.reference, act="capture").exists()
    assert PaymentSession.objects.count() == 2


def test_webhooks_that_are_still_to_be_processed_lose_the_person_and_tell_of_the_money():
    order = ordered()
    payment = authorized(order)
    told = said("capture", payment.reference, 60, movement="c")
    about = {"who": 'Jane "JD" Doe <Jane@Example.com>', "who_else": ["Joe"], "at": 1764412345678}
    waiting = webhook("waiting", message("waiting", told, **about), processed=False)
    broken = webhook("broken", message("broken", said("capture", payment.reference, 9, currency="QQQ"), **about))
    ProviderWebhook.objects.filter(pk=broken.pk).update(next_try_at=None, problem="failed")
    words = personal.words(["jane@example.com", "4412345678"])
    person = Person(customer_id=new_id(), order_ids=[order], order_names=[], known_as=None, words=words)

    erased, again = PaymentKeeper().erase(person), PaymentKeeper().erase(person)
    webhooks.process(waiting.pk)

    assert (broken.processed_at, erased["payment_webhooks"], again["payment_webhooks"]) == (None, 2, 0)
    for row in (waiting, broken):
        was = row.body
        row.refresh_from_db()
        assert row.body == was.replace(json.dumps(about["who"]), f'"{ERASED}"')
    assert money(order)[2] == 60


def test_a_repeat_of_what_was_erased_does_not_bring_the_person_back():
    body = message("mine", who="jane@example.com")
    row = webhook("mine", body)
    person = Person(customer_id=new_id(), order_ids=[], order_names=[], known_as=None, words=["jane@example.com"])
    PaymentKeeper().erase(person)

    webhooks.receive("signed", InboundWebhook(headers=signed(body), body=body))

    row.refresh_from_db()
    assert (row.times_received, row.body, row.other_body, row.problem) == (2, ERASED, "", "")
