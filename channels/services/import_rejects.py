"""Rejected records as a file that people mend and send again: whole records, with the reason beside the line at fault.

Columns: line, column, reason, external_id, row. `row` is a line of the file as it stood; of a format with a header the
header comes first. A cell that a spreadsheet would run as a formula gets an apostrophe in front, which is taken away
when the file comes back (`mending`).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from channels.models import ImportReject

COLUMNS: Final = ("line", "column", "reason", "external_id", "row")
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "'")
Line = tuple[str, str, str, str, str]


def write(run_id: UUID, path: Path) -> None:
    """Without any rejects the file holds the names of its columns."""
    with path.open("w", encoding="utf-8", newline="") as file:
        file.writelines(rejected_lines(run_id))


def rejected_lines(run_id: UUID) -> Iterator[str]:
    """The file, line by line of its CSV. Memory does not grow with the number of rejects."""
    yield _csv(COLUMNS)
    headed = False
    rows = ImportReject.objects.filter(run_id=run_id).order_by("line", "id")
    for reject in rows.iterator(chunk_size=500):
        header = reject.raw.get("columns") if isinstance(reject.raw, dict) else None
        if header and not headed:
            yield _harmless(("1", "", "", "", _csv(header).rstrip("\n")))
        headed = headed or bool(header)
        for line in _lines(reject):
            yield _harmless(line)


def _lines(reject: ImportReject) -> Iterator[Line]:
    """The lines of one record; the reason stands at the one at fault, else at the first."""
    raw: dict[str, Any] = reject.raw if isinstance(reject.raw, dict) else {}
    rows = raw.get("rows") or [{"line": reject.line, "text": raw.get("row", "")}]
    fault = next((place for place, row in enumerate(rows) if row.get("line") == reject.line), 0)
    for place, row in enumerate(rows):
        text = row["text"] if "text" in row else _csv(row.get("values", ())).rstrip("\n")
        said = (reject.column, reject.reason) if place == fault else ("", "")
        yield str(row.get("line", "")), *said, reject.external_id, text


def _harmless(line: Line) -> str:
    return _csv([f"'{cell}" if cell.startswith(_FORMULA) else cell for cell in line])


def _csv(cells: Any) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(cells)
    return text.getvalue()
