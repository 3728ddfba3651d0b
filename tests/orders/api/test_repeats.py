"""Idempotency-Key over HTTP: the same request twice is done once and answered alike."""

from __future__ import annotations

import threading

import pytest
from django.db import connection

from inventory.services import reservations
from oms.core.models import IdempotencyKey
from orders.models import Order
from tests.api import Api, key, order_body, problem
from tests.scenarios import placed_order, recorded_events, shop


def test_a_repeat_is_answered_byte_for_byte_and_does_nothing(db):
    where, api = shop({"W1": {"LAMP": 5}}), Api()
    body = order_body({"LAMP": 2}, sales_channel=where.channel.code)

    first = api.post("/admin/orders", body, Idempotency_Key="k-1")
    again = api.post("/admin/orders", body, Idempotency_Key="k-1")

    assert (first.status_code, "Idempotent-Replayed" in first) == (200, False)
    assert (again.status_code, again["Idempotent-Replayed"]) == (200, "true")
    assert again.content == first.content
    assert (again["ETag"], again["Content-Type"]) == (first["ETag"], first["Content-Type"])
    assert (Order.objects.count(), where.sra("LAMP"), recorded_events()) == (1, (5, 2, 3), ["order.placed"])


def test_without_a_key_twice_is_twice(db):
    where, api = shop({"W1": {"LAMP": 5}}), Api()
    body = order_body({"LAMP": 2}, sales_channel=where.channel.code)

    for _ in range(2):
        api.post("/admin/orders", body)

    assert (Order.objects.count(), where.sra("LAMP")) == (2, (5, 4, 1))


def test_a_key_cannot_be_used_for_something_else(db):
    where, api = shop({"W1": {"LAMP": 5}}), Api()
    body = order_body({"LAMP": 1}, sales_channel=where.channel.code)
    order = api.post("/admin/orders", body, Idempotency_Key="k-1").json()["order"]

    other_body = api.post("/admin/orders", body | {"tags": ["x"]}, Idempotency_Key="k-1")
    other_path = api.post(f"/admin/orders/{order['id']}/cancel", Idempotency_Key="k-1")
    other_caller = Api(key()).post("/admin/orders", body, Idempotency_Key="k-1")

    assert problem(other_body) == (422, "conflict", "idempotency_key_reused")
    assert problem(other_path) == (422, "conflict", "idempotency_key_reused")
    assert other_caller.status_code == 200
    assert other_caller.json()["order"]["id"] != order["id"]


def test_a_refusal_is_not_kept(db):
    where, api = shop({"W1": {"LAMP": 1}}), Api()
    body = order_body({"LAMP": 2}, sales_channel=where.channel.code)

    refused = api.post("/admin/orders", body, Idempotency_Key="k-1")
    kept = IdempotencyKey.objects.count()
    where.items["LAMP"].__class__.objects.update(allow_backorder=True)
    placed = api.post("/admin/orders", body, Idempotency_Key="k-1")

    assert problem(refused) == (400, "invalid_data", "insufficient_stock")
    assert kept == 0
    assert (placed.status_code, "Idempotent-Replayed" in placed) == (200, False)


def test_an_act_that_would_be_refused_the_second_time_is_replayed_instead(db):
    order, api = placed_order(shop({"W1": {"LAMP": 5}}), {"LAMP": 1}), Api()
    here = f"/admin/orders/{order.public_id}/cancel"

    first = api.post(here, {"reason": "customer"}, Idempotency_Key="k-1", If_Match='"1"')
    again = api.post(here, {"reason": "customer"}, Idempotency_Key="k-1", If_Match='"1"')

    assert (first["ETag"], again["ETag"]) == ('"2"', '"2"')
    assert again.content == first.content
    assert recorded_events() == ["order.placed", "order.canceled"]


@pytest.mark.parametrize("text", ["x" * 256, "", "ümlaut"])
def test_a_key_that_is_none_is_refused(db, text):
    where, api = shop({"W1": {"LAMP": 5}}), Api()

    refused = api.post("/admin/orders", order_body({"LAMP": 1}, sales_channel=where.channel.code), Idempotency_Key=text)

    assert problem(refused) == (400, "invalid_data", "malformed_idempotency_key")
    assert Order.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_the_same_key_at_the_same_moment_is_told_to_wait_and_then_replayed(monkeypatch):
    where, secret = shop({"W1": {"LAMP": 5}}), key()
    body = order_body({"LAMP": 2}, sales_channel=where.channel.code)
    inside, go_on, answers = threading.Event(), threading.Event(), []
    reserve = reservations.reserve

    def slowly(*args, **kwargs):
        inside.set()
        go_on.wait(10)
        return reserve(*args, **kwargs)

    def ask():
        try:
            answers.append(Api(secret).post("/admin/orders", body, Idempotency_Key="k-1"))
        finally:
            connection.close()

    monkeypatch.setattr(reservations, "reserve", slowly)
    first = threading.Thread(target=ask)
    first.start()
    inside.wait(10)
    meanwhile = Api(secret).post("/admin/orders", body, Idempotency_Key="k-1")
    go_on.set()
    first.join()
    afterwards = Api(secret).post("/admin/orders", body, Idempotency_Key="k-1")

    assert problem(meanwhile) == (409, "conflict", "idempotency_key_in_use")
    assert (answers[0].status_code, afterwards.status_code) == (200, 200)
    assert (afterwards.content, afterwards["Idempotent-Replayed"]) == (answers[0].content, "true")
    assert (Order.objects.count(), where.sra("LAMP")) == (1, (5, 2, 3))
