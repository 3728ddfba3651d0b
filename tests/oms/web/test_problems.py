"""Refusals have one form, whoever makes them."""

from __future__ import annotations

import pytest
from django.db import OperationalError, connection, transaction
from django.test import Client, override_settings

from orders.api import base
from tests.api import Api, problem
from tests.scenarios import placed_order, shop


def test_a_method_that_a_route_does_not_have(db):
    refused = Api().delete("/admin/orders")

    assert problem(refused) == (405, "method_not_allowed", "method_not_allowed")
    assert refused["Allow"]


def test_an_address_where_nothing_is(db):
    assert problem(Api().get("/admin/nothing-here")) == (404, "not_found", "not_found")


def test_a_body_that_does_not_call_itself_json(db):
    api = Api()

    refused = api.client.post("/admin/orders", {"a": "b"}, headers=api.headers)

    assert problem(refused) == (415, "unsupported_media_type", "unsupported_media_type")


@override_settings(DATA_UPLOAD_MAX_MEMORY_SIZE=100)
def test_a_body_that_is_too_large(db):
    refused = Api().post("/admin/orders", b'{"a": "' + b"x" * 200 + b'"}')

    assert problem(refused) == (413, "too_large", "too_large")


def test_what_nobody_expected_tells_nothing_of_our_insides(db, monkeypatch):
    order, api = placed_order(shop({"W1": {"LAMP": 1}}), {"LAMP": 1}), Api()
    api.client.raise_request_exception = False

    def fail(*args, **kwargs):
        raise ZeroDivisionError("secret insides")

    monkeypatch.setattr(base.answers, "order_in_full", fail)
    refused = api.get(f"/admin/orders/{order.public_id}")

    assert problem(refused) == (500, "unknown_error", "unknown_error")
    assert b"secret" not in refused.content
    assert b"ZeroDivision" not in refused.content


def test_a_database_that_is_away_is_told_as_such(db, monkeypatch):
    order, api = placed_order(shop({"W1": {"LAMP": 1}}), {"LAMP": 1}), Api()
    api.client.raise_request_exception = False

    def fail(*args, **kwargs):
        raise OperationalError("server closed the connection")

    monkeypatch.setattr(base.answers, "order_in_full", fail)
    refused = api.get(f"/admin/orders/{order.public_id}")

    assert problem(refused) == (503, "unavailable", "unavailable")
    assert refused["Retry-After"] == "1"
    assert b"server closed" not in refused.content


def test_a_value_that_only_the_database_refuses_is_a_refusal_without_the_value(db, monkeypatch):
    order, api = placed_order(shop({"W1": {"LAMP": 1}}), {"LAMP": 1}), Api()

    def overflow(*args, **kwargs):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT 9999999999::int")

    monkeypatch.setattr(base.answers, "order_in_full", overflow)
    refused = api.get(f"/admin/orders/{order.public_id}")

    assert problem(refused) == (400, "invalid_data", "not_storable")
    assert b"9999999999" not in refused.content


@pytest.mark.parametrize(
    ("sent", "kept"),
    [("abc-123", True), ("a" * 129, False), ("two\nlines", False), ("", False), ("<script>", False)],
)
def test_a_request_keeps_the_name_its_caller_gave_it_when_that_is_sane(db, sent, kept):
    refused = Client().get("/admin/orders", headers={"X-Request-Id": sent})

    assert (refused["X-Request-Id"] == sent) is kept
    assert refused.json()["request_id"] == refused["X-Request-Id"] != ""


def test_a_browser_that_asks_for_a_page_gets_json(db):
    answer = Api().get("/admin/orders", Accept="text/html")

    assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")
