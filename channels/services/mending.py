"""Rejected records as a file that people mend and send again: whole records, with the reason beside the line at fault.

Columns: line, column, reason, external_id, row. `row` is a line of the file as it stood; of a format with a header the
header comes first. A cell that a spreadsheet would run as a formula gets an apostrophe in front, which is taken away
when the file comes back.
"""

from __future__ import annotations

import csv
import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from channels.adapters.csv_groups import ENCODINGS, csv_problem
from channels.adapters.files import Source
from channels.models import ImportReject

COLUMNS: Final = ("line", "column", "reason", "external_id", "row")
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "'")
_LONGEST: Final = 16 * 1024 * 1024
_limit = threading.Lock()
Line = tuple[str, str, str, str, str]


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


def unwrap(path: Path) -> bool:
    """Where the file is one of these, put the lines it holds in its place, as they would stand in a file to bring in.

    Whether it was one. Any other file is left as it is. Raises UnreadableFile.
    """
    source = Source(path)
    first = source.head.partition(b"\n")[0].decode("utf-8-sig", "replace").strip()
    delimiter = next((each for each in ",;\t" if first.replace('"', "").split(each) == list(COLUMNS)), None)
    if delimiter is None:
        return False
    unwrapped = path.with_name(".unwrapped")  # a name that no upload has
    for encoding in ENCODINGS:
        try:
            _unwrap(source, encoding, delimiter, unwrapped)
        except UnicodeDecodeError:
            continue
        unwrapped.replace(path)
        return True
    raise source.unreadable("the text is neither UTF-8 nor Windows-1252.")


def _unwrap(source: Source, encoding: str, delimiter: str, to: Path) -> None:
    with _long_cells(), source.text(encoding) as text, to.open("w", encoding="utf-8", newline="") as file:
        reader = csv.DictReader(text, delimiter=delimiter)
        try:
            for row in reader:
                line = (row.get("row") or "").rstrip("\r\n")
                if line:
                    file.write((line[1:] if line.startswith("'") else line) + "\n")
        except csv.Error as problem:
            raise source.unreadable(f"line {reader.line_num + 1}: {csv_problem(problem)}") from None


@contextmanager
def _long_cells() -> Iterator[None]:
    """A cell here holds a whole record. The limit is one for the process: nobody else shall find it changed."""
    with _limit:
        before = csv.field_size_limit(_LONGEST)
        try:
            yield
        finally:
            csv.field_size_limit(before)


def _harmless(line: Line) -> str:
    return _csv([f"'{cell}" if cell.startswith(_FORMULA) else cell for cell in line])


def _csv(cells: Any) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(cells)
    return text.getvalue()
