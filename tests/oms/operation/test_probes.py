"""/healthz and /readyz: what a proxy asks before it sends anybody here."""

from __future__ import annotations

from datetime import timedelta

import pytest
import redis
from django.db import connection
from django.test import Client
from django.utils import timezone

from oms.core.models import Delivery, OutboxEvent
from oms.operation import figures, probes
from tests.scenarios import placed_order, shop

TOKEN = {"Authorization": "Bearer open sesame"}


@pytest.fixture(autouse=True)
def fresh(settings, monkeypatch):
    """No answer of another test is kept, and the queues of the shared broker are not ours."""
    settings.OPERATION_TOKEN = "open sesame"
    settings.REDIS_KEY_PREFIX = "test-probes-"
    monkeypatch.setattr(figures, "_broker", None)
    probes.ready.forget()
    yield
    probes.ready.forget()


def _age_outbox(seconds: int) -> None:
    OutboxEvent.objects.update(occurred_at=timezone.now() - timedelta(seconds=seconds))


def test_a_process_that_lives_says_so_without_asking_the_database(client):
    answer = client.get("/healthz", headers={"host": "10.0.0.7"})  # without the db fixture a query would fail

    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert (answer["Cache-Control"], bool(answer["X-Request-Id"])) == ("no-store", True)


def test_an_installation_that_can_work_is_ready_and_tells_its_figures_to_the_token_alone(
    db, client, django_assert_num_queries
):
    with django_assert_num_queries(4):  # for both: the second is told what the first has found
        plain = client.get("/readyz")
        told = client.get("/readyz", headers=TOKEN).json()

    assert (plain.status_code, plain.json()) == (200, {"status": "ok"})
    assert client.get("/readyz", headers={"Authorization": "Bearer guessed"}).json() == {"status": "ok"}
    assert {name: (check["limit"], check["ok"]) for name, check in told["checks"].items()} == {
        "database_seconds": (0, True),
        "migrations_missing": (0, True),
        "outbox_seconds": (300, True),
        "delivery_seconds": (900, True),
        "broker_seconds": (0, True),
        "job_seconds": (900, True),
    }


def test_news_that_nobody_has_relayed_for_too_long_is_named(db, client):
    placed_order(shop({"W1": {"LAMP": 1}}), {"LAMP": 1})
    _age_outbox(301)

    answer = client.get("/readyz", headers=TOKEN)

    assert (answer.status_code, answer.json()["status"], answer.json()["failing"]) == (
        503,
        "failing",
        ["outbox_seconds"],
    )
    assert 301 <= answer.json()["checks"]["outbox_seconds"]["figure"] < 310


def test_a_delivery_that_is_late_is_named_but_what_a_dead_letter_parks_is_not(db, client):
    order = placed_order(shop({"W1": {"LAMP": 1}}), {"LAMP": 1})
    event = OutboxEvent.objects.filter(stream=order.pk).get()
    OutboxEvent.objects.update(relayed_at=timezone.now())
    second = OutboxEvent.objects.create(
        name="order.updated", stream=order.pk, sequence=2, actor={}, data={}, relayed_at=timezone.now()
    )
    long_ago = timezone.now() - timedelta(seconds=901)
    late = Delivery.objects.create(event=event, subscriber="shop", stream=order.pk, sequence=1, due_at=long_ago)
    Delivery.objects.create(event=second, subscriber="shop", stream=order.pk, sequence=2, due_at=long_ago)

    assert client.get("/readyz").json()["failing"] == ["delivery_seconds"]

    Delivery.objects.filter(pk=late.pk).update(state="dead")
    probes.ready.forget()
    assert client.get("/readyz").json() == {"status": "ok"}


def test_a_migration_that_was_not_run_is_named(db, client):
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'orders'")

    assert client.get("/readyz").json()["failing"] == ["migrations_missing"]


def test_a_broker_that_does_not_answer_is_named_without_its_address(db, client, settings):
    settings.REDIS_URL = "redis://:hunter2@127.0.0.1:1/0"

    answer = client.get("/readyz", headers=TOKEN)

    assert (answer.status_code, answer.json()["failing"]) == (503, ["broker_seconds"])
    assert "hunter2" not in answer.content.decode()
    assert "127.0.0.1" not in answer.content.decode()


def test_a_task_that_no_worker_takes_is_named(db, client, settings):
    broker = redis.Redis.from_url(settings.REDIS_URL)
    broker.lpush("test-probes-imports", '{"headers": {"published_at": 1}}')
    try:
        answer = client.get("/readyz")
    finally:
        broker.delete("test-probes-imports")

    assert (answer.status_code, answer.json()["failing"]) == (503, ["job_seconds"])


def test_a_limit_of_nothing_is_no_limit(db, client, settings):
    settings.READY_MAX_OUTBOX_SECONDS = 0
    placed_order(shop({"W1": {"LAMP": 1}}), {"LAMP": 1})
    _age_outbox(100_000)

    assert client.get("/readyz").json() == {"status": "ok"}


def test_only_reading_is_answered(db):
    assert Client().post("/healthz").status_code == 404


def test_a_database_that_is_away_is_named_and_asked_nothing_more(client, settings, django_db_blocker, monkeypatch):
    """A connection to a server that is not there, as a fresh process has it."""
    from django.db import connections

    away = connection.copy()
    away.settings_dict = connection.settings_dict | {"HOST": "/nowhere", "NAME": "none"}
    before = connections["default"]
    with django_db_blocker.unblock():
        connections["default"] = away
        try:
            answer = client.get("/readyz", headers=TOKEN)
        finally:
            connections["default"] = before

    assert (answer.status_code, answer.json()["failing"]) == (503, ["database_seconds"])
    assert set(answer.json()["checks"]) == {"database_seconds", "broker_seconds", "job_seconds"}
    assert "nowhere" not in answer.content.decode()
