"""Finding the orders in a Shopify export: which rows are one order, and what it is known by."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC
from hashlib import sha256
from operator import itemgetter
from typing import Any, ClassVar, Final

from channels.adapters.base import RawRecord, Rejected, SourceDefaults, SourceRecord
from channels.adapters.csv_groups import CsvGroups, Group, as_csv, header_of, require_columns
from channels.adapters.csv_groups import Row as Cut
from channels.adapters.files import Source, Survey
from channels.adapters.shopify import columns, rules
from channels.adapters.shopify.cells import id_of, time_of
from channels.adapters.shopify.columns import Row

_POINTERS: Final = {
    "credit_lines": "refunded_amount",
    "discounts": "discount_amount",
    "payments": "total",
    "quantity": "lineitem_quantity",
    "quantity_fulfilled": "lineitem_fulfillment_status",
    "shipping_methods": "shipping",
    "sku": "lineitem_sku",
    "tax_lines": "taxes",
    "unit_price": "lineitem_price",
}
_ENOUGH: Final = 6  # columns of an export that lacks some, to be told which


@dataclass(slots=True)
class _Order:
    """Rows that are one order. id, created: as the file writes them, "" where no row has it."""

    id: str
    created: str
    rows: list[Cut] = field(default_factory=list)


class ShopifyFormat:
    name: ClassVar[str] = "shopify"
    columns: ClassVar[Mapping[str, bool]] = columns.TITLES

    def __init__(self) -> None:
        self._table = CsvGroups(self._understand_header, thing="order")
        self._pick: Any = None
        self._places: list[int] = []

    def recognises(self, head: bytes) -> bool:
        """By columns that no other export has."""
        known = columns.KNOWN.intersection(columns.names(header_of(head)[0]))
        return "name" in known and len(known) >= _ENOUGH and any(name.startswith("lineitem") for name in known)

    def survey(self, source: Source) -> Survey:
        return self._table.survey(source)

    def _understand_header(self, header: list[str]) -> int:
        """Where in a row the order's name stands. Raises ValueError."""
        wanted = [name.replace("_", "") for name in columns.REQUIRED]
        require_columns(wanted, list(columns.REQUIRED.values()), header, columns.letters)
        names = columns.names(header)
        twice = [title for title, name in zip(header, names, strict=True) if names.count(name) > 1]
        if twice := [title for title in twice if columns.letters(title) in columns.KNOWN]:
            raise ValueError(f"column {', '.join(twice)} comes twice.")
        self._places = columns.places(header)
        self._pick = itemgetter(*self._places)
        return self._places[Row._fields.index("name")]

    def records(self, source: Source, survey: Survey) -> Iterator[RawRecord]:
        for group in self._table.groups(source, survey):
            if group.name:
                yield from self._of_group(group)
            elif any(map(str.strip, group.rows[0][1])):
                yield _refused(group.rows, "", group.rows[0][0], "The name of the order is empty.", self._title("name"))

    def _of_group(self, group: Group) -> Iterator[RawRecord]:
        """The orders of one name. Most names are one order; a shop may well give a name again."""
        if group.fault:
            yield _refused(group.rows, group.name, *group.fault)
            return
        place, when = self._places[Row._fields.index("id")], self._places[Row._fields.index("created_at")]
        told = [((row[place].strip() if place < len(row) else ""), row[when].strip()) for _, row in group.rows]
        ids, times = {id_ for id_, _ in told} - {""}, {created for _, created in told} - {""}
        if len(ids) < 2 and len(times) < 2:
            yield self._record(group.name, _Order("".join(ids), "".join(times), group.rows))
            return
        orders, stray = _apart(group.rows, told)
        for order in sorted(orders, key=lambda order: order.rows[0][0]):
            yield self._record(group.name, order)
        for row in stray:
            reason = f"There are several orders called {group.name[:80]}; of which this row is cannot be told."
            yield _refused([row], group.name, row[0], reason, self._title("name"))

    def _record(self, name: str, order: _Order) -> RawRecord:
        raw = RawRecord(_key(name, order), order.rows[0][0], len(order.rows), order.rows)
        if order.id and id_of(order.id) is None:
            reason = f"{order.id[:40]!r} is not the number of an order; a spreadsheet may have rounded it."
            return _refused(order.rows, name, raw.line, reason, self._title("id"))
        if len(raw.external_id) > 190:
            reason = "The name of the order is too long: with its time it has more than 190 characters."
            return _refused(order.rows, name[:190], raw.line, reason, self._title("name"))
        return raw

    def digest(self, raw: RawRecord) -> str:
        """Over the columns that are known here. The order of rows and of columns, and line ends, do not count."""
        pick = self._pick
        said = "\n".join(sorted(["\x1f".join(pick([*row, ""])) for _, row in raw.rows]))
        return sha256(said.replace("\r\n", "\n").encode()).hexdigest()

    def read(self, raw: RawRecord, defaults: SourceDefaults) -> SourceRecord:
        if raw.problem:
            raise raw.problem
        pick = self._pick
        try:
            rows = [(line, Row._make(pick([*row, ""]))) for line, row in raw.rows]
            return rules.understand(raw, rows, defaults)
        except Rejected as reject:
            reject.column = self._title(reject.column)
            reject.raw = _text(raw.rows, reject.line)
            raise

    def locate(self, raw: RawRecord, pointer: str) -> tuple[int, str, str]:
        """A pointer to an item leads to its row, others to the first; the part that names a column names it."""
        parts = pointer.split("/")
        line = raw.line
        if raw.record and len(parts) > 2 and parts[1] == "items":
            line = raw.record.item_lines[int(parts[2])]
        known = next((_POINTERS[part] for part in reversed(parts) if part in _POINTERS), "")
        return line, self._title(known), _text(raw.rows, line)

    def raw_json(self, raw: RawRecord) -> Any:
        return {"columns": self._table.header, "rows": [{"line": line, "values": row} for line, row in raw.rows]}

    def _title(self, field_: str) -> str:
        """What this file calls a field of a row."""
        if field_ not in Row._fields:
            return field_
        place = self._places[Row._fields.index(field_)]
        header = self._table.header
        return header[place] if place < len(header) else columns.title(field_)


def _apart(rows: Sequence[Cut], told: Sequence[tuple[str, str]]) -> tuple[list[_Order], list[Cut]]:
    """The orders among rows of one name, and the rows that may be of several.

    A row is of the order of its id, else of its time; one that has neither is of the row right above it.
    """
    orders: list[_Order] = []
    stray: list[Cut] = []
    last: _Order | None = None
    end = 0
    for row, (id_, created) in zip(rows, told, strict=True):
        line = row[0]
        same_time = [order for order in orders if created and order.created == created]
        if id_:
            found = [order for order in orders if order.id == id_] or [each for each in same_time if not each.id]
        elif created:
            found = [last] if last in same_time and line == end and last else same_time
        else:
            found = [last] if last and line == end else []
        if not found and (id_ or created):
            found = [_Order(id_, created)]
            orders += found
        last = found[0] if len(found) == 1 else None
        end = line + 1 + sum([cell.count("\n") for cell in row[1]])
        if last is None:
            stray.append(row)
            continue
        last.id, last.created = last.id or id_, last.created or created
        last.rows.append(row)
    return orders, stray


def _key(name: str, order: _Order) -> str:
    """The number Shopify gave the order; in files that lack it, its name and the instant it was made."""
    if order.id:
        return id_of(order.id) or ""
    when = time_of(order.created)
    if when is None:
        return name
    instant = f"{when.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if when.tzinfo else f"{when:%Y-%m-%dT%H:%M:%S}"
    return f"{name} {instant}"


def _refused(rows: Sequence[Cut], name: str, line: int, reason: str, column: str = "") -> RawRecord:
    problem = Rejected(reason, line=line, column=column, raw=_text(rows, line))
    return RawRecord(name, rows[0][0], len(rows), rows, problem=problem)


def _text(rows: Sequence[Cut], line: int) -> str:
    return next((as_csv(row) for at, row in rows if at == line), "")
