"""A line of the log and the answer to its request find together."""

from __future__ import annotations

import io
import logging

import pytest
import structlog

from oms.web.logs import RequestIdFilter
from orders.api import base
from tests.api import Api
from tests.scenarios import placed_order, shop


@pytest.fixture
def lines():
    """What is written to the log, as it stands there."""
    (console,) = [
        handler
        for handler in logging.getLogger().handlers
        if any(isinstance(each, RequestIdFilter) for each in handler.filters)
    ]
    written = io.StringIO()
    before = console.setStream(written)
    yield lambda: written.getvalue().splitlines()
    console.setStream(before)


def test_the_log_line_of_a_failure_carries_the_id_of_its_answer(db, monkeypatch, lines):
    order, api = placed_order(shop({"W1": {"LAMP": 1}}), {"LAMP": 1}), Api()
    api.client.raise_request_exception = False

    def fail(*args, **kwargs):
        raise ZeroDivisionError("secret insides")

    monkeypatch.setattr(base.answers, "order_in_full", fail)
    refused = api.get(f"/admin/orders/{order.public_id}")

    told = [line for line in lines() if f"GET /admin/orders/{order.public_id} failed" in line]
    assert len(told) == 1
    assert f"[{refused['X-Request-Id']}]" in told[0]
    assert refused.json()["request_id"] == refused["X-Request-Id"]


def test_a_line_outside_of_a_request_says_so_and_structlog_writes_the_same_way(lines):
    structlog.get_logger("oms.anything").warning("outbox.nudge_lost", problem="OSError")

    (line,) = lines()
    assert line.endswith("WARNING oms.anything [-]: event='outbox.nudge_lost' problem='OSError'")
