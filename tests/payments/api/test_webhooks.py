"""Payment providers tell by webhook: what they signed is stored and answered at once, everything else is refused."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from django.test import Client

from oms.core.ids import new_id
from payments.api.webhooks import MOST_BYTES
from payments.models import Payment, ProviderEvent, ProviderWebhook
from payments.services import webhooks
from tests.api import problem
from tests.paying import amounts, money
from tests.payments.signed import message, said, signed
from tests.payments.signed_payments import authorized, captured, ordered
from tests.scenarios import nothing_moves, recorded_events

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("provider")]
HERE = "/webhooks/payments/signed"


def send(
    body: bytes, path: str = HERE, content_type: str = "application/json", address: str = "127.0.0.1", **headers: str
) -> Any:
    """Without a login, a cookie or a token against forgery."""
    signature = headers or signed(body)
    return Client(enforce_csrf_checks=True, REMOTE_ADDR=address).post(
        path, body, content_type=content_type, headers=signature
    )


def stored() -> list[tuple[str, str, int]]:
    return [(row.event_id, row.problem, row.times_received) for row in ProviderWebhook.objects.order_by("pk")]


def work() -> list[ProviderWebhook]:
    """What workers do with all that waits."""
    waiting = ProviderWebhook.objects.filter(next_try_at__isnull=False).order_by("pk")
    return [webhooks.process(pk) for pk in waiting.values_list("pk", flat=True)]


def test_a_signed_webhook_is_stored_and_answered_and_then_a_worker_applies_it():
    payment = authorized(order := ordered())
    body = message("evt_1", said("capture", payment.reference, 60, movement="cap_1"))

    answer = send(body)
    before = amounts(payment)
    (row,) = work()

    assert (answer.status_code, answer.json()) == (200, {"received": True})
    assert before == (100, 0, 0)
    assert amounts(payment) == (100, 60, 0)
    assert money(order) == ("partially_captured", 100, 60, 0, 40)
    assert (row.kind, row.body, row.problem, row.next_try_at) == ("payment.updated", body.decode(), "", None)
    assert ProviderEvent.objects.get(act="capture").webhook_id == row.pk


def test_a_webhook_that_comes_three_times_is_one_and_is_learned_once():
    payment = authorized(order := ordered())
    body = message("evt_1", said("capture", payment.reference, movement="cap_1"))

    answers = [send(body).status_code for _ in range(3)]
    work()
    send(body)
    again = work()

    assert (answers, again) == ([200, 200, 200], [])
    assert stored() == [("evt_1", "", 4)]
    assert money(order) == ("captured", 100, 100, 0, 0)
    assert recorded_events().count("order.payment_captured") == 1


def test_a_repeat_that_counts_its_tries_is_the_same_and_one_that_says_something_else_is_kept_but_not_applied():
    payment = authorized(order := ordered())
    capture = said("capture", payment.reference, 60, movement="cap_1")
    first, counted = message("evt_1", capture), message("evt_1", capture, tries=2)
    other = message("evt_1", capture | {"amount": 90})

    send(first)
    send(counted)
    same = stored()
    send(other)
    work()

    (row,) = ProviderWebhook.objects.all()
    assert same == [("evt_1", "", 2)]
    assert stored() == [("evt_1", "differs", 3)]
    assert (row.body, row.other_body) == (first.decode(), other.decode())
    assert row.processed_at is not None
    assert money(order) == ("partially_captured", 100, 60, 0, 40)


def test_what_is_not_signed_or_not_readable_is_refused_and_nothing_is_stored(caplog):
    payment = captured(ordered())
    body = message("evt_1", said("refund", payment.reference, 5, movement="SECRET-WORD"))
    old = int(time.time()) - 3600
    hostile = {
        "no signature": (body, {"x-other": "1"}),
        "another's signature": (body, {"x-signature": f"{int(time.time())}.{'0' * 64}"}),
        "of another body": (body, signed(b"{}")),
        "too old": (body, signed(body, at=old)),
        "an odd signature": (body, {"x-signature": "é.é"}),
        "no JSON": (b"SECRET-WORD", None),
        "nothing": (b"", None),
        "another shape": (b'{"id": 1}', None),
        "not UTF-8": (b'{"id": "\xff", "kind": "", "facts": []}', None),
        "a NUL": (b"\x00" + body, None),
        "a NUL in an id": (message("evt\x00", said("refund", payment.reference, 5)), None),
        "a NUL within": (message("evt_1", said("refund", payment.reference, 5, movement="a\x00")), None),
        "half a letter in an id": (message("evt\ud83d", said("refund", payment.reference, 5)), None),
        "half a letter within": (message("evt_1", said("refund", payment.reference, 5, movement="a\ude00")), None),
        "no id": (message("", said("refund", payment.reference, 5)), None),
        "a long id": (message("e" * 191), None),
        "an unknown act": (message("evt_1", said("give", payment.reference, 5)), None),
        "no number": (message("evt_1", said("refund", payment.reference, "much")), None),
        "deep": (b"[" * 100_000, None),
    }

    with nothing_moves():
        told = {name: problem(send(sent, **(headers or signed(sent)))) for name, (sent, headers) in hostile.items()}

    assert told == dict.fromkeys(hostile, (400, "invalid_data", "bad_webhook"))
    assert "SECRET-WORD" not in caplog.text


def test_what_is_signed_and_cannot_be_is_recorded_with_its_problem_and_moves_nothing():
    payment = captured(order := ordered())
    wrong = {
        "currency": said("refund", payment.reference, 5, currency="EUR", movement="r1"),
        "negative": said("refund", payment.reference, -5, movement="r2"),
        "nothing": said("refund", payment.reference, 0, movement="r3"),
        "huge": said("refund", payment.reference, "1e30", movement="r4"),
        "not a number": said("refund", payment.reference, "NaN", movement="r5"),
        "half a cent": said("refund", payment.reference, "0.005", movement="r6"),
        "contradiction": said("capture", payment.reference, 99, movement=payment.attempts.get(act="capture").movement),
    }
    before = amounts(payment), money(order), recorded_events()

    for name, fact in wrong.items():
        assert send(message(name, fact)).status_code == 200
    work()
    for name, fact in wrong.items():  # told again in another message: shown once
        send(message(f"{name} again", fact))
    work()

    assert (amounts(payment), money(order), recorded_events()) == before
    problems = ProviderEvent.objects.exclude(problem="").values_list("movement", "problem")
    told = {fact["movement"]: "amount" for fact in wrong.values()} | {"r1": "currency"}
    assert dict(problems) == told | {wrong["contradiction"]["movement"]: "conflict"}
    assert problems.count() == len(wrong)


def test_a_repeat_that_says_something_else_while_the_first_fails_is_not_forgotten(monkeypatch):
    payment = captured(ordered())
    first, other = (message("evt_1", said("refund", payment.reference, amount, movement="r")) for amount in (5, 6))

    def learn(*_: object, **__: object) -> None:
        send(other, **signed(other))
        raise RuntimeError

    send(first, **signed(first))
    monkeypatch.setattr(webhooks.facts, "learn", learn)
    webhooks.process(ProviderWebhook.objects.get().pk)

    row = ProviderWebhook.objects.get()
    assert (row.problem, row.other_body, row.processed_at) == ("differs", other.decode(), None)


def test_a_currency_that_does_not_exist_makes_a_dead_letter_that_says_so(monkeypatch):
    monkeypatch.setattr(webhooks, "MOST_TRIES", 2)
    payment = captured(ordered())
    send(message("evt_1", said("refund", payment.reference, 5, currency="XYZ!")))

    first, second = work(), work()

    assert [(row.problem, row.next_try_at is None, row.error) for row in (*first, *second)] == [
        ("", False, "XYZ! is not an ISO 4217 currency code."),
        ("failed", True, "XYZ! is not an ISO 4217 currency code."),
    ]
    assert work() == []


def test_a_body_that_is_too_large_is_refused_before_it_is_read():
    body = message("evt_1", padding="x" * MOST_BYTES)

    answer = send(body)

    assert problem(answer) == (413, "too_large", "webhook_too_large")
    assert answer.json()["detail"] == "A webhook may have 1048576 bytes at most."
    assert stored() == []


def test_the_content_type_does_not_matter_for_the_signature_is_over_the_bytes():
    body = message("evt_1")

    answers = [send(body, content_type=kind).status_code for kind in ("text/plain", "multipart/form-data", "x")]

    assert answers == [200, 200, 200]
    assert stored() == [("evt_1", "", 3)]


@pytest.mark.parametrize("code", ["nobody", "manual", "é", "x" * 300])
def test_who_is_no_provider_or_sends_no_webhooks_has_no_address(code):
    answer = send(b"{}", path=f"/webhooks/payments/{code}")

    assert problem(answer) == (404, "not_found", "not_found")


def test_only_posts_are_taken():
    assert problem(Client().get(HERE)) == (405, "method_not_allowed", "method_not_allowed")


def test_webhooks_have_a_rate_of_their_own(settings):
    settings.OMS = settings.OMS | {"REQUESTS_PER_MINUTE": {"webhooks": 2}}
    body, address = message("evt_1"), f"test-{new_id().hex}"

    answers = [send(body, address=address) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[0]["RateLimit-Policy"] == '"webhooks";q=2;w=60'


def test_no_credentials_are_kept_of_the_headers():
    body = message("evt_1")

    send(body, **signed(body), authorization="Bearer SECRET", cookie="a=SECRET")

    assert "SECRET" not in json.dumps(ProviderWebhook.objects.get().headers)


def test_a_webhook_about_a_payment_that_nobody_knows_is_recorded_and_shown_and_nothing_moves():
    send(message("evt_1", said("capture", "pay_nobody", movement="cap_1")))

    work()

    (row,) = ProviderWebhook.objects.all()
    assert (row.problem, row.next_try_at is None) == ("unknown_reference", False)
    assert ProviderEvent.objects.get().reference == "pay_nobody"
    assert Payment.objects.count() == 0
