"""What one visit to a source works with, and what it finds."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

from django.utils import timezone
from django.utils.translation import gettext as _now

from channels.enums import RunStatus, SourceRunStatus, StockPolicy
from channels.models import OrderSource, SourceRun
from channels.services import private_files
from channels.services.imports import Outcome, Wish, import_file
from oms.core.actors import Actor, ActorKind

_COUNTS: Final = {"created": "created", "revised": "revised", "unchanged": "unchanged", "rejected": "rejects"}


@dataclass(slots=True)
class Result:
    """What a visit found, so far. whole: everything was fetched and brought in, so the cursor may move."""

    since: datetime | None = None
    cursor: datetime | None = None
    etag: str = ""
    retry_at: datetime | None = None
    pages: int = 0
    files: int = 0
    size: int = 0
    retries: int = 0
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(_COUNTS, 0))
    import_runs: list[str] = field(default_factory=list)
    nothing_new: bool = False
    notes: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def add(self, outcome: Outcome) -> None:
        """Count an import. One that stopped, or a file that was refused, makes the run a failed one."""
        figures = outcome.figures.as_dict()
        for name, figure in _COUNTS.items():
            self.counts[name] += figures[figure]
        self.import_runs.append(str(outcome.run_id))
        if outcome.status is RunStatus.STOPPED:
            self.errors.append(_now("stopped at %s") % outcome.error)

    @property
    def status(self) -> SourceRunStatus:
        if self.errors:
            return SourceRunStatus.FAILED
        if self.counts["rejected"]:
            return SourceRunStatus.PARTIAL
        return SourceRunStatus.NOTHING if self.nothing_new else SourceRunStatus.COMPLETED


@dataclass(frozen=True, slots=True)
class Visit:
    """What a visit works with: the source as it was when it began, and who wants it."""

    source: OrderSource
    run: SourceRun
    spool: Path

    @property
    def actor(self) -> Actor:
        told = self.run.actor
        return Actor(ActorKind(told["kind"]), told["id"], told["label"])

    @property
    def file_name(self) -> str:
        return private_files.safe_name(f"{self.source.name} {timezone.now():%Y-%m-%d %H.%M.%S}")

    def bring_in(self, path: Path, format: str | None) -> Outcome:  # noqa: A002  (the word of the import)
        return import_file(
            wish=Wish(
                path=path,
                channel=self.source.channel.code,
                format=format or None,
                stock=StockPolicy(self.source.stock),
                stop_at_error=self.source.stop_at_error,
            ),
            actor=self.actor,
        )
