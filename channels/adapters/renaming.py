"""A file of somebody else's columns, read as if its header were the format's: only its first line is another then."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping

from channels.adapters.csv_groups import header_of

_BOM = b"\xef\xbb\xbf"


def column_names(head: bytes) -> tuple[list[str], str]:
    """The columns of a file that begins like this, as people read them, and what separates them."""
    names, delimiter = header_of(head)
    return [_readable(name).strip() for name in names], delimiter


def renamer(columns: Mapping[str, str]) -> Callable[[bytes], bytes] | None:
    """What makes a header the format's. A column that is not named here, or named "", is no column of the format.

    Of columns that are called alike the first counts. None where nothing is renamed.
    """
    if not columns:
        return None

    def rename(line: bytes) -> bytes:
        names, delimiter = column_names(line)
        text = io.StringIO()
        csv.writer(text, delimiter=delimiter, lineterminator="").writerow(_renamed(names, columns))
        return (_BOM if line.startswith(_BOM) else b"") + text.getvalue().encode(_encoding(line))

    return rename


def _renamed(names: list[str], columns: Mapping[str, str]) -> Iterator[str]:
    taken = set[str]()
    for place, name in enumerate(names, start=1):
        title = columns.get(name, "")
        yield title if title and title not in taken else f"unused {place}"
        taken.add(title)


def _readable(name: str) -> str:
    """A name as `header_of` has it, byte for byte, in the encoding that it is written in."""
    raw = name.encode("latin-1")
    return raw.decode(_encoding(raw), "replace")


def _encoding(raw: bytes) -> str:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"
