"""CSV files in which rows belong together by what one column says: invoices, orders.

Rows of a group may be anywhere in the file: the survey remembers which groups come again after others, and only their
rows are sorted, on disk. A row that is quoted as a whole, as some tools write it, is read as what is inside.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import repeat
from operator import attrgetter
from typing import IO, Any, Final

from channels.adapters.files import Fingerprint, Source, Survey
from channels.adapters.spool import Seen, Sorter

Row = tuple[int, list[str]]
_DELIMITERS: Final = ",;\t"
ENCODINGS: Final = ("utf-8-sig", "cp1252")
_NOT_CP1252: Final = re.compile(rb"[\x81\x8d\x8f\x90\x9d]")
_MAX_LINES: Final = 20_000  # of one group
_MAX_SCATTERED: Final = 50_000  # groups that are remembered by name; beyond, the whole file is sorted


@dataclass(slots=True)
class Group:
    """The rows that say the same in the column; a row in which it is empty is a group of its own, called "".

    rows: each with the line in which it begins. fault: the line and what is wrong with it, where they are no rows of
    this file.
    """

    name: str
    rows: list[Row] = field(default_factory=list)
    fault: tuple[int, str] | None = None


class CsvGroups:
    """Reads a file, any number of times.

    column: which column of a header tells the groups; it gets the header as it stands in line 1 and raises ValueError
    with what is wrong with it. thing: what a group is, for sentences.
    """

    def __init__(self, column: Callable[[list[str]], int], *, thing: str) -> None:
        self._column = column
        self._thing = thing
        self._place = 0
        self._header_lines = 0
        self._reader: Any = None
        self._delimiter = ","
        self.header: list[str] = []

    def survey(self, source: Source) -> Survey:
        """Raises UnreadableFile naming line and column."""
        for encoding in ENCODINGS:
            try:
                return self._survey(source, encoding)
            except UnicodeDecodeError:
                continue
            except csv.Error as problem:
                raise source.unreadable(f"line {self._reader.line_num}: {csv_problem(problem)}") from None
        line, column = source.position(_first(_NOT_CP1252, source))
        raise source.unreadable(f"line {line}, column {column}: the text is neither UTF-8 nor Windows-1252.")

    def _survey(self, source: Source, encoding: str) -> Survey:
        fingerprint = Fingerprint(source)
        seen, scattered = Seen(), set[str]()
        with source.text(encoding, fingerprint) as text:
            rows, place, last = self._open(source, text), self._place, None
            for _, row in rows:
                if len(row) < 2 and not (row := self._narrow(row)):
                    continue
                name = row[place] if len(row) > place else ""
                if name != last:
                    last = name
                    name = name.strip()
                    if name and seen.add(name) and len(scattered) <= _MAX_SCATTERED:
                        scattered.add(name)
            lines = self._reader.line_num - self._header_lines
            while text.read(1024 * 1024):  # the checks of the packing stand at its end
                pass
        if not lines:
            raise source.unreadable("there is a header and no rows.")
        notes = {"scattered": scattered if len(scattered) <= _MAX_SCATTERED else None}
        return Survey(lines=lines, fingerprint=fingerprint.hexdigest(), encoding=encoding, notes=notes)

    def _open(self, source: Source, text: IO[str]) -> Iterator[Row]:
        """Read the header; the rows that follow, each with the line before it."""
        _, delimiter = header_of(source.head)
        self._reader = csv.reader(text, delimiter=delimiter, strict=True)
        self.header = [name.strip() for name in _unwrapped(next(self._reader), delimiter)]
        self._header_lines = self._reader.line_num
        try:
            self._place = self._column(self.header)
        except ValueError as problem:
            raise source.unreadable(f"line 1: {problem}") from None
        self._delimiter = delimiter
        # In C, two million times: the line that was read last, and the row that is read then.
        return zip(map(attrgetter("line_num"), repeat(self._reader)), self._reader, strict=False)

    def _narrow(self, row: list[str]) -> list[str]:
        """A row of one cell, or none: what is inside of it where it is quoted as a whole; [] where there is nothing."""
        return row if not row or len(self.header) == 1 else _unwrapped(row, self._delimiter)

    def groups(self, source: Source, survey: Survey) -> Iterator[Group]:
        """First those whose rows follow one another, in the order of the file, then the others by name."""
        with Sorter() as scattered:
            yield from self._adjacent(source, survey, scattered)
            yield from self._gathered(scattered)

    def _adjacent(self, source: Source, survey: Survey, scattered: Sorter) -> Iterator[Group]:
        apart: set[str] | None = survey.notes["scattered"]
        with source.text(survey.encoding) as text:
            rows = self._open(source, text)
            place, width, most = self._place, len(self.header), _MAX_LINES
            group, last, is_apart, is_blank = Group(""), None, False, False
            for before, row in rows:
                if len(row) < 2 and not (row := self._narrow(row)):
                    continue
                name = row[place] if len(row) > place else ""
                if name != last or is_blank:
                    if group.rows:
                        yield group
                    last, group = name, Group(name.strip())
                    is_blank = not group.name
                    is_apart = not is_blank and (apart is None or group.name in apart)
                if is_apart:
                    scattered.add((group.name, before + 1), row)
                elif len(row) == width and len(group.rows) < most:
                    group.rows.append((before + 1, row))
                else:
                    self._add(group, (before + 1, row))
            if group.rows:
                yield group

    def _gathered(self, scattered: Sorter) -> Iterator[Group]:
        group = Group("")
        for (name, line), row in scattered:
            if name != group.name:
                if group.rows:
                    yield group
                group = Group(name)
            self._add(group, (line, row))
        if group.rows:
            yield group

    def _add(self, group: Group, each: Row) -> None:
        line, row = each
        if len(row) != len(self.header):
            fault = f"The row has {len(row)} columns, the header {len(self.header)}."
            group.fault = group.fault or (line, fault)
        if len(group.rows) < _MAX_LINES:
            group.rows.append(each)
        else:
            group.fault = (line, f"The {self._thing} has more than {_MAX_LINES} lines.")


def _unwrapped(row: list[str], delimiter: str) -> list[str]:
    """What is inside of a row that is one quoted cell; the row as it stands where that is no row."""
    if len(row) != 1 or delimiter not in row[0]:
        return row
    try:
        inside = list(csv.reader(io.StringIO(row[0], newline=""), delimiter=delimiter, strict=True))
    except csv.Error:
        return row
    return inside[0] if len(inside) == 1 else row


def header_of(head: bytes) -> tuple[list[str], str]:
    """The names in the first line, and what separates them."""
    line = head.removeprefix(b"\xef\xbb\xbf").splitlines()[0].decode("latin-1")
    delimiter = max(_DELIMITERS, key=line.count)
    try:
        return _unwrapped(next(csv.reader([line], delimiter=delimiter), []), delimiter), delimiter
    except csv.Error:
        return [], delimiter


def require_columns(
    wanted: Sequence[str], titles: Sequence[str], header: Sequence[str], plain: Callable[[str], str]
) -> None:
    """Raises ValueError when a column that is wanted is missing, or comes twice. titles: what they are called."""
    names = list(map(plain, header))
    missing = [title for name, title in zip(wanted, titles, strict=True) if name not in names]
    if missing:
        found = ", ".join(header)[:300]
        raise ValueError(f"column {', '.join(missing)} is missing. The header is: {found}")
    twice = [title for name, title in zip(wanted, titles, strict=True) if names.count(name) > 1]
    if twice:
        raise ValueError(f"column {', '.join(twice)} comes twice.")


def as_csv(row: Sequence[str]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(row)  # without one, line breaks in cells would not be quoted
    return text.getvalue()[:-1]


def csv_problem(problem: csv.Error) -> str:
    """What the reader of CSV says, for people."""
    said = str(problem)
    if said == "unexpected end of data":
        return "a quotation mark is opened and never closed."
    if said.startswith("field larger than field limit"):
        return "a cell is endless; a quotation mark is missing."
    return f"this is no CSV: {said}."


def _first(pattern: re.Pattern[bytes], source: Source) -> int:
    seen = 0
    for block in source.blocks():
        if found := pattern.search(block):
            return seen + found.start()
        seen += len(block)
    return 0
