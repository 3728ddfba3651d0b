"""What every format of orders must do, by name; a new one joins by its sample."""

from __future__ import annotations

import gzip
import hashlib
from pathlib import Path

import pytest

from channels.adapters.base import Rejected, SourceDefaults
from channels.adapters.files import Source, UnreadableFile
from oms.core import providers
from orders import requests

SAMPLES = Path(__file__).resolve().parents[2] / "samples"
SAMPLE_OF = {"ndjson": "orders.ndjson", "online-retail": "online-retail.csv", "shopify": "shopify.csv"}
DEFAULTS = SourceDefaults(channel_code="web", currency="GBP", time_zone="Europe/London", past=True)

every_format = pytest.mark.parametrize("name", sorted(SAMPLE_OF))


def _sample(name: str) -> Path:
    return SAMPLES / SAMPLE_OF[name]


def _read(name: str, path: Path) -> list[tuple]:
    """Every record as the format tells it: what it is, where it stands, and the request or the lines it has."""
    form, source = providers.get("ORDER_FORMATS", name), Source(path)
    told = []
    for raw in form.records(source, form.survey(source)):
        try:
            record = form.read(raw, DEFAULTS)
            told.append((raw.external_id, raw.line, raw.size, form.digest(raw), record.kind, record.request))
        except Rejected as reject:
            told.append((raw.external_id, raw.line, raw.size, reject.line, reject.reason, None))
    return told


def test_every_format_has_a_sample():
    assert providers.names("ORDER_FORMATS") == sorted(SAMPLE_OF)


@every_format
def test_a_sample_is_recognised_by_its_own_format_alone(name):
    head = Source(_sample(name)).head

    assert [each for each in SAMPLE_OF if providers.get("ORDER_FORMATS", each).recognises(head)] == [name]


@every_format
def test_two_readings_say_the_same(name):
    first = _read(name, _sample(name))

    assert first == _read(name, _sample(name))
    assert len({external_id for external_id, *_ in first}) == len(first) > 0


@every_format
def test_the_survey_counts_the_lines_and_knows_the_content_packed_or_not(name, tmp_path):
    content = _sample(name).read_bytes()
    packed = tmp_path / "packed"
    packed.write_bytes(gzip.compress(content))

    surveys = [providers.get("ORDER_FORMATS", name).survey(Source(path)) for path in (_sample(name), packed)]

    assert {survey.fingerprint for survey in surveys} == {hashlib.sha256(content).hexdigest()}
    assert surveys[0].lines == surveys[1].lines > 0


@every_format
def test_what_is_understood_makes_sense_to_orders(name):
    for *_, request in _read(name, _sample(name)):
        if request is not None:
            requests.require_sound(request)


@every_format
def test_a_file_that_ends_anywhere_is_read_or_refused_with_its_name(name, tmp_path):
    content = _sample(name).read_bytes()
    cut, refusals = tmp_path / "cut.txt", []

    for end in range(0, len(content), max(1, len(content) // 150)):
        cut.write_bytes(content[:end])
        try:
            _read(name, cut)
        except UnreadableFile as refusal:
            refusals.append(str(refusal))

    assert refusals
    assert [said for said in refusals if not said.startswith("cut.txt: ")] == []


@every_format
def test_a_packed_file_that_is_cut_off_or_damaged_is_refused(name, tmp_path):
    packed = gzip.compress(_sample(name).read_bytes())
    damaged = bytearray(packed)
    damaged[len(packed) // 2] ^= 0xFF

    for wrong in (packed[:-9], bytes(damaged)):
        path = tmp_path / "f.gz"
        path.write_bytes(wrong)
        with pytest.raises(UnreadableFile, match=r"^f.gz: "):
            _read(name, path)


@every_format
def test_a_record_is_led_back_to_its_place_in_the_file(name):
    form, source = providers.get("ORDER_FORMATS", name), Source(_sample(name))
    lines = source.head.decode().count("\n") + 1

    for raw in form.records(source, form.survey(source)):
        line, _, text = form.locate(raw, "/items/0/quantity") if _has_items(form, raw) else form.locate(raw, "")
        assert 1 <= line <= lines
        assert text


def _has_items(form, raw) -> bool:
    try:
        raw.record = form.read(raw, DEFAULTS)
    except Rejected:
        return False
    return raw.record.request is not None and bool(raw.record.request.items)
