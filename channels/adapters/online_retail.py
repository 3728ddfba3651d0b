"""The invoice lines of an online retailer, as in the UCI data set "Online Retail": CSV, one row per line of an invoice.

What the records mean is in `online_retail_rules`, how their rows are found in `csv_groups`. Credits are given last, by
time and number, for they look for the sales before them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from hashlib import sha256
from operator import itemgetter
from typing import Any, ClassVar, Final

from channels.adapters import online_retail_rules as rules
from channels.adapters.base import Kind, RawRecord, Rejected, SourceDefaults, SourceRecord
from channels.adapters.csv_groups import CsvGroups, Group, as_csv, header_of, require_columns
from channels.adapters.files import Source, Survey
from channels.adapters.spool import Sorter

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


def _plain(name: str) -> str:
    plain = "".join(filter(str.isalnum, name)).lower()
    return _ALIASES.get(plain, plain)


class OnlineRetailFormat:
    name: ClassVar[str] = "online-retail"
    columns: ClassVar[Mapping[str, bool]] = dict.fromkeys(COLUMNS, True)

    def __init__(self) -> None:
        self._table = CsvGroups(self._understand_header, thing="invoice")
        self._pick: Any = None

    def recognises(self, head: bytes) -> bool:
        """At least half of the columns are there: a file that lacks some is ours, and is told which."""
        known = {_plain(name) for name in COLUMNS}
        return len(known & set(map(_plain, header_of(head)[0]))) >= len(known) // 2

    def survey(self, source: Source) -> Survey:
        return self._table.survey(source)

    def _understand_header(self, header: list[str]) -> int:
        """Where in a row the invoice number stands. Raises ValueError."""
        wanted = [_plain(name) for name in COLUMNS]
        require_columns(wanted, COLUMNS, header, _plain)
        names = list(map(_plain, header))
        self._pick = itemgetter(*(names.index(plain) for plain in wanted))
        return names.index(wanted[0])

    def records(self, source: Source, survey: Survey) -> Iterator[RawRecord]:
        with Sorter() as credits_:
            for group in self._table.groups(source, survey):
                raw = _record(group)
                if raw.kind is Kind.CREDIT:
                    credits_.add(self._when(raw), [raw.external_id, raw.rows, group.fault], raw.size)
                else:
                    yield raw
            for _, (number, rows, fault) in credits_:
                yield _record(Group(number, [(line, row) for line, row in rows], tuple(fault) if fault else None))

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
            reject.raw = next((as_csv(row) for line, row in raw.rows if line == reject.line), "")
            raise

    def locate(self, raw: RawRecord, pointer: str) -> tuple[int, str, str]:
        """A pointer to an item leads to its row; of an item, quantity and price have columns."""
        parts = pointer.split("/")
        line = raw.line
        if raw.record and len(parts) > 2 and parts[1] == "items":
            line = raw.record.item_lines[int(parts[2])]
        column = {"quantity": "Quantity", "unit_price": "UnitPrice", "sku": "StockCode"}.get(parts[-1], "")
        return line, column, next((as_csv(row) for at, row in raw.rows if at == line), "")

    def raw_json(self, raw: RawRecord) -> Any:
        return {"columns": self._table.header, "rows": [{"line": line, "values": row} for line, row in raw.rows]}


def _record(group: Group) -> RawRecord:
    raw = RawRecord(group.name, group.rows[0][0], len(group.rows), group.rows)
    if rules.is_credit(group.name):
        raw.kind = Kind.CREDIT
        raw.weight = raw.size * 3  # the sales it may give back are looked at with it
    if group.fault:
        line, sentence = group.fault
        at_fault = next((row for at, row in group.rows if at == line), [])
        raw.problem = Rejected(sentence, line=line, raw=as_csv(at_fault))
    return raw
