"""Finding the rows that belong together in a CSV file."""

from __future__ import annotations

from pathlib import Path

import pytest

from channels.adapters import csv_groups
from channels.adapters.csv_groups import CsvGroups, Group
from channels.adapters.files import Source, UnreadableFile


def _groups(tmp_path: Path, text: str) -> list[Group]:
    path = tmp_path / "f.csv"
    path.write_text(text, newline="")
    table, source = CsvGroups(lambda header: header.index("No"), thing="order"), Source(path)
    return list(table.groups(source, table.survey(source)))


def test_rows_that_follow_one_another_come_first_and_those_that_lie_apart_by_name(tmp_path):
    found = _groups(tmp_path, "No,Sku\nB,1\nA,2\nC,3\nC,4\nB,5\n,6\n,7\nA,8\n")

    assert found == [
        Group("C", [(4, ["C", "3"]), (5, ["C", "4"])]),
        Group("", [(7, ["", "6"])]),
        Group("", [(8, ["", "7"])]),
        Group("A", [(3, ["A", "2"]), (9, ["A", "8"])]),
        Group("B", [(2, ["B", "1"]), (6, ["B", "5"])]),
    ]


@pytest.mark.parametrize("header", ["No;Sku", '"No;Sku"'])
def test_a_row_that_is_quoted_as_a_whole_is_what_is_inside(tmp_path, header):
    found = _groups(tmp_path, header + '\n"A;""two\nlines; one cell"""\nB;2\n"C;3"\n"D;"""\n')

    assert [group.rows for group in found] == [
        [(2, ["A", "two\nlines; one cell"])],
        [(4, ["B", "2"])],
        [(5, ["C", "3"])],
        [(6, ['D;"'])],
    ]
    assert [group.fault for group in found] == [None, None, None, (6, "The row has 1 columns, the header 2.")]


def test_groups_that_are_too_long_or_have_rows_of_another_width_say_so(tmp_path, monkeypatch):
    monkeypatch.setattr(csv_groups, "_MAX_LINES", 2)

    found = _groups(tmp_path, "No,Sku\nA,1\nA,2\nA,3\nB,1\nB\nB,2\nB,3\nA,4\n")

    assert [(group.name, len(group.rows), group.fault) for group in found] == [
        ("B", 2, (8, "The order has more than 2 lines.")),
        ("A", 2, (9, "The order has more than 2 lines.")),
    ]


def test_a_header_that_will_not_do_is_refused_with_its_reason(tmp_path):
    with pytest.raises(UnreadableFile, match=r"f.csv: line 1: 'No' is not in list"):
        _groups(tmp_path, "Number,Sku\nA,1\n")
