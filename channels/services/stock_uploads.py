"""A file of counts that somebody sends through the console: rehearsed, then brought in by a worker.

The whole is done again after a crash: what is there already writes nothing.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from channels.adapters.files import Source
from channels.adapters.renaming import column_names
from channels.models import ImportUpload
from channels.services import private_files, upload_preview
from channels.services.import_rejects import REASON, harmless
from inventory.providers.counts import import_counts
from inventory.stock_file import Reject
from oms.core.actors import Actor

SHEET: Final = ".rejects.csv"  # beside the file, by a name that no upload has
_SHOWN: Final = 50


def preview(upload: ImportUpload, path: Path, actor: Actor) -> dict[str, Any]:
    """What the first rows of the file would change. Nothing is written. Raises what `import_counts` raises."""
    with private_files.spool(upload.pk) as spool:
        head = spool / path.name
        whole = upload_preview.cut(Source(path), head)
        first: list[dict[str, str]] = []
        outcome = import_counts(head, actor=actor, dry_run=True, reject=_keeper(first))
    return {"whole": whole, "counts": dict(outcome), "first_rejects": first[:10]}


def bring(upload: ImportUpload, path: Path, actor: Actor, progress: Callable[[int, int], None]) -> Mapping[str, Any]:
    """Set the counts; the refused rows are kept as a sheet beside the file. Raises what `import_counts` raises."""
    lines = sum(block.count(b"\n") for block in Source(path).blocks())
    names, delimiter = column_names(Source(path).head)
    first: list[dict[str, str]] = []
    keep = _keeper(first)
    with sheet_of(path).open("w", encoding="utf-8", newline="") as sheet:
        sheet.write(harmless((REASON, *names)))

        def reject(each: Reject) -> None:
            keep(each)
            sheet.write(harmless((each.reason, *_cells(each.raw, delimiter))))

        outcome = import_counts(
            path, actor=actor, reject=reject, progress=lambda done: progress(min(done, lines), lines)
        )
    return {"counts": dict(outcome), "rejects": first}


def sheet_of(path: Path) -> Path:
    """Where the refused rows of a file are, in its own columns, each with its reason in front."""
    return path.with_name(SHEET)


def _keeper(first: list[dict[str, str]]) -> Callable[[Reject], None]:
    def keep(each: Reject) -> None:
        if len(first) < _SHOWN:
            words = {"line": str(each.line), "column": each.column, "reason": each.reason, "row": each.raw}
            first.append({name: text[:500] for name, text in words.items()})

    return keep


def _cells(raw: str, delimiter: str) -> list[str]:
    """The cells of a row as it stands in the file; all of it as one where it is no row."""
    try:
        return next(csv.reader([raw], delimiter=delimiter, strict=True), [])
    except csv.Error:
        return [raw]
