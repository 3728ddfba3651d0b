"""An HTTP source: every order arrives, none twice, whatever the other side does."""

from __future__ import annotations

import logging
import time
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from channels.models import ImportRun, OrderSource, SalesChannel, SourceRun
from channels.pulling import client as pulling
from channels.services import source_runs, sources
from oms.core.errors import InvalidInput
from oms.core.outbox import Backoff
from oms.core.outside import CalledInsideTransaction
from orders.models import Order
from tests.channels.sources import counted, http_source, in_books, serving, stored, visit
from tests.order_server import line
from tests.scenarios import STAFF

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _house(settings, tmp_path, monkeypatch):
    settings.OMS = settings.OMS | {
        "PRIVATE_FILES": tmp_path / "private",
        "SOURCE_PRIVATE_ADDRESSES": True,
        "SOURCE_TIMEOUT_SECONDS": 1,
    }
    settings.SOURCE_SECRETS = {"acme": "Bearer very-secret"}
    monkeypatch.setattr(pulling, "_BACKOFF", Backoff(first=0.01, most=0.02))


def _tell(server, **told):
    for name, value in told.items():
        setattr(server.books, name, value)


def test_a_source_that_pages_throttles_fails_cuts_dawdles_and_repeats_loses_and_doubles_nothing():
    with serving(35, 10, ["429", "500", "cut", "slow", "repeats"]) as server:
        _tell(server, slow_seconds=1.3)
        source = http_source(server)

        run = visit(source)

    assert counted(run) == ("completed", 35, 0, 0, 0)
    assert (run.pages, run.files, run.retries, run.attempts) == (4, 1, 4, 1)
    assert stored() == in_books(server)


def test_visited_again_after_changes_the_same_orders_become_revisions():
    with serving(12, 5) as server:
        source = http_source(server, overlap_seconds=0)
        visit(source)
        server.books.orders = {
            name: order | {"at": order["at"] - timedelta(hours=1)} for name, order in server.books.orders.items()
        }
        server.books.change(3)

        run = visit(source)
        asked = server.books.asked[-1]["query"]

    assert counted(run) == ("completed", 3, 3, 0, 0)
    assert stored() == in_books(server)
    assert set(Order.objects.filter(external_id__in=["S-1", "S-2", "S-3"]).values_list("version", flat=True)) == {2}
    assert asked["updated_since"] == run.since.isoformat().replace("+00:00", "Z")


def test_the_overlap_finds_what_the_other_side_wrote_late():
    with serving(3) as server:
        source = http_source(server, overlap_seconds=600)
        visit(source)
        cursor = source.cursor
        server.books.add(1)
        server.books.orders["S-4"]["at"] = cursor - timedelta(seconds=300)

        run = visit(source)

    assert counted(run) == ("completed", 1, 0, 3, 0)
    assert run.since == cursor - timedelta(seconds=600)
    assert "S-4" in stored()


def test_a_visit_that_finds_everything_known_changes_nothing():
    with serving(8, 3) as server:
        source = http_source(server)
        visit(source)
        before = list(Order.objects.order_by("pk").values())

        run = visit(source)

    assert counted(run) == ("completed", 0, 0, 8, 0)
    assert list(Order.objects.order_by("pk").values()) == before


def test_an_order_that_changes_while_the_pages_are_read_arrives_as_it_is_last():
    with serving() as server:
        lines = [line("S-1", 1), line("S-2", 1), line("S-1", 7), line("S-2", 1)]
        server.books.page = lambda since, number: (lines[number * 2 : number * 2 + 2], number == 0)
        source = http_source(server)

        run = visit(source)

    assert counted(run) == ("completed", 2, 1, 1, 0)
    assert (run.files, stored()) == (2, {"S-1": 7, "S-2": 1})


def test_a_page_that_cannot_be_had_keeps_the_cursor_and_what_came_before_it():
    with serving(25, 10, ["", "", *["500"] * 20]) as server:
        source = http_source(server)

        failed = visit(source)
        after = source.cursor, source.last_status, source.failures
        _tell(server, faults=[])
        run = visit(source)

    assert counted(failed) == ("failed", 20, 0, 0, 0)
    assert "answers 500. Tried 6 times." in failed.error
    assert after == (None, "failed", 1)
    assert counted(run) == ("completed", 5, 0, 20, 0)
    assert (source.cursor is not None, source.failures) == (True, 0)
    assert stored() == in_books(server)


def test_a_source_that_asks_to_be_left_alone_is_left_alone():
    with serving(3, faults=["429"]) as server:
        _tell(server, hurry="3600")
        source = http_source(server)

        run = visit(source)
        again = source_runs.run_source(source_id=source.pk, by_schedule=True)
        asked = len(server.books.asked)

    assert (run.status, asked, again) == ("failed", 1, None)
    assert "left alone for 3600 s" in run.error
    assert timedelta(minutes=59) < source.wait_until - timezone.now() < timedelta(minutes=61)


def test_one_whole_file_is_not_fetched_again_while_it_is_the_same():
    with serving(4) as server:
        source = http_source(server, "/whole", whole_file=True)

        runs = [counted(visit(source)) for _ in range(2)]
        server.books.change(1)
        runs.append(counted(visit(source)))

    assert runs == [("completed", 4, 0, 0, 0), ("nothing", 0, 0, 0, 0), ("completed", 1, 1, 3, 0)]
    assert ImportRun.objects.count() == 2


def test_the_secret_is_shown_to_the_source_and_nowhere_else(caplog):
    caplog.set_level(logging.DEBUG)
    with serving(1) as server:
        _tell(server, secret="Bearer very-secret")
        source = http_source(server, credential="acme")
        other = http_source(server, credential="", name="Other", channel=source.channel)

        runs = [visit(source), visit(other)]

    assert [run.status for run in runs] == ["completed", "failed"]
    assert "answers 401. It does not accept the secret." in runs[1].error
    kept = [str(list(model.objects.values())) for model in (OrderSource, SourceRun, ImportRun)]
    assert "very-secret" not in "".join([*kept, caplog.text])


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ({"Link": '<http://elsewhere.example/orders>; rel="next"'}, "The next page is on another server"),
        ({"Link": '</orders>; rel="next"'}, "Page 1 leads back to an earlier page."),
    ],
)
def test_a_next_page_that_leads_astray_is_not_followed(headers, reason):
    with serving(2) as server:
        _tell(server, extra_headers=headers)
        source = http_source(server)

        run = visit(source)

    assert (run.status, run.created, source.cursor) == ("failed", 2, None)
    assert reason in run.error


def test_an_answer_that_is_no_orders_is_refused_with_its_first_words():
    with serving() as server:
        server.books.page = lambda since, number: (["<!DOCTYPE html>"], False)
        source = http_source(server)

        run = visit(source)

    assert run.status == "failed"
    assert "The answer is no NDJSON (one order as JSON on each line): it begins '<!DOCTYPE html>'." in run.error
    assert not Order.objects.exists()


def test_what_is_too_large_or_takes_too_long_ends_the_run(settings):
    with serving(200, 200) as server:
        source = http_source(server)
        server.books.page = lambda since, number: (["x" * 1_100_000], False)

        settings.OMS = settings.OMS | {"SOURCE_MEGABYTES": 1}
        large = visit(source)
        settings.OMS = settings.OMS | {"SOURCE_DEADLINE_SECONDS": 0}
        late = visit(source)

    assert "more than 1 MB" in large.error
    assert "OMS_SOURCE_DEADLINE_SECONDS" in late.error
    assert not Order.objects.exists()


def test_a_record_that_is_refused_is_listed_and_the_cursor_moves():
    with serving(2) as server:
        good, _more = server.books.page(None, 0)
        server.books.page = lambda since, number: ([*good, '{"external_id": "S-9", "currency_code": "GBP"}'], False)
        source = http_source(server)

        run = visit(source)

    assert counted(run) == ("partial", 2, 0, 0, 1)
    assert source.cursor is not None
    assert [str(pk) for pk in ImportRun.objects.values_list("pk", flat=True)] == run.import_runs


def test_private_addresses_are_refused_unless_they_are_allowed(settings):
    with serving(2) as server:
        source = http_source(server)
        settings.OMS = settings.OMS | {"SOURCE_PRIVATE_ADDRESSES": False}

        run = visit(source)

        assert (run.status, server.books.asked) == ("failed", [])
    assert "127.0.0.1 is a private address" in run.error


def test_nobody_is_called_inside_a_transaction():
    with serving(2) as server, pulling.Client() as client, transaction.atomic(durable=False):
        block = connection.atomic_blocks[-1]
        assert not getattr(block, "_from_testcase", False)

        with pytest.raises(CalledInsideTransaction, match="commit first"):
            client.get(pulling.httpx.URL(f"{server.url}/orders"), pulling.Path("/dev/null"))

        assert server.books.asked == []


def test_a_paused_source_is_visited_by_hand_only():
    with serving(2) as server:
        source = http_source(server)
        sources.switch_source(source_id=source.pk, enabled=False)

        by_schedule = source_runs.run_source(source_id=source.pk, by_schedule=True)
        sources.request_run(source_id=source.pk, actor=STAFF)
        with pytest.raises(sources.SourceRunning):
            sources.request_run(source_id=source.pk, actor=STAFF)
        by_hand = source_runs.run_source(source_id=source.pk, by_schedule=False)

    source.refresh_from_db()
    assert by_schedule is None
    assert (by_hand.status, by_hand.created, by_hand.actor["label"]) == ("completed", 2, "clerk")
    assert source.schedule.enabled is False


def test_a_run_whose_worker_was_lost_is_taken_up_again_and_marked_and_given_up_in_the_end():
    with serving(2) as server:
        source = http_source(server)
        lost = SourceRun.objects.create(source=source, status="running", attempts=1, actor=STAFF.as_dict())

        run = source_runs.run_source(source_id=source.pk, by_schedule=False)
        SourceRun.objects.filter(pk=run.pk).update(status="running", attempts=5)
        given_up = source_runs.run_source(source_id=source.pk, by_schedule=False)

    assert (run.pk, run.status, run.attempts, run.created) == (lost.pk, "completed", 2, 2)
    assert "as attempt 2: the worker of the one before was lost" in run.note
    lost.refresh_from_db()
    assert (given_up, lost.status, lost.error) == (None, "failed", "Its worker was lost 5 times; given up.")


def test_nobody_visits_a_source_that_another_process_visits():
    with serving(2) as server:
        source = http_source(server)
        other = connection.copy()  # another process, as the database sees it
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", [f"source {source.pk}"])

        meanwhile = source_runs.run_source(source_id=source.pk, by_schedule=True)
        asked = len(server.books.asked)
        other.close()  # as with a process that dies; the server notices a moment later
        ends_at = time.monotonic() + 30
        after = None
        while after is None and time.monotonic() < ends_at:
            after = source_runs.run_source(source_id=source.pk, by_schedule=True)

    assert (meanwhile, asked, after and after.status) == (None, 0, "completed")


def test_an_attempt_that_was_taken_over_moves_no_cursor(monkeypatch):
    fetch = source_runs.pages.fetch_pages

    def fetch_slowly(*arguments):
        fetched = fetch(*arguments)
        SourceRun.objects.update(attempts=2)  # meanwhile another worker took the run for lost
        return fetched

    monkeypatch.setattr(source_runs.pages, "fetch_pages", fetch_slowly)
    with serving(2) as server:
        source = http_source(server)

        run = visit(source)

    assert (run.status, source.cursor, source.last_status) == ("running", None, "")


def test_a_source_that_is_changed_asks_for_everything_again():
    with serving(2) as server:
        source = http_source(server)
        visit(source)

        source.overlap_seconds = 60
        kept = sources.save_source(source=source, every_minutes=None).cursor
        source.address = f"{server.url}/orders?shop=2"
        changed = sources.save_source(source=source, every_minutes=None)
        run = visit(source)

    assert kept is not None
    assert (changed.version, run.since, counted(run)) == (2, None, ("completed", 0, 0, 2, 0))
    assert server.books.asked[-1]["query"] == {"shop": "2"}


@pytest.mark.parametrize(
    "link", ["ftp://shop.example/2", "/orders\x01", "http://169.254.169.254/latest", "//other.example/2"]
)
def test_a_next_page_that_leads_nowhere_ends_the_run_with_what_came_before_it(link):
    with serving(3, 10) as server:
        _tell(server, extra_headers={"Link": f'<{link}>; rel="next"'})
        source = http_source(server)

        run = visit(source)

    assert counted(run) == ("failed", 3, 0, 0, 0)
    assert "next page" in run.error
    assert source.cursor is None


def test_a_secret_that_is_for_one_host_is_shown_to_no_other(settings):
    settings.SOURCE_SECRET_HOSTS = {"acme": "orders.acme.example"}
    with serving(3) as server:
        with pytest.raises(InvalidInput) as refusal:
            http_source(server, credential="acme")
        settings.SOURCE_SECRET_HOSTS = {"acme": "127.0.0.1"}
        source = http_source(server, credential="acme", channel=SalesChannel.objects.get())
        first = visit(source)
        settings.SOURCE_SECRET_HOSTS = {"acme": "orders.acme.example"}
        second = visit(source)
        asked = len(server.books.asked)

    assert [(each.pointer, each.message) for each in refusal.value.errors] == [
        ("credential", "This secret is shown to orders.acme.example alone.")
    ]
    assert (first.status, second.status, asked) == ("completed", "failed", 1)
    assert second.error == "The secret acme is not used: it is shown to orders.acme.example alone."
