"""The file format of counts: CSV with a header, read row by row (docs/stock.md). It touches no database."""

from __future__ import annotations

import csv
import gzip
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

from django.utils.translation import gettext_lazy as _

from oms.core.errors import DomainError

REQUIRED: Final = ("sku", "title", "location", "on_hand")
OPTIONAL: Final = (
    "location_name",
    "priority",
    "allow_backorder",
    "is_stocked",
    "requires_shipping",
    "safety_stock",
    "low_stock_threshold",
    "barcode",
)
MOST: Final = 2_147_483_647
_LONGEST_LINE: Final = 1_000_000  # characters; a file without line ends is not read into memory whole


class UnreadableStockFile(DomainError):
    """The file as a whole cannot be used: nothing was imported."""

    code = "unreadable_stock_file"
    message = _("%(file)s: %(reason)s")


@dataclass(frozen=True, slots=True, kw_only=True)
class StockRow:
    """One row. None: the cell is empty or the column missing, and what is known stays as it is."""

    line: int
    raw: str
    sku: str
    location: str
    title: str | None = None
    on_hand: int | None = None
    location_name: str | None = None
    priority: int | None = None
    allow_backorder: bool | None = None
    is_stocked: bool | None = None
    requires_shipping: bool | None = None
    safety_stock: int | None = None
    low_stock_threshold: int | None = None
    barcode: str | None = None


@dataclass(frozen=True, slots=True)
class Reject:
    """A row that was refused. line: where it begins, the header is line 1. raw: the row as it stands in the file."""

    line: int
    column: str
    reason: str
    raw: str


def read(path: Path) -> Iterator[StockRow | Reject]:
    """The rows of a file, good and bad, in order; empty lines are passed over. `.gz` is unpacked.

    UTF-8 with or without BOM; comma, semicolon or tab, whichever the header uses; any line ends; quoted cells. Raises
    UnreadableStockFile when the file or its header cannot be used.
    """
    with _opened(path) as stream:
        lines = _Lines(stream)
        header_line = lines.peek()
        reader = csv.reader(lines, delimiter=_delimiter(header_line), strict=True)
        header = _header(path, reader)
        while True:
            line = lines.take()
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as problem:
                yield Reject(line, "", f"Not CSV: {problem}.", lines.raw())
                continue
            if any(cell.strip() for cell in cells):
                yield _row(line, lines.raw(), header, cells)


@contextmanager
def _opened(path: Path) -> Iterator[IO[str]]:
    """Undecodable bytes become lone surrogates, so that only their row is refused."""
    try:
        with path.open("rb") as probe:
            packed = probe.read(2) == b"\x1f\x8b"
        opener: Callable[..., Any] = gzip.open if packed else open
        with opener(path, "rt", encoding="utf-8-sig", errors="surrogateescape", newline="") as stream:
            yield stream
    except (OSError, EOFError) as problem:
        reason = getattr(problem, "strerror", None) or str(problem)
        raise UnreadableStockFile(file=str(path), reason=f"cannot be read: {reason}.") from None


class _Lines:
    """The lines of a file for the csv reader, which remembers those that make up the present row, and their number."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream
        self._held: list[str] = []
        self._pending: str | None = None
        self._number = 0

    def peek(self) -> str:
        self._pending = self._stream.readline(_LONGEST_LINE)
        return self._pending

    def take(self) -> int:
        """Begin a row: the number of its first line."""
        self._held = []
        return self._number + 1

    def raw(self) -> str:
        text = "".join(self._held).rstrip("\r\n").replace("\x00", "\\x00")
        return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._stream.readline(_LONGEST_LINE) if self._pending is None else self._pending
        self._pending = None
        if not line:
            raise StopIteration
        self._number += line.endswith(("\n", "\r"))
        self._held.append(line)
        return line


def _delimiter(header: str) -> str:
    return max(",;\t", key=header.count)


def _header(path: Path, reader: Iterator[list[str]]) -> list[str]:
    try:
        names = [re.sub(r"[\s-]+", "_", name.strip().lower()) for name in next(reader)]
    except (StopIteration, csv.Error):
        raise UnreadableStockFile(file=str(path), reason="there is no header.") from None
    problems = [f"column {name} is missing" for name in REQUIRED if name not in names]
    problems += [f"column {name!r} is not known" for name in names if name not in (*REQUIRED, *OPTIONAL)]
    problems += [f"column {name} comes twice" for name in dict.fromkeys(names) if names.count(name) > 1]
    if problems:
        known = f"Known are {', '.join((*REQUIRED, *OPTIONAL))}."
        raise UnreadableStockFile(file=str(path), reason=f"{'; '.join(problems)}. {known}"[:1000])
    return names


def _row(line: int, raw: str, header: list[str], cells: list[str]) -> StockRow | Reject:
    if len(cells) != len(header):
        return Reject(line, "", f"{len(cells)} cells, the header has {len(header)}.", raw)
    values: dict[str, Any] = {}
    problems: list[tuple[str, str]] = []
    for column, cell in zip(header, cells, strict=True):
        try:
            values[column] = _READERS[column](cell.strip())
        except ValueError as problem:
            problems.append((column, str(problem)))
    problems += _contradictions(values, {column for column, _ in problems})
    if problems:
        columns = ", ".join(column for column, _ in problems)
        return Reject(line, columns, " ".join(f"{column}: {reason}" for column, reason in problems), raw)
    return StockRow(line=line, raw=raw, **values)


def _contradictions(values: Mapping[str, Any], failed: set[str]) -> Iterator[tuple[str, str]]:
    """What no single cell can tell: a stocked item has a location and a count, another has neither."""
    if values.get("is_stocked") is False:
        if values.get("on_hand"):
            yield "on_hand", f"{values['on_hand']} counted of what is not stocked."
        return
    if not values.get("location", "-"):
        yield "location", "is missing."
    if values.get("on_hand") is None and "on_hand" not in failed:
        yield "on_hand", "is missing."


def _text(most: int, *, required: bool = False) -> Callable[[str], str | None]:
    def read_text(cell: str) -> str | None:
        if not cell:
            if required:
                raise ValueError("is missing.")
            return None
        if len(cell) > most:
            raise ValueError(f"{len(cell)} characters, {most} at most.")
        if any(character < " " and character not in "\t\r\n" for character in cell):
            raise ValueError("holds a control character.")
        if any("\ud800" <= character <= "\udfff" for character in cell):
            raise ValueError("is not UTF-8.")
        return cell

    return read_text


def _code(cell: str) -> str:
    if cell and not re.fullmatch(r"[A-Za-z0-9_-]{1,60}", cell):
        shown = cell[:60].encode("utf-8", "backslashreplace").decode()
        raise ValueError(
            f"{shown!r} is not a code (at most 60 letters, digits, hyphens, underscores); a name goes to location_name."
        )
    return cell


def _count(cell: str) -> int | None:
    if not cell:
        return None
    if not re.fullmatch(r"[+-]?[0-9]{1,20}", cell):
        shown = cell[:40].encode("utf-8", "backslashreplace").decode()
        raise ValueError(f"{shown!r} is not a whole number.")
    if not 0 <= int(cell) <= MOST:
        raise ValueError(f"{int(cell)} is below 0." if int(cell) < 0 else f"{int(cell)} is above {MOST}.")
    return int(cell)


_YES: Final = {"yes", "y", "true", "1"}
_NO: Final = {"no", "n", "false", "0"}


def _yes_or_no(cell: str) -> bool | None:
    word = cell.lower()
    if word in _YES | _NO:
        return word in _YES
    if word:
        shown = cell[:40].encode("utf-8", "backslashreplace").decode()
        raise ValueError(f"{shown!r} is neither yes nor no.")
    return None


_READERS: Final[dict[str, Callable[[str], Any]]] = {
    "sku": _text(100, required=True),
    "title": _text(255),
    "location": _code,
    "on_hand": _count,
    "location_name": _text(120),
    "priority": _count,
    "allow_backorder": _yes_or_no,
    "is_stocked": _yes_or_no,
    "requires_shipping": _yes_or_no,
    "safety_stock": _count,
    "low_stock_threshold": _count,
    "barcode": _text(60),
}
