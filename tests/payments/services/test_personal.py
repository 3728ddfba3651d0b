"""What webhooks say of a person is handed out with the rest, and erased with it."""

from __future__ import annotations

import pytest
from django.utils import timezone

from oms.core.ids import new_id
from oms.core.personal import ERASED, Person
from payments.models import PaymentSession, ProviderEvent, ProviderWebhook
from payments.services import webhooks
from payments.services.personal import PaymentKeeper
from tests.payments.money import authorized, money, ordered
from tests.payments.signed import message, said
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
        "waiting": webhook("waiting", message("waiting", who="jane@example.com"), processed=False),
        "other": webhook("other", message("other", said("capture", other.reference, movement="c"))),
    }
    person = Person(customer_id=new_id(), order_ids=[order], order_names=[], known_as=None, words=["jane@example.com"])

    told = PaymentKeeper().export(person)["payment_webhooks"]
    erased, again = PaymentKeeper().erase(person), PaymentKeeper().erase(person)

    assert [each["body"] for each in told] == [rows[name].body for name in ("mine", "named", "waiting")]
    assert (erased["payment_webhooks"], again["payment_webhooks"]) == (2, 0)
    kept = dict(ProviderWebhook.objects.values_list("event_id", "body"))
    assert kept == {"mine": ERASED, "named": ERASED, "waiting": rows["waiting"].body, "other": rows["other"].body}
    assert money(order)[2] == 60
    assert ProviderEvent.objects.filter(reference=mine.reference, act="capture").exists()
    assert PaymentSession.objects.count() == 2
