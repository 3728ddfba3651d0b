"""What a format of orders is: it recognises a file, checks it as a whole, and gives its records one after the other.

A file is read twice. `survey` sees all of it before anything is written, so that a file which cannot be read to its end
writes nothing. `records` then yields what was sent under one number (`RawRecord`) in the order in which it is worked
on, which depends on nothing but the file: a run that was killed counts its way back. Only a record that is new or has
changed is looked into (`read`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, ClassVar, Protocol, runtime_checkable

from channels.adapters.files import Source, Survey
from orders.requests import OrderRequest

__all__ = ["Columned", "DocumentLine", "Format", "Kind", "RawRecord", "Rejected", "SourceDefaults", "SourceRecord"]


class Kind(StrEnum):
    """What a record is."""

    SALE = "sale"
    CREDIT = "credit"
    WRITE_OFF = "write_off"
    SAMPLE = "sample"


class Rejected(Exception):
    """A record cannot be taken. line: in the file, the header is line 1; column: its header or JSON pointer, or "".

    raw: the row at fault as it stands in the file; the whole record is kept beside it.
    """

    def __init__(self, reason: str, *, line: int, column: str = "", raw: str = "") -> None:
        self.reason = reason
        self.line = line
        self.column = column
        self.raw = raw
        super().__init__(reason)

    def __reduce__(self) -> tuple[Any, ...]:
        return _rejected, (self.reason, self.line, self.column, self.raw)


def _rejected(reason: str, line: int, column: str, raw: str) -> Rejected:
    """Put together again what another process refused."""
    return Rejected(reason, line=line, column=column, raw=raw)


@dataclass(slots=True)
class RawRecord:
    """What a file says under one number, not looked into yet.

    external_id: "" where there is none. line: where it begins. rows: as the format reads them; size: how many lines of
    the file; weight: about how many lines of orders, where that is more. kind: where it can be told. problem: found
    while it was put together or looked into; then it is a reject. digest, record: once it was looked into.
    """

    external_id: str
    line: int
    size: int
    rows: Sequence[Any]
    kind: Kind | None = None
    problem: Rejected | None = None
    weight: int = 0
    digest: str = ""
    record: SourceRecord | None = None


@dataclass(frozen=True, slots=True)
class DocumentLine:
    """A line of a credit note or a write-off, signed as in the source. amount: rounded to the currency."""

    sku: str
    title: str
    quantity: int
    unit_price: Decimal
    amount: Decimal


@dataclass(slots=True)
class SourceRecord:
    """A record that was understood: a sale or a sample has a request, a credit or a write-off its lines.

    item_lines: where in the file each item of the request stands, where a record has more than one line.
    """

    external_id: str
    kind: Kind
    line: int
    size: int
    item_lines: list[int] = field(default_factory=list)
    digest: str = ""
    request: OrderRequest | None = None
    lines: list[DocumentLine] = field(default_factory=list)
    customer_ref: str = ""
    issued_at: datetime | None = None
    currency: str = ""

    @property
    def total(self) -> Decimal:
        """Of a document: the sum of its lines."""
        return sum([line.amount for line in self.lines], Decimal(0))


@dataclass(frozen=True, slots=True)
class SourceDefaults:
    """What the channel says where a source does not.

    currency: ISO 4217 or "". time_zone: IANA name. past: the records are sales that are over (stock policy "skip").
    channel_code: a record that names another channel is refused.
    """

    channel_code: str
    currency: str
    time_zone: str
    past: bool


@runtime_checkable
class Columned(Protocol):
    """A format of CSV files that tells its columns, so that a file which calls them otherwise can be read as well.

    columns: what they are called; whether a file must have it.
    """

    columns: ClassVar[Mapping[str, bool]]


class Format(Protocol):
    """A format of orders. An instance is made for one reading of one file."""

    name: ClassVar[str]

    def recognises(self, head: bytes) -> bool:
        """Whether a file that begins like this (up to 64 KB) may be of this format."""
        ...

    def survey(self, source: Source) -> Survey:
        """Read the whole file once: it can be read to its end, and is what it should be. Raises UnreadableFile."""
        ...

    def records(self, source: Source, survey: Survey) -> Iterator[RawRecord]:
        """The records in working order, the same each time; memory does not grow with the file."""
        ...

    def digest(self, raw: RawRecord) -> str:
        """SHA-256 of what the record says."""
        ...

    def read(self, raw: RawRecord, defaults: SourceDefaults) -> SourceRecord:
        """Look into a record. Raises Rejected with the first thing that is wrong."""
        ...

    def locate(self, raw: RawRecord, pointer: str) -> tuple[int, str, str]:
        """Where in the file a pointer into the request of a record leads: line, column, and that row as it stands."""
        ...

    def raw_json(self, raw: RawRecord) -> Any:
        """The whole record as JSON, to be kept with a reject."""
        ...
