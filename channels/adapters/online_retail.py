"""The invoice lines of an online retailer, as in the UCI data set "Online Retail": CSV, one row per line of an invoice.

What the records mean is in `online_retail_rules`; here is how they are found in the file. Rows of an invoice may be
anywhere: the survey remembers which invoices come again after others, and only their rows are sorted, on disk. Credits
are given last, by time and number, for they look for the sales before them.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from hashlib import sha256
from operator import itemgetter
from typing import IO, Any, ClassVar, Final

from channels.adapters import online_retail_rules as rules
from channels.adapters.base import Kind, RawRecord, Rejected, SourceDefaults, SourceRecord
from channels.adapters.files import Fingerprint, Source, Survey, UnreadableFile
from channels.adapters.spool import Seen, Sorter

COLUMNS: Final = (
    "InvoiceNo",
    "StockCode",
    "Description",
    "Quantity",
    "InvoiceDate",
    "UnitPrice",
    "CustomerID",
    "Country",
)
_ALIASES: Final = {"invoice": "invoiceno", "price": "unitprice"}  # the second edition of the data set
_DELIMITERS: Final = ",;\t"
_ENCODINGS: Final = ("utf-8-sig", "cp1252")
_NOT_CP1252: Final = re.compile(rb"[\x81\x8d\x8f\x90\x9d]")
_MAX_LINES: Final = 20_000  # of one invoice
_MAX_SCATTERED: Final = 50_000  # invoices that are remembered by number; beyond, the whole file is sorted
_Row = tuple[int, list[str]]


def _plain(name: str) -> str:
    plain = "".join(filter(str.isalnum, name)).lower()
    return _ALIASES.get(plain, plain)


class OnlineRetailFormat:
    name: ClassVar[str] = "online-retail"

    def __init__(self) -> None:
        self._header: list[str] = []
        self._pick: Any = None

    def recognises(self, head: bytes) -> bool:
        """At least half of the columns are there: a file that lacks some is ours, and is told which."""
        known = {_plain(name) for name in COLUMNS}
        return len(known & set(map(_plain, _header_of(head)[0]))) >= len(known) // 2

    def survey(self, source: Source) -> Survey:
        for encoding in _ENCODINGS:
            try:
                return self._survey(source, encoding)
            except UnicodeDecodeError:
                continue
            except csv.Error as problem:
                raise source.unreadable(f"line {self._reader.line_num}: {_csv_problem(problem)}") from None
        line, column = source.position(_first(_NOT_CP1252, source))
        raise source.unreadable(f"line {line}, column {column}: the text is neither UTF-8 nor Windows-1252.")

    def _survey(self, source: Source, encoding: str) -> Survey:
        fingerprint = Fingerprint(source)
        seen, scattered = Seen(), set[str]()
        with source.text(encoding, fingerprint) as text:
            place = self._open(source, text)
            last = None
            for row in self._reader:
                number = row[place] if len(row) > place else ""
                if number != last:
                    last = number
                    number = number.strip()
                    if number and seen.add(number) and len(scattered) <= _MAX_SCATTERED:
                        scattered.add(number)
            lines = self._reader.line_num - self._header_lines
            while text.read(1024 * 1024):  # the checks of the packing stand at its end
                pass
        if not lines:
            raise source.unreadable("there is a header and no rows.")
        notes = {"scattered": scattered if len(scattered) <= _MAX_SCATTERED else None}
        return Survey(lines=lines, fingerprint=fingerprint.hexdigest(), encoding=encoding, notes=notes)

    def _open(self, source: Source, text: IO[str]) -> int:
        """Read the header; where in a row the invoice number stands."""
        _, delimiter = _header_of(source.head)
        self._reader = csv.reader(text, delimiter=delimiter, strict=True)
        self._header = [name.strip() for name in next(self._reader)]
        self._header_lines = self._reader.line_num
        names = [_plain(name) for name in self._header]
        wanted = [_plain(name) for name in COLUMNS]
        missing = [name for name, plain in zip(COLUMNS, wanted, strict=True) if plain not in names]
        twice = [name for name, plain in zip(COLUMNS, wanted, strict=True) if names.count(plain) > 1]
        if missing:
            found = ", ".join(self._header)[:300]
            raise source.unreadable(f"line 1: column {', '.join(missing)} is missing. The header is: {found}")
        if twice:
            raise source.unreadable(f"line 1: column {', '.join(twice)} comes twice.")
        self._pick = itemgetter(*(names.index(plain) for plain in wanted))
        return names.index(wanted[0])

    def records(self, source: Source, survey: Survey) -> Iterator[RawRecord]:
        with Sorter() as credits_, Sorter() as scattered:
            for raw in self._adjacent(source, survey, scattered):
                if raw.kind is Kind.CREDIT:
                    credits_.add(self._when(raw), [raw.external_id, raw.rows, _reason(raw)], raw.size)
                else:
                    yield raw
            for raw in _grouped(scattered, len(self._header)):
                if raw.kind is Kind.CREDIT:
                    credits_.add(self._when(raw), [raw.external_id, raw.rows, _reason(raw)], raw.size)
                else:
                    yield raw
            for _, (number, rows, reason) in credits_:
                yield _record(number, [(line, row) for line, row in rows], reason)

    def _adjacent(self, source: Source, survey: Survey, scattered: Sorter) -> Iterator[RawRecord]:
        """The invoices whose rows follow one another; the rows of the others go to `scattered`."""
        apart: set[str] | None = survey.notes["scattered"]
        with source.text(survey.encoding) as text:
            place = self._open(source, text)
            reader, width = self._reader, len(self._header)
            rows: list[_Row] = []
            last, begins = None, reader.line_num + 1
            reason = ""
            for row in reader:
                line, begins = begins, reader.line_num + 1
                if not row:
                    continue
                number = row[place] if len(row) > place else ""
                if number != last or not number.strip():
                    if rows:
                        yield _record(str(last).strip(), rows, reason)
                    last, rows, reason = number, [], ""
                    is_apart = bool(number.strip()) and (apart is None or number.strip() in apart)
                if is_apart:
                    scattered.add((number.strip(), line), row)
                    continue
                if len(row) != width:
                    reason = reason or _wrong_width(line, row, width)
                if len(rows) < _MAX_LINES:
                    rows.append((line, row))
                else:
                    reason = _too_many(line)
            if rows:
                yield _record(str(last).strip(), rows, reason)

    def _when(self, raw: RawRecord) -> tuple[str, str]:
        """Credits are worked on by time and number. One without a time that can be read comes first, to be refused."""
        if raw.problem:
            return "", raw.external_id
        times = [rules.parse_time(self._pick(row)[4]) for _, row in raw.rows]
        return min((time.isoformat() if time else "" for time in times), default=""), raw.external_id

    def digest(self, raw: RawRecord) -> str:
        """Over the eight columns of its rows. The order of the rows and of the columns does not count."""
        pick = self._pick
        return sha256("\n".join(sorted(["\x1f".join(pick(row)) for _, row in raw.rows])).encode()).hexdigest()

    def read(self, raw: RawRecord, defaults: SourceDefaults) -> SourceRecord:
        if raw.problem:
            raise raw.problem
        pick = self._pick
        try:
            lines, rows = zip(*raw.rows, strict=True)
            return rules.understand(raw, rules.Rows(lines, *zip(*map(pick, rows), strict=True)), defaults)
        except Rejected as reject:
            reject.raw = next((_as_csv(row) for line, row in raw.rows if line == reject.line), "")
            raise

    def locate(self, raw: RawRecord, pointer: str) -> tuple[int, str, str]:
        """A pointer to an item leads to its row; of an item, quantity and price have columns."""
        parts = pointer.split("/")
        line = raw.line
        if raw.record and len(parts) > 2 and parts[1] == "items":
            line = raw.record.item_lines[int(parts[2])]
        column = {"quantity": "Quantity", "unit_price": "UnitPrice", "sku": "StockCode"}.get(parts[-1], "")
        return line, column, next((_as_csv(row) for at, row in raw.rows if at == line), "")

    def raw_json(self, raw: RawRecord) -> Any:
        return {"columns": self._header, "rows": [{"line": line, "values": row} for line, row in raw.rows]}


def _record(number: str, rows: list[_Row], reason: str) -> RawRecord:
    raw = RawRecord(number, rows[0][0], len(rows), rows)
    if rules.is_credit(number):
        raw.kind = Kind.CREDIT
        raw.weight = raw.size * 8  # the sales it may give back are looked at with it
    if reason:
        line, _, sentence = reason.partition("|")
        at_fault = next((row for at, row in rows if at == int(line)), [])
        raw.problem = Rejected(sentence, line=int(line), raw=_as_csv(at_fault))
    return raw


def _reason(raw: RawRecord) -> str:
    return f"{raw.problem.line}|{raw.problem.reason}" if raw.problem else ""


def _wrong_width(line: int, row: list[str], width: int) -> str:
    return f"{line}|The row has {len(row)} columns, the header {width}."


def _too_many(line: int) -> str:
    return f"{line}|The invoice has more than {_MAX_LINES} lines."


def _grouped(scattered: Sorter, width: int) -> Iterator[RawRecord]:
    """The invoices whose rows lay apart, by number, their rows in the order of the file."""
    rows: list[_Row] = []
    last, reason = "", ""
    for (number, line), row in scattered:
        if number != last and rows:
            yield _record(last, rows, reason)
            rows, reason = [], ""
        last = number
        if len(row) != width:
            reason = reason or _wrong_width(line, row, width)
        if len(rows) < _MAX_LINES:
            rows.append((line, row))
        else:
            reason = _too_many(line)
    if rows:
        yield _record(last, rows, reason)


def _header_of(head: bytes) -> tuple[list[str], str]:
    """The names in the first line, and what separates them."""
    line = head.removeprefix(b"\xef\xbb\xbf").splitlines()[0].decode("latin-1")
    delimiter = max(_DELIMITERS, key=line.count)
    try:
        return next(csv.reader([line], delimiter=delimiter), []), delimiter
    except csv.Error:
        return [], delimiter


def _csv_problem(problem: csv.Error) -> str:
    known = {
        "unexpected end of data": "a quotation mark is opened and never closed.",
        "field larger than field limit (131072)": "a field is endless; a quotation mark is missing.",
    }
    return known.get(str(problem), f"this is no CSV: {problem}.")


def _first(pattern: re.Pattern[bytes], source: Source) -> int:
    seen = 0
    for block in source.blocks():
        if found := pattern.search(block):
            return seen + found.start()
        seen += len(block)
    return 0


def _as_csv(row: list[str]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow(row)
    return text.getvalue()


__all__ = ["COLUMNS", "OnlineRetailFormat", "UnreadableFile"]
