"""A folder as a source: complete files, each once by content, with a note of what was taken."""

from __future__ import annotations

import os
import time

import pytest

from channels.models import SourceFile
from channels.pulling import folders
from channels.services import sources
from oms.core.errors import InvalidInput
from orders.models import Order
from tests.channels.importing import ndjson_file, order, retail
from tests.channels.sources import counted, folder_source, visit

pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(settings, tmp_path):
    place = tmp_path / "inbox"
    place.mkdir()
    settings.OMS = settings.OMS | {"PRIVATE_FILES": tmp_path / "private", "SOURCE_FOLDERS": [tmp_path / "inbox"]}
    return place


def _put(folder, name, *orders, age=60):
    path = ndjson_file(folder / name, *orders)
    _age(path, age)
    return path


def _age(path, seconds):
    at = time.time() - seconds
    os.utime(path, (at, at))


def _notes():
    return list(SourceFile.objects.order_by("pk").values_list("name", "status"))


def test_files_are_taken_oldest_first_once_and_left_where_they_are(folder):
    _put(folder, "b.ndjson", order("A-1"), age=90)
    _put(folder, "a.ndjson", order("A-1", email="ada@example.org"), order("A-2"), age=60)
    source = folder_source(folder)

    runs = [counted(visit(source)) for _ in range(2)]

    assert runs == [("completed", 2, 1, 0, 0), ("nothing", 0, 0, 0, 0)]
    assert _notes() == [("b.ndjson", "completed"), ("a.ndjson", "completed")]
    assert sorted(path.name for path in folder.iterdir()) == ["a.ndjson", "b.ndjson"]
    assert Order.objects.get(external_id="A-1").version == 2


def test_what_is_not_complete_hidden_elsewhere_or_named_otherwise_is_not_taken(folder, tmp_path):
    source = folder_source(folder, pattern="*.ndjson")
    _put(folder, "fresh.ndjson", order("A-1"), age=0)
    _put(folder, "coming.ndjson.part", order("A-2"))
    _put(folder, ".hidden.ndjson", order("A-3"))
    _put(folder, "other.txt", order("A-4"))
    (folder / "below").mkdir()
    _put(folder / "below", "deep.ndjson", order("A-5"))
    (folder / "link.ndjson").symlink_to(_put(tmp_path, "outside.ndjson", order("A-6")))

    first = visit(source)
    _age(folder / "fresh.ndjson", 60)
    second = visit(source)

    assert counted(first) == ("nothing", 0, 0, 0, 0)
    assert first.note == "Left for the next run, for they have changed just now: 1 files."
    assert counted(second) == ("completed", 1, 0, 0, 0)
    assert list(Order.objects.values_list("external_id", flat=True)) == ["A-1"]


def test_however_many_files_were_taken_a_new_one_is_found(folder, monkeypatch):
    monkeypatch.setattr(folders, "_AT_ONCE", 4)
    for number in range(9):
        _put(folder, f"{number}.ndjson", order(f"A-{number}"), age=100 - number)
    source = folder_source(folder)
    visit(source)
    _put(folder, "new.ndjson", order("B-1"), age=30)
    _put(folder, "newer.ndjson", order("B-2"), age=20)

    monkeypatch.setattr("channels.services.source_files._MOST_TAKEN", 1)
    first, second = visit(source), visit(source)

    assert (first.created, first.note) == (1, "Left for the next run: 1 files more.")
    assert (second.created, second.note) == (1, "")
    assert _notes()[-2:] == [("new.ndjson", "completed"), ("newer.ndjson", "completed")]


def test_the_same_content_under_another_name_is_noted_and_not_taken_again(folder):
    _put(folder, "a.ndjson", order("A-1"))
    source = folder_source(folder)
    visit(source)
    _put(folder, "copy.ndjson", order("A-1"))

    run = visit(source)

    assert (counted(run), run.files) == (("completed", 0, 0, 0, 0), 0)
    assert _notes() == [("a.ndjson", "completed"), ("copy.ndjson", "repeated")]


def test_files_are_moved_where_that_is_wanted_and_nothing_there_is_overwritten(folder):
    (folder / "done").mkdir()
    (folder / "done" / "a.ndjson").write_text("mine")
    _put(folder, "a.ndjson", order("A-1"))
    _put(folder, "bad.csv", "a;b\n1;2")
    source = folder_source(folder, move_files=True)

    run = visit(source)
    again = visit(source)

    moved = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
    assert (run.status, run.created, again.status) == ("failed", 1, "nothing")
    assert moved[0].startswith("done/a-")
    assert moved[1:] == ["done/a.ndjson", "failed/bad.csv"]
    assert (folder / "done" / "a.ndjson").read_text() == "mine"


def test_a_file_that_is_refused_is_said_once_and_does_not_stop_the_others(folder):
    _put(folder, "bad.csv", "a;b\n1;2", age=90)
    _put(folder, "good.ndjson", order("A-1"))
    source = folder_source(folder)

    first, second = visit(source), visit(source)

    assert (first.status, first.created, second.status) == ("failed", 1, "nothing")
    assert "bad.csv: line 1: this is of no known format" in first.error
    assert _notes() == [("bad.csv", "failed"), ("good.ndjson", "completed")]


def test_a_file_that_is_written_to_while_it_is_taken_is_left(folder, monkeypatch):
    path = _put(folder, "a.ndjson", order("A-1"))
    source = folder_source(folder)
    copy = folders.copy

    def while_it_grows(found, to):
        with path.open("a") as file:
            file.write("{")
        return copy(found, to)

    monkeypatch.setattr(folders, "copy", while_it_grows)
    run = visit(source)

    assert (run.status, _notes(), Order.objects.count()) == ("completed", [], 0)


@pytest.mark.parametrize("place", ["/etc", "relative", "{folder}/..", "{folder}/missing", "{folder}/out"])
def test_a_folder_must_lie_below_one_that_the_server_allows(folder, tmp_path, place):
    (folder / "out").symlink_to(tmp_path)

    with pytest.raises(InvalidInput) as refusal:
        folder_source(place.format(folder=folder), channel=retail())

    assert [error.pointer for error in refusal.value.errors] == ["address"]


def test_without_allowed_folders_there_are_none(folder, settings):
    settings.OMS = settings.OMS | {"SOURCE_FOLDERS": []}

    with pytest.raises(InvalidInput, match="this server allows no folders"):
        folder_source(folder)


def test_a_folder_that_is_gone_fails_the_run_and_is_tried_again(folder):
    source = folder_source(folder)
    folder.rmdir()

    failed = visit(source)
    folder.mkdir()
    _put(folder, "a.ndjson", order("A-1"))
    run = visit(source)

    assert (failed.status, source.failures, run.status, run.created) == ("failed", 0, "completed", 1)
    assert "there is no such folder." in failed.error


def test_the_schedule_is_beats_own_and_follows_the_source(folder):
    source = folder_source(folder, every_minutes=5)
    made = source.schedule

    source.name = "Renamed"
    source.enabled = False
    sources.save_source(source=source, every_minutes=None)

    made.refresh_from_db()
    assert (made.task, made.queue, made.args) == ("channels.tasks.run_source", "imports", f'["{source.pk}"]')
    assert (made.interval.every, made.interval.period, made.enabled, made.description) == (
        5,
        "minutes",
        False,
        "Renamed",
    )
