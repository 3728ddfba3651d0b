"""The rejects of an import as a CSV file that people open in a spreadsheet, mend and send again."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Final
from uuid import UUID

from channels.models import ImportReject

_COLUMNS: Final = ("line", "column", "reason", "external_id", "row")
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")


def write(run_id: UUID, path: Path) -> int:
    """Write the rejects of a run in the order of the file; how many. Without any the file holds its header."""
    count = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(_COLUMNS)
        for reject in ImportReject.objects.filter(run_id=run_id).order_by("line", "id").iterator(chunk_size=1000):
            row = (reject.column, reject.reason, reject.external_id, reject.raw.get("row", ""))
            writer.writerow([reject.line, *map(_harmless, row)])
            count += 1
    return count


def _harmless(text: str) -> str:
    """A cell that a spreadsheet would take for a formula gets an apostrophe in front, which it does not show."""
    return f"'{text}" if text.startswith(_FORMULA) else text
