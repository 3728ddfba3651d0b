"""Rows come back as they were written, by one statement and by COPY."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from oms.core import bulk
from oms.core.bulk import Row
from oms.core.ids import new_id

NASTY = [
    "",
    " ",
    "'quoted' \"twice\"",
    "back\\slash \\n \\N \\. \\x00 \\u0000",
    "\\.",
    "\\N",
    "tab\there, line\nbreak, return\r\n",
    '{a,b} "{}" [1] NULL null',
    "ünïcödé 漢字 🛒 \u202e\u200b",
    "\x01\x7f\u0080\ufffe",
    "%s %(name)s %%",
    "$1; DROP TABLE nothing; --",
]


class Parcel(Row, kw_only=True):
    table = "bulk_parcel"

    id: UUID
    name: str
    note: str | None
    amount: Decimal
    count: int | None
    at: datetime | None
    tags: list[str]
    facts: dict[str, Any]
    steps: list[dict[str, Any]]
    maybe: dict[str, Any] | None


class Label(Row, kw_only=True):
    table = "bulk_label"

    id: UUID
    parcel_id: UUID


@pytest.fixture
def tables(db):
    make_tables()


def make_tables() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMPORARY TABLE IF NOT EXISTS bulk_parcel (id uuid PRIMARY KEY, name text NOT NULL, note text,"
            " amount numeric(20,4) NOT NULL, count int, at timestamptz, tags text[] NOT NULL, facts jsonb NOT NULL,"
            " steps jsonb NOT NULL, maybe jsonb, unnamed int NOT NULL DEFAULT 7)"
        )
        cursor.execute(
            "CREATE TEMPORARY TABLE IF NOT EXISTS bulk_label (id uuid PRIMARY KEY,"
            " parcel_id uuid NOT NULL REFERENCES bulk_parcel)"
        )


def parcel(**fields: Any) -> Parcel:
    return Parcel(
        **{
            "id": new_id(),
            "name": "box",
            "note": None,
            "amount": Decimal("1.2345"),
            "count": None,
            "at": None,
            "tags": [],
            "facts": {},
            "steps": [],
            "maybe": None,
        }
        | fields
    )


def stored() -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, name, note, amount, count, at, tags, facts::text, steps::text, maybe::text, unnamed"
            " FROM bulk_parcel ORDER BY id"
        )
        return cursor.fetchall()


def as_stored(row: Parcel) -> tuple[Any, ...]:
    with connection.cursor() as cursor:
        texts = []
        for value in (row.facts, row.steps, row.maybe):
            cursor.execute(
                "SELECT %s::jsonb::text", [None if value is None else bulk.msgspec.json.encode(value).decode()]
            )
            texts.append(cursor.fetchone()[0])
    return (row.id, row.name, row.note, row.amount, row.count, row.at, row.tags, *texts, 7)


def both_ways():
    return pytest.mark.parametrize("write", [bulk.insert, bulk.copy], ids=["insert", "copy"])


@both_ways()
def test_every_kind_of_value_comes_back_unchanged(tables, write):
    rows = [
        parcel(),
        parcel(
            note="n",
            amount=Decimal("-9999999999999999.9999"),
            count=-5,
            at=datetime(2026, 2, 28, 23, 59, 59, 999999, tzinfo=UTC),
            tags=["a", "b,c", 'd"e', "{}", "", "NULL"],
            facts={"n": 1.5, "deep": [{"x": None}, [], True], "": ""},
            steps=[{"a": [1]}, {}],
            maybe={},
        ),
    ]

    write(rows)

    assert stored() == [as_stored(row) for row in rows]


@both_ways()
def test_nasty_text_comes_back_unchanged_in_text_arrays_and_json(tables, write):
    rows = [parcel(name=text, note=text, tags=[text, text], facts={text: text}, steps=[{"t": text}]) for text in NASTY]

    write(rows)

    assert stored() == [as_stored(row) for row in rows]


@both_ways()
def test_columns_that_a_row_does_not_name_take_the_default_of_the_database(tables, write):
    write([parcel()])

    assert [row[-1] for row in stored()] == [7]


@both_ways()
def test_nothing_to_write_is_no_statement(tables, write):
    with CaptureQueriesContext(connection) as captured:
        write()
        write([], [])

    assert captured.captured_queries == []


def test_any_number_of_rows_of_any_number_of_tables_is_one_statement(tables):
    parcels = [parcel() for _ in range(50)]
    labels = [Label(id=new_id(), parcel_id=each.id) for each in parcels]

    with CaptureQueriesContext(connection) as captured:
        told = bulk.insert(parcels, [], labels, returning="id, unnamed")

    assert len(captured.captured_queries) == 1
    assert sorted(told) == sorted((each.id, 7) for each in parcels)
    assert [row[0] for row in stored()] == [each.id for each in parcels]


def test_children_may_stand_before_their_parents_in_one_statement(tables):
    box = parcel()

    bulk.insert([Label(id=new_id(), parcel_id=box.id)], [box])

    assert len(stored()) == 1


class TestAnything(TestCase):
    """With whatever text and figures hypothesis finds."""

    TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)
    JSON = st.recursive(
        st.none() | st.booleans() | st.integers(-(2**53), 2**53) | TEXT,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab\\\"'", max_size=3), inner, max_size=3),
        max_leaves=5,
    )

    @given(
        name=TEXT,
        tags=st.lists(TEXT, max_size=3),
        facts=st.dictionaries(TEXT, JSON, max_size=3),
        amount=st.decimals(-(10**15), 10**15, places=4),
        by_copy=st.booleans(),
    )
    def test_comes_back_unchanged(self, name, tags, facts, amount, by_copy):
        make_tables()
        row = parcel(name=name, tags=tags, facts=facts, amount=amount)

        (bulk.copy if by_copy else bulk.insert)([row])

        assert stored()[-1] == as_stored(row)
