"""Web, worker and beat as real processes: one request followed through them, and how each of them stops."""

from __future__ import annotations

import json
import signal
import threading

import pytest
import redis
from django.conf import settings
from django.db import connection, transaction

from oms.core.models import Delivery
from oms.operation.observing_tasks import BEAT_SEEN
from orders.models import Order
from tests.api import key, order_body
from tests.oms.operation.processes import processes, wait_until
from tests.oms.operation.test_metrics import samples
from tests.scenarios import place, placed_order, shop

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


def _entries(text: str) -> list[dict]:
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


def test_a_request_is_followed_into_the_worker_and_what_is_in_flight_ends_before_they_stop(tmp_path):
    here, secret = shop({"W1": {"LAMP": 9}}), key()
    order = placed_order(here, {"LAMP": 1})
    headers = {"Authorization": f"Bearer {secret}", "X-Request-Id": "till-7"}
    answers = []
    with processes(tmp_path) as running:
        web, client = running.start_web()
        worker = running.start_worker("--concurrency", "1")
        placed = client.post(
            "/admin/orders", json=order_body({"LAMP": 1}, sales_channel=here.channel.code), headers=headers
        )

        def followed() -> list[dict]:
            return [line for line in _entries(running.output("worker")) if line.get("request_id") == "till-7"]

        wait_until(followed)
        refused = client.post(f"/admin/orders/{order.public_id}/cancel", json={"reason": "?"}, headers=headers)
        told = samples(client.get("/metrics").text)
        with transaction.atomic():
            Order.objects.select_for_update().get(pk=order.pk)
            asking = threading.Thread(
                target=lambda: answers.append(
                    client.post(f"/admin/orders/{order.public_id}/cancel", json={}, headers=headers)
                )
            )
            asking.start()
            wait_until(_somebody_waits)
            web.send_signal(signal.SIGTERM)
            wait_until(lambda: "Handling signal: term" in running.output("web"))
        asking.join()
        worker.send_signal(signal.SIGTERM)

        assert (web.wait(20), worker.wait(20)) == (0, 0)

    assert (placed.status_code, placed.headers["X-Request-Id"]) == (200, "till-7")
    assert refused.json()["request_id"] == "till-7"
    (line,) = [line for line in followed() if line["event"] == "task" and line["task"] == "oms.relay.sweep"][:1]
    assert (line["outcome"], line["logger"], line["duration_ms"] > 0) == ("success", "oms.tasks", True)
    assert told["oms_tasks_total", "success", "oms.relay.sweep"] >= 1  # counted by the worker, told by the web
    assert told["oms_orders_placed_total", here.channel.code] == 1
    assert [answer.status_code for answer in answers] == [200]
    order.refresh_from_db()
    assert order.status == "canceled"


def _somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE NOT granted AND datname = %s)",
            [connection.settings_dict["NAME"]],
        )
        return bool(cursor.fetchone()[0])


def test_a_delivery_that_runs_is_finished_before_the_worker_stops_and_beat_leaves_word_that_it_lives(tmp_path):
    here = shop({"W1": {"LAMP": 9}})
    listening = {
        "OMS_EXTRA_APPS": "tests.apps.listening",
        "LISTENING_FILE": str(tmp_path / "heard"),
        "LISTENING_SECONDS": "1.5",
    }
    with processes(tmp_path, **listening) as running:
        worker = running.start_worker("--concurrency", "1")
        beat = running.start("beat", "celery", "-A", "oms", "beat", "--pidfile=")
        wait_until(lambda: " ready." in running.output("worker"))
        place(here, {"LAMP": 1})
        wait_until(lambda: Delivery.objects.filter(attempts=1).exists())
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(20) == 0
        broker = redis.Redis.from_url(settings.REDIS_URL)
        wait_until(lambda: list(broker.scan_iter(f"{running.prefix}*{BEAT_SEEN}")))
        beat.send_signal(signal.SIGTERM)
        assert beat.wait(20) == 0

    begun = Delivery.objects.filter(attempts__gt=0)
    assert set(begun.values_list("state", flat=True)) == {"delivered"}
