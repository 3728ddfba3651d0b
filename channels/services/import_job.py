"""What the parts of an import share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from channels.adapters.base import Format, RawRecord, Rejected, SourceDefaults
from channels.adapters.files import Source, Survey
from channels.enums import StockPolicy
from channels.models import ImportRun
from channels.rows import RejectRow
from channels.services.import_figures import Figures
from oms.core import ids
from oms.core.actors import Actor
from orders.services.placement import Selling


class Stopped(Exception):
    """The import is to stop at this record (on_error "stop"); those before it are committed."""

    def __init__(self, raw: RawRecord, reject: Rejected) -> None:
        self.raw = raw
        self.reject = reject
        super().__init__(reject.reason)


@dataclass(slots=True, kw_only=True)
class Job:
    """One file on its way into one channel."""

    run: ImportRun
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

    @property
    def run_id(self) -> UUID:
        run_id: UUID = self.run.pk
        return run_id

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
