"""A list of rejects that was mended and comes back: what it holds, as it would stand in a file to bring in."""

from __future__ import annotations

import csv
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from channels.adapters.csv_groups import ENCODINGS, csv_problem
from channels.adapters.files import Source
from channels.services.import_rejects import COLUMNS, FORMULA, REASON, csv_line

_LONGEST: Final = 16 * 1024 * 1024
_limit = threading.Lock()


def unwrap(path: Path) -> bool:
    """Where the file is one of these, put the lines it holds in its place, as they would stand in a file to bring in.

    Whether it was one. Any other file is left as it is. Raises UnreadableFile.
    """
    source = Source(path)
    first = source.head.partition(b"\n")[0].decode("utf-8-sig", "replace").strip().replace('"', "")
    for delimiter in ",;\t":
        if first.split(delimiter) == list(COLUMNS):
            return _rewrite(source, delimiter, _unwrap)
        if first.startswith(f"{REASON}{delimiter}"):
            return _rewrite(source, delimiter, _unsheet)
    return False


def _rewrite(source: Source, delimiter: str, rewrite: Callable[[Source, str, str, Path], None]) -> bool:
    path = source.path
    unwrapped = path.with_name(".unwrapped")  # a name that no upload has
    for encoding in ENCODINGS:
        try:
            rewrite(source, encoding, delimiter, unwrapped)
        except UnicodeDecodeError:
            continue
        unwrapped.replace(path)
        return True
    raise source.unreadable("the text is neither UTF-8 nor Windows-1252.")


def _unwrap(source: Source, encoding: str, delimiter: str, to: Path) -> None:
    with long_cells(), source.text(encoding) as text, to.open("w", encoding="utf-8", newline="") as file:
        reader = csv.DictReader(text, delimiter=delimiter)
        try:
            for row in reader:
                line = (row.get("row") or "").rstrip("\r\n")
                if line:
                    file.write((line[1:] if line.startswith("'") else line) + "\n")
        except csv.Error as problem:
            raise source.unreadable(f"line {reader.line_num + 1}: {csv_problem(problem)}") from None


def _unsheet(source: Source, encoding: str, delimiter: str, to: Path) -> None:
    """A sheet without its reasons, and without the apostrophes that kept its cells from being formulas."""
    with source.text(encoding) as text, to.open("w", encoding="utf-8", newline="") as file:
        reader = csv.reader(text, delimiter=delimiter)
        try:
            for row in reader:
                if any(cell.strip() for cell in row[1:]):
                    file.write(csv_line([cell[1:] if _is_guarded(cell) else cell for cell in row[1:]]))
        except csv.Error as problem:
            raise source.unreadable(f"line {reader.line_num + 1}: {csv_problem(problem)}") from None


def _is_guarded(cell: str) -> bool:
    return cell.startswith("'") and cell[1:].startswith(FORMULA)


@contextmanager
def long_cells() -> Iterator[None]:
    """A cell here holds a whole record. The limit is one for the process: nobody else shall find it changed."""
    with _limit:
        before = csv.field_size_limit(_LONGEST)
        try:
            yield
        finally:
            csv.field_size_limit(before)
