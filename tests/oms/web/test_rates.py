"""How much a caller may ask in a while: told with every answer, counted over processes, and never in the way of orders
when there is nothing to count with."""

from __future__ import annotations

import logging
import uuid

import pytest
from django.test import Client

from oms.web import rates
from tests.api import Api, key, problem

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_counters(settings):
    """Other tests count in the same cache."""
    settings.REDIS_KEY_PREFIX = f"test-{uuid.uuid4().hex}-"


def _limited(settings, **most):
    settings.OMS = settings.OMS | {"REQUESTS_PER_MINUTE": most}


def _left(answer):
    return answer["RateLimit"].partition(";t=")[0]


def test_without_a_limit_nothing_is_counted_or_told(settings):
    _limited(settings, reads=0)

    assert "RateLimit" not in Api().get("/admin/orders")


def test_every_answer_tells_what_is_left(settings):
    _limited(settings, reads=3, writes=2)
    api = Api()

    read, refused, wrote = api.get("/admin/orders"), api.get("/admin/orders/x"), api.post("/admin/customers", {})

    assert (read["RateLimit-Policy"], _left(read)) == ('"reads";q=3;w=60', '"reads";r=2')
    assert (refused.status_code, _left(refused)) == (404, '"reads";r=1')
    assert (wrote["RateLimit-Policy"], _left(wrote)) == ('"writes";q=2;w=60', '"writes";r=1')


def test_one_too_many_is_refused_with_the_time_to_wait(settings):
    _limited(settings, writes=2)
    api = Api()

    answers = [api.post("/admin/customers", {"first_name": str(number)}) for number in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert problem(answers[2])[1:] == ("too_many_requests", "too_many_requests")
    assert 28 <= int(answers[2]["Retry-After"]) <= 30
    assert _left(answers[2]) == '"writes";r=0'
    assert api.get("/admin/customers").json()["count"] == 2


def test_what_was_spent_comes_back_evenly(settings):
    _limited(settings, reads=60_000)
    who = "somebody"

    spent = [rates.spend("reads", who) for _ in range(100)]

    assert all(each is not None and each.wait == 0 for each in spent)
    assert spent[0].left == 59_999
    # A request costs a millisecond, and some have passed since the first.
    assert 59_900 <= spent[-1].left <= 59_999


def test_callers_do_not_spend_each_others_allowance(settings):
    _limited(settings, reads=1, strangers=1)
    first, second, stranger = Api(), Api(), Client()

    answers = [who.get("/admin/orders").status_code for who in (first, second, stranger) for _ in range(2)]

    assert answers == [200, 429, 200, 429, 401, 429]


def test_who_guesses_keys_is_counted_by_address(settings):
    _limited(settings, strangers=2)

    answers = [Api(f"sk_{number}").get("/admin/orders").status_code for number in range(3)]
    elsewhere = Client(REMOTE_ADDR="192.0.2.7").get("/admin/orders").status_code
    known = Api(key()).get("/admin/orders").status_code

    assert (answers, elsewhere, known) == ([401, 401, 429], 401, 200)


def test_logins_are_counted_by_the_address_that_the_trusted_proxy_saw(settings):
    _limited(settings, logins=1)
    body = {"email": "ada@example.com", "password": "wrong"}

    def asked(forwarded):
        headers = {"X-Forwarded-For": forwarded}
        return Client().post("/auth/user/emailpass", body, "application/json", headers=headers).status_code

    forged = [asked("192.0.2.1"), asked("192.0.2.2")]
    settings.OMS = settings.OMS | {"TRUSTED_PROXIES": 1}
    behind = [asked("192.0.2.3, 192.0.2.4"), asked("192.0.2.4"), asked("192.0.2.5")]

    assert forged == [401, 429]
    assert behind == [401, 429, 401]


def test_batches_have_an_allowance_of_their_own(settings):
    _limited(settings, writes=1, batches=5)
    api = Api()

    answer = api.post("/admin/orders/batch", {"orders": [{}]})

    assert answer["RateLimit-Policy"] == '"batches";q=5;w=60'


def test_without_the_cache_nobody_is_held_up_and_it_is_logged_once_in_a_while(settings, monkeypatch, caplog):
    _limited(settings, reads=1)
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    nowhere, api = rates._Cache(), Api()
    monkeypatch.setattr(rates, "_cache", lambda: nowhere)

    with caplog.at_level(logging.WARNING, "oms.web.rates"):
        answers = [api.get("/admin/orders") for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert [record.name for record in caplog.records].count("oms.web.rates") == 1
