"""An import that is killed, again and again, ends in the same state as one that was not."""

from __future__ import annotations

import random

import pytest

from channels.models import ImportRun, SourceDocument
from inventory.models import InventoryLevel
from oms.core.models import OutboxEvent
from orders.models import Order
from tests.channels import oracle
from tests.channels.importing import bring_in, dump, ndjson_file, order, retail, retail_file, row
from tests.crash import killing
from tests.emptying import empty_database
from tests.scenarios import shop

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


def _mixed(path, sales=120):
    """Sales whose rows lie apart, samples, write-offs, rejects, and credits over the sales."""
    rows = []
    for number in range(sales):
        day = f"2010-12-{1 + number % 20:02} 09:{number % 60:02}:00"
        common = {"InvoiceDate": day, "CustomerID": f"{number % 7}.0"}
        rows += [row(f"{number}", f"SKU{place}", 1 + place, "1.25", **common) for place in range(6)]
        rows.append(row(f"{number}", "POST", 1, "3.5", **common))
        if number % 9 == 0:
            rows.append(row(f"W{number}", "SKU1", -1, 0, **common))
        if number % 10 == 0:
            rows.append(row(f"S{number}", "SKU1", 1, 0, **common))
        if number % 11 == 0:
            rows.append(row(f"B{number}", "SKU1", "many", 1, **common))
        if number % 3 == 0:
            back = common | {"InvoiceDate": f"2010-12-30 09:{number % 60:02}:00"}
            rows.append(row(f"C{number}", "sku3", -6, "1.25", **back))
            rows.append(row(f"C{number}", "POST", -1, "3.5", **back))
    rows += [
        row(f"{number}", "LATE", 1, "2", InvoiceDate="2010-12-24 00:00:00", CustomerID=f"{number % 7}.0")
        for number in range(0, sales, 8)
    ]
    return retail_file(path, *rows)


def _world():
    house = shop({"W1": {f"SKU{place}": 400 for place in range(6)}})
    house.channel.code, house.channel.time_zone, house.channel.default_currency = "retail", "Europe/London", "GBP"
    house.channel.save()
    return house


def _unkilled(path, stock):
    _world()
    code, answer = bring_in(path, stock=stock)
    state = dump(), code, answer
    empty_database()
    return state


def _records(answer):
    kinds = ("sales", "samples", "credits", "write_offs")
    return sum(answer[kind]["count"] for kind in kinds) + answer["rejects"]


def _told(answer):
    return {
        key: answer[key] for key in ("sales", "samples", "credits", "write_offs", "rejects", "unknown_skus", "totals")
    }


@pytest.mark.parametrize(("stock", "workers"), [("skip", 1), ("skip", 3), ("update", 1)])
def test_an_import_killed_three_times_ends_as_one_that_was_not(tmp_path, stock, workers):
    path = _mixed(tmp_path / "f.csv")
    expected, code, answer = _unkilled(path, stock)
    _world()
    how = ("--stock", stock, "--workers", str(workers))

    reached = [
        killing.kill_at(killing.start(path, *how, chunk_lines=40), cursor // workers) for cursor in (20, 80, 150)
    ]
    again = killing.finish(killing.start(path, *how, chunk_lines=40))

    run = ImportRun.objects.get()
    assert reached == sorted(reached)
    assert (reached[0] >= 20 // workers, reached[2] >= 150 // workers) == (True, True)
    assert (again[0], _told(again[1])) == (code, _told(answer))
    assert dump() == expected
    assert (run.attempts, again[1]["lines_read_again"]) == (4, run.lines_repeated)
    assert run.lines_repeated <= 3 * 40 * workers
    assert (run.cursor, run.workers, run.lanes.count()) == (_records(answer), workers, 0)
    assert OutboxEvent.objects.filter(name="import.completed").count() == 1
    assert InventoryLevel.objects.filter(item__sku="SKU5").get().on_hand == 400


def test_two_processes_do_not_bring_in_the_same_file_at_once(tmp_path):
    retail()
    path = _mixed(tmp_path / "f.csv")

    ended = [killing.finish(process) for process in [killing.start(path, chunk_lines=20) for _ in range(3)]]

    created = [answer.get("created", 0) for _, answer in ended]
    total = max(created)
    assert sorted(created) == [0, 0, total]
    assert OutboxEvent.objects.filter(name="import.completed").count() == sum(code == 1 for code, _ in ended)
    for code, answer in ended:
        assert code == 1 or (code == 2 and "is being brought into retail by another process" in answer["refused"])


def test_two_files_of_one_channel_at_once_double_nothing(tmp_path):
    both = [_mixed(tmp_path / "f.csv"), tmp_path / "g.csv"]
    both[1].write_text(both[0].read_text() + "\n")  # the same records, another file
    expected, _, _ = _unkilled(both[0], "skip")
    _world()

    ended = [killing.finish(process) for process in [killing.start(path, chunk_lines=20) for path in both]]

    assert [code for code, _ in ended] == [1, 1]
    assert sum(answer["created"] for _, answer in ended) == SourceDocument.objects.count() + Order.objects.count()
    state = dump()
    state.pop("channels_importreject")
    expected.pop("channels_importreject")
    assert state == expected


def test_a_worker_that_is_killed_ends_the_import_which_goes_on_when_it_is_started_again(tmp_path):
    path = _mixed(tmp_path / "f.csv", sales=600)
    expected, code, answer = _unkilled(path, "skip")
    _world()

    import_ = killing.start(path, "--workers", "3", chunk_lines=20)
    killing.kill_worker(import_)
    ended = killing.finish(import_)
    failed = ImportRun.objects.get().status
    again = killing.finish(killing.start(path, "--workers", "3", chunk_lines=20))

    assert (ended[0], failed) == (2, "failed")
    assert (
        "A worker of the import ended early: it was killed. Started again, the import goes on." in ended[1]["refused"]
    )
    assert (again[0], _told(again[1])) == (code, _told(answer))
    assert dump() == expected


def test_bad_records_too_long_for_a_pipe_stop_all_workers_at_once(tmp_path):
    """Whoever stops second has nobody who hears it out; it must not wait for that."""
    retail()
    bad = [order(f"B-{number}", currency_code="?", metadata={"long": "x" * 300_000}) for number in range(12)]
    path = ndjson_file(tmp_path / "f.ndjson", *bad)

    code, answer = killing.finish(killing.start(path, "--workers", "4", "--on-error", "stop"), patience=30)

    assert (code, answer["status"], answer["rejects"]) == (2, "stopped", 1)
    assert ImportRun.objects.get().status == "stopped"


def test_workers_whose_parent_was_killed_end_without_a_word(tmp_path):
    path = _mixed(tmp_path / "f.csv", sales=600)
    _world()

    import_ = killing.start(path, "--workers", "3", chunk_lines=20)
    said = killing.kill_parent(import_)

    assert said == ""
    assert ImportRun.objects.get().status == "running"


@pytest.mark.soak
@pytest.mark.parametrize("workers", [1, 2])
def test_a_month_killed_at_twenty_places_ends_as_one_that_was_not(workers):
    path = oracle.month("2010-12")
    retail()
    code, answer = bring_in(path)
    expected = dump()
    empty_database()
    retail()
    places = sorted(random.Random(20).sample(range(1, 1800), 20))
    how = ("--workers", str(workers))

    reached = [killing.kill_at(killing.start(path, *how, chunk_lines=200), place // workers) for place in places]
    again = killing.finish(killing.start(path, *how, chunk_lines=200))

    assert reached == sorted(reached)
    assert (again[0], _told(again[1])) == (code, _told(answer))
    assert dump() == expected
    assert ImportRun.objects.get().attempts == 21
