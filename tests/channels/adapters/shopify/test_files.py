"""The same orders whatever a Shopify export looks like, and a precise refusal where it cannot be read."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import msgspec
import pytest

from channels.adapters.base import Rejected, SourceDefaults
from channels.adapters.files import Source, UnreadableFile
from channels.adapters.shopify.format import ShopifyFormat
from oms.core.errors import DomainError
from orders import requests, totals
from orders.requests import OrderRequest
from tests.channels.shopify_files import HEADER, Row, costumes, drawn, item, order, text_of

DEFAULTS = SourceDefaults(channel_code="web", currency="USD", time_zone="Europe/Berlin", past=True)


def _rows(orders: int = 12) -> list[Row]:
    chance = random.Random(7)
    rows = [row for number in range(3000, 3000 + orders) for row in drawn(number, chance).rows]
    rows[0] |= {"Billing City": "Köln", "Notes": 'Two "lines",\nplease; soon', "Shipping Name": "Zoë"}
    return [*rows, *order(item("Ä"), item("B", 2), item("B", 1), name="#9", Note_Attributes="a: 1\nb: 2")]


def _read(path: Path) -> Iterator[tuple[str, str, OrderRequest | Rejected]]:
    """External id, digest and request of each record, or why there is none. Raises UnreadableFile."""
    source, parser = Source(path), ShopifyFormat()
    if not parser.recognises(source.head):
        raise source.unreadable("line 1: of no known format")
    survey = parser.survey(source)
    for raw in parser.records(source, survey):
        try:
            digest = "" if raw.problem else parser.digest(raw)
            request = parser.read(raw, DEFAULTS).request
            assert request is not None
            yield raw.external_id, digest, request
        except Rejected as reject:
            yield raw.external_id, "", reject


def _as_said(path: Path) -> dict[str, tuple[str, bytes]]:
    """Digest and request by external id."""
    return {number: (digest, msgspec.json.encode(request)) for number, digest, request in _read(path)}


def _write(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("costume", list(costumes(order())))
def test_the_same_orders_come_out_of_every_costume(tmp_path, costume):
    rows = _rows()

    plain = _as_said(_write(tmp_path / "plain.csv", text_of(rows).encode()))

    assert len(plain) == 13
    assert _as_said(_write(tmp_path / "other.csv", costumes(rows)[costume])) == plain


def test_rows_of_an_order_may_be_anywhere_and_the_newest_may_come_first(tmp_path):
    rows = _rows()
    plain = _as_said(_write(tmp_path / "plain.csv", text_of(rows).encode()))
    apart = [row for row in rows if row.get("Total")] + [row for row in rows if not row.get("Total")]
    orders = [[row for row in rows if row["Name"] == name] for name in dict.fromkeys(row["Name"] for row in rows)]
    newest_first = [row for each in reversed(orders) for row in each]

    assert _as_said(_write(tmp_path / "apart.csv", text_of(apart).encode())) == plain
    assert _as_said(_write(tmp_path / "newest.csv", text_of(newest_first).encode())) == plain


def test_columns_without_values_make_no_difference(tmp_path):
    rows = order(item("A"), item("B"))
    filled = [name for name in HEADER if any(row.get(name) for row in rows)]

    whole = _as_said(_write(tmp_path / "whole.csv", text_of(rows).encode()))
    bare = _as_said(_write(tmp_path / "bare.csv", text_of(rows, filled).encode()))

    assert (len(filled), bare) == (35, whole)


def test_a_file_that_lacks_columns_is_told_which(tmp_path):
    header = [name for name in HEADER if name not in ("Total", "Lineitem price")]

    with pytest.raises(UnreadableFile) as refusal:
        list(_read(_write(tmp_path / "f.csv", text_of(order(), header).encode())))

    assert "line 1: column Total, Lineitem price is missing. The header is: Name, Email, " in str(refusal.value)


def test_a_column_that_comes_twice_is_refused_and_an_unknown_one_is_not(tmp_path):
    twice = text_of(order(), [*HEADER, "Total"]).encode()

    with pytest.raises(UnreadableFile) as refusal:
        list(_read(_write(tmp_path / "f.csv", twice)))

    assert str(refusal.value) == "f.csv: line 1: column Total comes twice."
    assert len(_as_said(_write(tmp_path / "g.csv", text_of(order(), [*HEADER, "Ours", "Ours"]).encode()))) == 1


def test_a_row_that_is_cut_off_is_refused_with_its_line(tmp_path):
    lines = text_of([*order(name="#1"), *order(item("A"), item("B"), name="#2")]).splitlines()
    lines[-1] = lines[-1][:20]

    found = list(_read(_write(tmp_path / "f.csv", "\n".join(lines).encode())))

    assert isinstance(found[0][2], OrderRequest)
    assert [(name, str(reject), reject.line) for name, _, reject in found[1:]] == [
        ("#2", "The row has 4 columns, the header 79.", 4)
    ]


@pytest.mark.parametrize("seed", range(6))
def test_whatever_happens_to_a_file_it_gives_sound_orders_or_a_refusal_with_a_place(tmp_path, seed):
    chance = random.Random(seed)
    plain = text_of(_rows(5)).encode()

    for _ in range(60):
        path = _write(tmp_path / "broken.csv", broken(plain, chance))
        with suppress(UnreadableFile):
            for _, _, found in _read(path):
                _require_sound(found)


def broken(content: bytes, chance: random.Random) -> bytes:
    """The content after some accidents: bytes flipped, cut, put in; rows lost or in another order."""
    found = bytearray(content)
    for _ in range(chance.choice((1, 1, 2, 20))):
        place = chance.randrange(len(found))
        match chance.randrange(7):
            case 0:
                found[place] = chance.randrange(256)
            case 1:
                found[place] = chance.choice(b'",;\n\r0\x009-.')
            case 2:
                del found[place : place + chance.randrange(1, 40)]
            case 3:
                del found[place:]
            case 4:
                found[place:place] = chance.choice((b'"', b"\n", b",", b"\xff", "é".encode(), b"9" * 30))
            case 5:
                rows = found.split(b"\n")
                rows.pop(chance.randrange(len(rows)))
                found = bytearray(b"\n".join(rows))
            case _:
                rows = found.split(b"\n")
                chance.shuffle(rows)
                found = bytearray(b"\n".join(rows))
        if len(found) < 2:
            break
    return bytes(found)


def _require_sound(found: OrderRequest | Rejected) -> None:
    """What is taken is what the API would take, and can be summed up; a reject names line and reason."""
    if isinstance(found, Rejected):
        assert found.line > 0
        assert found.reason
        return
    requests.parse(msgspec.json.encode(found))
    with suppress(DomainError):
        totals.compute(found)
