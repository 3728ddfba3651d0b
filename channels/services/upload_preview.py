"""A look at the beginning of a file before it is brought in: a rehearsal with its first lines, undone at once."""

from __future__ import annotations

import csv
from itertools import islice
from pathlib import Path
from typing import Any, Final

from channels.adapters.files import Source
from channels.enums import StockPolicy
from channels.models import ImportUpload
from channels.services import private_files
from channels.services.imports import Wish, import_file
from channels.services.mending import long_cells
from oms.core.actors import Actor

_LINES: Final = 500
_REJECTS: Final = 10
_BYTES: Final = 16 * 1024 * 1024
_SHOWN: Final = ("created", "unchanged", "revised", "rejects", "totals", "unknown_skus")
_KINDS: Final = ("sales", "samples", "credits", "write_offs")


def preview(upload: ImportUpload, path: Path, actor: Actor) -> dict[str, Any]:
    """What the first lines of the file would become: format, counts, sums and the first rejects. Nothing is written.

    whole: the file has no more lines than these. Raises what `import_file` raises.
    """
    assert upload.channel is not None  # noqa: S101  (files of counts are rehearsed elsewhere)
    with private_files.spool(upload.pk) as spool:
        (spool / "beginning").mkdir()
        head, rejects = spool / "beginning" / path.name, spool / "rejects"
        whole = cut(Source(path), head)
        outcome = import_file(
            wish=Wish(
                path=head,
                channel=upload.channel.code,
                format=upload.format or None,
                stock=StockPolicy(upload.stock),
                dry_run=True,
                columns=upload.columns,
                rejects=rejects,
            ),
            actor=actor,
        )
        first = first_rejects(rejects)
    figures = outcome.figures.as_dict()
    return {
        "format": outcome.format,
        "encoding": outcome.encoding,
        "lines": outcome.lines,
        "whole": whole,
        "kinds": {kind: figures[kind]["count"] for kind in _KINDS},
        **{name: figures[name] for name in _SHOWN},
        "first_rejects": first,
    }


def cut(source: Source, to: Path) -> bool:
    """Write the first lines of a file, unpacked; whether these are all. A quoted cell is not cut in two."""
    json_lines = source.head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{")
    lines = size = quotes = 0
    with source.content() as content, to.open("wb") as file:
        while (lines < _LINES or (quotes % 2 and not json_lines)) and size < _BYTES:
            line = content.readline(_BYTES)
            if not line:
                return True
            file.write(line)
            lines += 1
            size += len(line)
            quotes += line.count(b'"')
        return not content.read(1)


def first_rejects(rejects: Path) -> list[dict[str, str]]:
    """The first rejects, each by the line at fault. That of the last lines may be one only because of the cut."""
    with rejects.open(encoding="utf-8", newline="") as file, long_cells():
        rows = (row for row in csv.DictReader(file) if row["reason"])
        return [{name: (value or "")[:500] for name, value in row.items()} for row in islice(rows, _REJECTS)]
