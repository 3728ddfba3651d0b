"""Rejected records as a file that people mend and send again: whole records, with the reason beside the line at fault.

Columns: line, column, reason, external_id, row. `row` is a line of the file as it stood; of a format with a header the
header comes first. A format with columns has a sheet besides: its own columns, with the reason in front of them. A cell
that a spreadsheet would run as a formula gets an apostrophe in front, which is taken away when the file comes back
(`mending`). What somebody has dealt with already is left out.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from channels.models import ImportReject

COLUMNS: Final = ("line", "column", "reason", "external_id", "row")
REASON: Final = "Why it was refused"  # the first column of a sheet; by it a sheet that comes back is known
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "'")
Line = tuple[str, str, str, str, str]


def write(run_id: UUID, path: Path) -> None:
    """Without any rejects the file holds the names of its columns."""
    with path.open("w", encoding="utf-8", newline="") as file:
        file.writelines(rejected_lines(run_id))


def rejected_lines(run_id: UUID) -> Iterator[str]:
    """The file, line by line of its CSV. Memory does not grow with the number of rejects."""
    yield csv_line(COLUMNS)
    headed = False
    rows = ImportReject.objects.filter(run_id=run_id, settled_at=None).order_by("line", "id")
    for reject in rows.iterator(chunk_size=500):
        header = reject.raw.get("columns") if isinstance(reject.raw, dict) else None
        if header and not headed:
            yield harmless(("1", "", "", "", csv_line(header).rstrip("\n")))
        headed = headed or bool(header)
        for line in _lines(reject):
            yield harmless(line)


def _lines(reject: ImportReject) -> Iterator[Line]:
    """The lines of one record; the reason stands at the one at fault, else at the first."""
    raw: dict[str, Any] = reject.raw if isinstance(reject.raw, dict) else {}
    rows = raw.get("rows") or [{"line": reject.line, "text": raw.get("row", "")}]
    fault = next((place for place, row in enumerate(rows) if row.get("line") == reject.line), 0)
    for place, row in enumerate(rows):
        text = row["text"] if "text" in row else csv_line(row.get("values", ())).rstrip("\n")
        said = (reject.column, reject.reason) if place == fault else ("", "")
        yield str(row.get("line", "")), *said, reject.external_id, text


def has_sheet(run_id: UUID) -> bool:
    """Whether the run's format has columns, so that its rejects are a sheet."""
    first = ImportReject.objects.filter(run_id=run_id, settled_at=None).exclude(raw={}).order_by("line", "id").first()
    return first is not None and isinstance(first.raw, dict) and bool(first.raw.get("columns"))


def rejected_sheet(run_id: UUID) -> Iterator[str]:
    """The open rejects in the columns of their format, whole records, each reason in front of the row at fault."""
    headed = False
    rows = ImportReject.objects.filter(run_id=run_id, settled_at=None).exclude(raw={}).order_by("line", "id")
    for reject in rows.iterator(chunk_size=500):
        if not headed:
            yield harmless((REASON, *reject.raw.get("columns", ())))
            headed = True
        values = reject.raw.get("rows") or ()
        fault = next((place for place, row in enumerate(values) if row.get("line") == reject.line), 0)
        for place, row in enumerate(values):
            said = f"{reject.column}: {reject.reason}" if reject.column else reject.reason
            yield harmless((said if place == fault else "", *row.get("values", ())))


def harmless(line: Sequence[str]) -> str:
    return csv_line([f"'{cell}" if cell.startswith(FORMULA) and not _is_number(cell) else cell for cell in line])


def _is_number(cell: str) -> bool:
    return re.fullmatch(r"[+-]?[0-9]+([.,][0-9]+)*", cell) is not None


def csv_line(cells: Any) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(cells)
    return text.getvalue()
