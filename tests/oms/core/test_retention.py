"""What is kept for a time goes when the time is over; what still has to be done stays, however old it is."""

from __future__ import annotations

import os
from datetime import timedelta
from io import StringIO

import pytest
from celery import current_app
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db import connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_celery_beat.schedulers import ModelEntry

from channels.models import ImportReject, ImportRun, ImportUpload, OrderSource, SourceFile, SourceRun
from channels.services import private_files
from oms import pruning
from oms.core import ids, outbox, retention
from oms.core.models import Delivery, IdempotencyKey, OutboxEvent
from oms.core.retention import Kept, KeptFiles
from payments.models import ProviderWebhook
from tests.factories import SalesChannelFactory
from tests.oms.core.lamps import OTHER, STREAM, deliver_all, lit

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def private(settings, tmp_path):
    settings.OMS = settings.OMS | {"PRIVATE_FILES": tmp_path / "private"}
    return tmp_path / "private"


def kept(name: str) -> Kept | KeptFiles:
    return next(each for each in retention.declared() if each.name == name)


def prune(*names: str, **how) -> list[int]:
    return [retention.prune(kept(name), **how).count for name in names]


def age(days: float) -> None:
    """Everything in the outbox becomes older, its ids too: references are checked at the end only."""
    with connection.cursor() as cursor:
        for event in OutboxEvent.objects.all():
            moment = event.occurred_at - timedelta(days=days)
            older = ids.first_id(moment).int | (event.pk.int & (1 << 62) - 1)
            cursor.execute("UPDATE core_outboxevent SET id = %s::text::uuid WHERE id = %s", [_hex(older), event.pk])
            cursor.execute(
                "UPDATE core_delivery SET event_id = %s::text::uuid WHERE event_id = %s", [_hex(older), event.pk]
            )
    past = timedelta(days=days)
    OutboxEvent.objects.update(occurred_at=F("occurred_at") - past, relayed_at=F("relayed_at") - past)
    Delivery.objects.update(due_at=F("due_at") - past, delivered_at=F("delivered_at") - past)


def _hex(number: int) -> str:
    return f"{number:032x}"


def left() -> list[tuple[str, str]]:
    rows = Delivery.objects.order_by("event__data__lamp", "subscriber")
    return list(rows.values_list("event__data__lamp", "state"))


def test_deliveries_go_first_and_the_events_later(mail):
    lit("hall", STREAM, 1)
    deliver_all()

    age(29)
    young = prune("deliveries", "events")
    age(2)
    old = prune("deliveries", "events")
    age(60)
    oldest = prune("deliveries", "events")

    assert (young, old, oldest) == ([0, 0], [1, 0], [0, 1])


def test_what_is_not_delivered_or_dead_stays_with_its_event_and_does_not_keep_the_rest(mail, settings):
    settings.OMS = settings.OMS | {"DELIVERY_ATTEMPTS": 1}
    mail.problem, mail.deaf_to = RuntimeError("broken"), {"dead"}
    lit("dead", STREAM, 1)
    lit("parked", STREAM, 2)
    lit("done", OTHER, 1)
    lit("skipped")
    deliver_all()
    outbox.set_aside()
    Delivery.objects.filter(event__data__lamp="skipped").update(state="skipped")
    lit("pending", OTHER, 2)
    outbox.fan_out()
    lit("not relayed")
    age(1000)

    gone = prune("deliveries", "events")

    assert gone == [2, 2]
    assert left() == [("dead", "dead"), ("parked", "parked"), ("pending", "pending")]
    assert {row.data["lamp"] for row in OutboxEvent.objects.all()} == {"dead", "parked", "pending", "not relayed"}


def test_what_was_delivered_again_lately_is_kept_from_then_on(mail):
    lit("hall")
    deliver_all()
    age(1000)
    Delivery.objects.update(due_at=timezone.now())

    assert prune("deliveries", "events") == [0, 0]


def test_they_go_in_small_transactions_the_oldest_first_until_the_time_is_up(mail, monkeypatch):
    monkeypatch.setattr(retention, "_PAGE", 2)
    for number in range(5):
        lit(str(number))
    deliver_all()
    age(1000)

    with CaptureQueriesContext(connection) as queries:
        whole = retention.prune(kept("deliveries"))
    deletes = [query["sql"] for query in queries if query["sql"].startswith("DELETE")]
    late = retention.prune(kept("events"), seconds=-1)

    assert (whole.count, whole.finished, len(deletes)) == (5, True, 3)
    assert (late.count, late.finished, OutboxEvent.objects.count()) == (0, False, 5)


def test_a_setting_of_nought_keeps_them_for_ever(mail, settings):
    settings.OMS = settings.OMS | {"KEEP_DAYS": settings.OMS["KEEP_DAYS"] | {"deliveries": 0}}
    lit("hall")
    deliver_all()
    age(1000)

    assert prune("deliveries", "events") == [0, 0]


def _others(days: int) -> None:
    """An answer, a session that has ended, a reject, a visit to a source and an upload, each done and under way."""
    then = timezone.now() - timedelta(days=days)

    def old_id():
        return ids.first_id(then)

    IdempotencyKey.objects.create(
        id=old_id(), scope="s", key="k", fingerprint="f", status=200, body=b"", created_at=then
    )
    Session.objects.create(session_key="old", session_data="", expire_date=then)
    for number, processed_at in enumerate((then, None)):
        ProviderWebhook.objects.create(
            id=type(old_id())(int=old_id().int + number),
            provider="p",
            event_id=str(number),
            body="{}",
            received_at=then,
            processed_at=processed_at,
        )
    channel = SalesChannelFactory()
    for number, status in enumerate(("completed", "running")):
        run = ImportRun.objects.create(
            channel=channel, file_name="a", fingerprint=status, format="f", stock="skip", status=status, actor={}
        )
        reject_id = type(old_id())(int=old_id().int + number)
        ImportReject.objects.create(id=reject_id, run=run, line=1, reason="r", raw={}, created_at=then)
        _sources_and_uploads(channel, then, number, status)


def _sources_and_uploads(channel, then, number, status) -> None:
    source = OrderSource.objects.create(name=f"Source {number}", channel=channel, kind="folder", address="/")
    made = {"id": ids.first_id(then).__class__(int=ids.first_id(then).int + number), "actor": {}, "status": status}
    SourceRun.objects.create(source=source, finished_at=then if status == "completed" else None, **made)
    upload = ImportUpload.objects.create(channel=channel, file_name="a", size=1, **made)
    ImportUpload.objects.filter(pk=upload.pk).update(updated_at=then)
    SourceFile.objects.create(
        id=made["id"],
        source=source,
        name="a",
        size=1,
        modified_ns=1,
        fingerprint="f",
        status="completed",
        taken_at=then,
    )
    for kind in ("uploads", "spool"):
        place = private_files.folder(kind, upload.pk)
        os.utime(place, (then.timestamp(), then.timestamp()))


OTHERS = ("idempotency_keys", "sessions", "import_rejects", "source_runs", "uploads", "upload_files", "spool")


@pytest.mark.parametrize(
    ("days", "gone"),
    [
        (0, [0, 0, 0, 0, 0, 0, 0]),
        (3, [0, 1, 0, 0, 0, 0, 2]),
        (8, [1, 1, 0, 0, 0, 0, 2]),
        (31, [1, 1, 0, 0, 0, 1, 2]),
        (91, [1, 1, 0, 1, 0, 1, 2]),
        (181, [1, 1, 1, 1, 1, 1, 2]),
    ],
)
def test_each_has_its_own_time_and_what_is_under_way_keeps_what_it_needs(days, gone, private):
    _others(days)

    would = prune(*OTHERS, dry_run=True)
    went = prune(*OTHERS)

    assert (would, went) == (gone, gone)
    assert ImportReject.objects.filter(run__status="running").count() == 1
    assert SourceRun.objects.filter(status="running").count() == 1
    assert ImportUpload.objects.filter(status="running").count() == 1
    assert len(list((private / "uploads").iterdir())) == 2 - gone[5]
    assert SourceFile.objects.count() == 2


def test_the_command_says_what_would_go_and_what_went(mail):
    lit("hall")
    deliver_all()
    age(1000)
    _others(1000)

    def said(*arguments: str) -> str:
        out = StringIO()
        call_command("prune", *arguments, stdout=out)
        return out.getvalue()

    would, went, again = said("--dry-run"), said(), said("--dry-run")

    assert would.splitlines()[0] == "deliveries: 1 rows would go (deliveries that were made or skipped, after 30 days)"
    assert went.splitlines() == [
        "deliveries: 1 rows went (deliveries that were made or skipped, after 30 days)",
        "events: 1 rows went (events that are delivered everywhere, after 90 days)",
        "idempotency_keys: 1 rows went (answers kept under an Idempotency-Key, after 7 days)",
        "sessions: 1 rows went (sessions of the console that have ended, after 1 days)",
        "audit: 0 rows went (entries of the audit, after 400 days)",
        "provider_webhooks: 1 rows went (webhooks of payment providers that were processed, after 90 days)",
        "bulk_job_rows: 0 rows went (results of bulk jobs that have ended, order by order, after 90 days)",
        "bulk_jobs: 0 rows went (bulk jobs that have ended, after 90 days)",
        "import_rejects: 1 rows went (refused records of imports, with their raw rows, after 180 days)",
        "source_runs: 1 rows went (visits to sources that have ended, after 90 days)",
        "source_files: kept for ever",
        "uploads: 1 rows went (pages of files that were sent through the console, after 180 days)",
        "upload_files: 1 files went (files that were sent through the console, after 30 days)",
        "spool: 2 files went (what sources had fetched when their worker was lost, after 1 days)",
    ]
    assert "1 rows" not in again
    assert "files went" not in again


def test_a_century_is_kept_and_nothing_breaks(mail, settings):
    settings.OMS = settings.OMS | {"KEEP_DAYS": dict.fromkeys(settings.OMS["KEEP_DAYS"], 36_500)}
    lit("hall")
    deliver_all()
    age(10_000)

    assert prune("deliveries", "events", *OTHERS) == [0] * 9


def test_what_beat_sends_is_void_when_no_worker_takes_it_in_time(settings):
    entries = [
        ModelEntry.from_entry(name, app=current_app, **entry) for name, entry in settings.CELERY_BEAT_SCHEDULE.items()
    ]

    assert [entry.name for entry in entries if not entry.options.get("expires")] == []


def test_beat_has_it_done(mail):
    lit("hall")
    deliver_all()
    age(1000)

    pruning.prune()

    assert (Delivery.objects.count(), OutboxEvent.objects.count()) == (0, 0)


def test_every_table_that_is_pruned_has_its_setting(settings):
    assert {each.name: each.days for each in retention.declared()} == settings.OMS["KEEP_DAYS"]
