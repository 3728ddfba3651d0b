from __future__ import annotations

import threading

import pytest
from django.db import connection

from oms.core import idempotency, ids
from oms.core.errors import IdempotencyKeyInUse, IdempotencyKeyReused
from oms.core.idempotency import KeptAnswer, MalformedIdempotencyKey
from oms.core.models import IdempotencyKey
from oms.core.transactions import atomic

ANSWER = KeptAnswer(200, {"Content-Type": "application/json", "ETag": '"1"'}, b'{"a":\x00\xff1}')


def _key(text="k", scope="api_key:1", body=b"body"):
    return idempotency.key_for(scope, text, b"POST", b"/admin/orders", body)


def test_an_answer_is_kept_byte_for_byte(db):
    with atomic():
        before = idempotency.recall(_key())
        idempotency.keep(_key(), ANSWER)

    with atomic():
        after = idempotency.recall(_key())

    assert (before, after) == (None, ANSWER)


def test_what_is_intended_is_kept_in_the_place_of_an_answer(db):
    intents = [ids.new_id(), ids.new_id()]
    with atomic():
        idempotency.recall(_key())
        idempotency.keep_intents(_key(), intents)

    with atomic():
        kept = idempotency.recall(_key())

    assert (kept.intents, ANSWER.intents) == (intents, None)


def test_a_key_belongs_to_its_caller_and_to_what_was_asked(db):
    with atomic():
        idempotency.recall(_key())
        idempotency.keep(_key(), ANSWER)

    with atomic():
        of_another_caller = idempotency.recall(_key(scope="api_key:2"))
    with pytest.raises(IdempotencyKeyReused), atomic():
        idempotency.recall(_key(body=b"other"))

    assert of_another_caller is None


def test_the_parts_of_a_request_cannot_be_shifted_against_each_other():
    assert (
        idempotency.key_for("s", "k", b"POST", b"/ab").fingerprint
        != idempotency.key_for("s", "k", b"POST/", b"ab").fingerprint
    )


@pytest.mark.parametrize("text", ["", "x" * 256, "naïve", "two\nlines", "nul\x00"])
def test_a_key_is_short_and_printable(text):
    with pytest.raises(MalformedIdempotencyKey):
        _key(text)


def test_the_longest_key_is_kept(db):
    with atomic():
        idempotency.recall(_key("x" * 255))
        idempotency.keep(_key("x" * 255), ANSWER)

    assert IdempotencyKey.objects.get().key == "x" * 255


def test_what_fails_keeps_nothing(db):
    @atomic()
    def fail():
        idempotency.recall(_key())
        idempotency.keep(_key(), ANSWER)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()

    assert IdempotencyKey.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_of_two_at_once_the_second_is_told_to_wait_and_a_key_is_free_again_after_a_crash():
    taken, go_on = threading.Event(), threading.Event()

    def crash_holding_the_key():
        try:
            with atomic():
                idempotency.recall(_key())
                taken.set()
                go_on.wait(10)
                connection.connection.close()  # as when the process dies
        except Exception:  # noqa: S110  (the crash itself)
            pass

    other = threading.Thread(target=crash_holding_the_key)
    other.start()
    taken.wait(10)

    with pytest.raises(IdempotencyKeyInUse), atomic():
        idempotency.recall(_key())
    go_on.set()
    other.join()
    with atomic():
        free = idempotency.recall(_key())

    assert free is None


@pytest.mark.django_db(transaction=True)
def test_a_key_held_over_several_transactions_keeps_others_out():
    refused = []

    def ask():
        try:
            with atomic():
                idempotency.recall(_key())
        except IdempotencyKeyInUse as refusal:
            refused.append(refusal)
        finally:
            connection.close()

    with idempotency.held(_key()) as kept:
        other = threading.Thread(target=ask)
        other.start()
        other.join()
    with atomic():
        afterwards = idempotency.recall(_key())

    assert (kept, len(refused), afterwards) == (None, 1, None)
