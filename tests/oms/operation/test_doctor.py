"""manage.py doctor names what is wrong and what to do; the rest is said to be well."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection

from oms.core.models import Delivery, OutboxEvent
from oms.operation import doctor, figures
from oms.operation.observing_tasks import BEAT_SEEN
from tests.crash import killing
from tests.scenarios import placed_order, shop

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def well(settings, monkeypatch):
    """An installation in which beat was seen and workers answered, on queues of its own."""
    settings.REDIS_KEY_PREFIX = "test-doctor-"
    monkeypatch.setattr(figures, "_broker", None)
    monkeypatch.setattr(doctor, "_workers", lambda: iter(()))
    monkeypatch.setattr(
        doctor, "_CHECKS", tuple(each for each in doctor._CHECKS if each.__name__ not in ("_workers", "_disk"))
    )
    cache.set(BEAT_SEEN, time.time(), 60)
    yield
    cache.delete(BEAT_SEEN)


def _unwell() -> dict[str, str]:
    return {each.name: each.state.value for each in doctor.examine() if each.state is not doctor.State.OK}


def _run(*arguments: str) -> tuple[int, str]:
    out = io.StringIO()
    try:
        call_command("doctor", *arguments, stdout=out)
    except SystemExit as ended:
        return int(ended.code or 0), out.getvalue()
    return 0, out.getvalue()


def test_a_house_that_is_well_is_said_to_be():
    shop({"W1": {"LAMP": 5}})

    code, said = _run()

    assert (code, _unwell()) == (0, {})
    assert "ok    stock: 1 items proven" in said
    assert [line for line in said.splitlines() if not line.startswith("ok ")] == []


def test_a_counter_that_moved_by_itself_is_found_and_the_exit_code_tells():
    house = shop({"W1": {"LAMP": 5}})
    with connection.cursor() as cursor:
        cursor.execute("UPDATE inventory_inventorylevel SET on_hand = 4 WHERE id = %s", [house.level("LAMP").pk])

    code, said = _run("--json")

    found = json.loads(said)
    assert (code, found["well"]) == (1, False)
    assert [each for each in found["findings"] if each["state"] != "ok"] == [
        {
            "name": "stock",
            "state": "failed",
            "found": "LAMP",
            "advice": "Run manage.py verify_stock, which names every difference.",
        }
    ]


def test_events_that_wait_and_dead_letters_are_found():
    order = placed_order(shop({"W1": {"LAMP": 1}}), {"LAMP": 1})
    event = OutboxEvent.objects.get(stream=order.pk, sequence=1)
    Delivery.objects.create(event=event, subscriber="shop", stream=order.pk, sequence=1, state="dead")
    OutboxEvent.objects.update(occurred_at=datetime.now(UTC) - timedelta(seconds=400))

    assert _unwell() == {"outbox": "failed", "dead letters": "warning"}


def test_a_silent_beat_and_an_index_that_is_not_valid_are_found():
    cache.set(BEAT_SEEN, time.time() - 61, 60)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'order_by_email'::regclass")

    assert _unwell() == {"indexes": "failed", "beat": "failed"}


def test_a_clock_that_is_not_the_databases_is_found():
    with time_machine.travel(datetime.now(UTC) + timedelta(seconds=30), tick=True):
        found = _unwell()

    assert found["clock"] == "failed"


def test_a_migration_that_was_not_run_hides_what_needs_it_and_a_broker_that_is_away_does_not(settings):
    settings.REDIS_URL = "redis://:hunter2@127.0.0.1:1/0"
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'orders'")

    code, said = _run()

    assert code == 1
    assert {name: state for name, state in _unwell().items() if name in ("migrations", "broker")} == {
        "migrations": "failed",
        "broker": "failed",
    }
    assert "hunter2" not in said


def _elsewhere(**changed: str) -> tuple[int, dict[str, str], str]:
    """The doctor in a process of its own: exit code, what failed with its advice, and all that was said."""
    done = subprocess.run(
        [sys.executable, "manage.py", "doctor", "--json"],
        cwd=killing.ROOT,
        env=killing.environment() | {"REDIS_KEY_PREFIX": "test-doctor-"} | changed,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    found = json.loads(done.stdout)["findings"] if done.stdout else []
    failed = {each["name"]: each["advice"] for each in found if each["state"] == "failed"}
    return done.returncode, failed, done.stdout + done.stderr


def test_where_no_broker_answers_every_check_is_made_all_the_same():
    code, failed, said = _elsewhere(REDIS_URL="redis://:hunter2@127.0.0.1:1/0")

    assert (code, failed) == (1, dict.fromkeys(("broker", "workers", "beat"), "Is the broker up? See REDIS_URL."))
    assert "hunter2" not in said


def test_a_setting_that_is_not_understood_is_said_in_one_sentence():
    code, _, said = _elsewhere(OMS_KEEP_EVENTS_DAYS="-3")

    assert (code, said) == (1, "OMS_KEEP_EVENTS_DAYS is '-3'; it must be a whole number from 0 to 36500.\n")


def test_an_empty_database_wants_its_migrations():
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE django_migrations RENAME TO elsewhere")
        cursor.execute("SAVEPOINT before")  # the test's own transaction goes on after what fails
    try:
        missing = figures.migrations_missing()
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ROLLBACK TO SAVEPOINT before")

    assert "orders.0001_order_numbers" in missing
