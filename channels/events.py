"""What channels tell the world."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from oms.core.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportCompleted(Event):
    """A file was brought in; figures: counts and sums by kind of record, some records may have been rejected."""

    name = "import.completed"
    run_id: str
    channel: str
    format: str
    stock: str
    figures: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportFailed(Event):
    """An import ended before the end of its file. What was committed stays; started again, it goes on."""

    name = "import.failed"
    run_id: str
    channel: str
    format: str
    error: str
    figures: dict[str, Any]
