"""What the parts of an import share."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Self
from uuid import UUID

from channels.adapters.base import Format, Kind, RawRecord, Rejected, SourceDefaults
from channels.adapters.files import Source, Survey
from channels.enums import StockPolicy
from channels.models import ImportLane, ImportRun
from channels.rows import RejectRow
from channels.services.import_figures import Figures
from inventory.services.goods import Memory
from oms.core import ids
from oms.core.actors import Actor
from orders.services.placement import Selling


class Stopped(Exception):
    """The import is to stop at this record (on_error "stop"); those before it are committed."""

    def __init__(self, raw: RawRecord, reject: Rejected) -> None:
        self.raw = raw
        self.reject = reject
        super().__init__(reject.reason)


@dataclass(slots=True)
class Lane:
    """One worker's share of the records of a run, and how far it is. Its row in `table` says so in the database.

    Which records are its own depends on nothing but their numbers and on how many workers there are, so a run that was
    killed deals them out the same way. Credits are the first lane's: they look for the sales of all.
    """

    table: str
    id: UUID
    number: int
    of: int
    cursor: int
    lines_committed: int

    @classmethod
    def first(cls, run: ImportRun) -> Self:
        return cls("channels_importrun", run.pk, 0, run.workers, run.cursor, run.lines_committed)

    @classmethod
    def further(cls, row: ImportLane, workers: int) -> Self:
        return cls("channels_importlane", row.pk, row.number, workers, row.cursor, row.lines_committed)

    def own(self, records: Iterator[RawRecord]) -> Iterator[RawRecord]:
        return records if self.of == 1 else filter(self._is_own, records)

    def _is_own(self, raw: RawRecord) -> bool:
        if raw.kind is Kind.CREDIT:
            return self.number == 0
        return zlib.crc32(raw.external_id.encode()) % self.of == self.number


@dataclass(slots=True, kw_only=True)
class Job:
    """One file on its way into one channel, as one of its workers sees it."""

    run: ImportRun
    lane: Lane
    format: Format
    source: Source
    survey: Survey
    selling: Selling
    defaults: SourceDefaults
    stock: StockPolicy
    stop_at_error: bool
    actor: Actor
    figures: Figures
    analyzed: bool = False
    meanwhile: Callable[[], None] | None = None
    goods: Memory = field(default_factory=Memory)

    @property
    def run_id(self) -> UUID:
        run_id: UUID = self.run.pk
        return run_id

    def in_lane(self, row: ImportLane) -> Job:
        """The same job for another worker."""
        return replace(self, lane=Lane.further(row, self.run.workers), figures=Figures.of(row.figures))

    def read(self, raw: RawRecord) -> None:
        """Look into a record, once: afterwards it has a digest, and a record or a problem."""
        if raw.problem or raw.record:
            return
        try:
            raw.digest = raw.digest or self.format.digest(raw)
            raw.record = self.format.read(raw, self.defaults)
            raw.record.digest = raw.digest
        except Rejected as reject:
            raw.problem = reject

    def reject_row(self, raw: RawRecord, reject: Rejected) -> RejectRow:
        kept: dict[str, Any] = {"row": reject.raw} | self.format.raw_json(raw)
        return RejectRow(
            id=ids.new_id(),
            run_id=self.run_id,
            line=reject.line,
            column=reject.column[:120],
            reason=reject.reason,
            external_id=raw.external_id[:190],
            raw=kept,
        )
