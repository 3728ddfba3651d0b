"""Pages of NDJSON, put together to files that an import takes.

An import takes one record for each external id of a file. A source that pages while its orders change sends some
twice: the same again is left out, and one that says something else begins the next file, so that the later one wins.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import blake2b
from pathlib import Path
from typing import IO, Final

import msgspec

from channels.pulling.client import CutOff, SourceUnavailable

_MOST_ORDERS: Final = 50_000  # of a file: as many digests are in memory
_LONGEST_LINE: Final = 8 * 1024 * 1024
_BOM: Final = b"\xef\xbb\xbf"


class _Head(msgspec.Struct):
    external_id: str | None = None


_head = msgspec.json.Decoder(_Head)


class Parts:
    """The files of one run, in the order in which they are to be brought in."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder = folder
        self._name = name
        self._seen: dict[str, bytes] = {}
        self._file: IO[bytes] | None = None
        self.paths: list[Path] = []
        self.orders = 0

    def add(self, page: Path) -> None:
        """Take a page that was checked to be whole."""
        for line in _lines(page):
            order_id, digest = _external_id(line), blake2b(line, digest_size=16).digest()
            known = self._seen.get(order_id) if order_id else None
            if known == digest:
                continue
            if known is not None or len(self._seen) >= _MOST_ORDERS or self._file is None:
                self._begin()
            if order_id:
                self._seen[order_id] = digest
            assert self._file is not None  # noqa: S101  (a part was begun)
            self._file.write(line + b"\n")
            self.orders += 1

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def _begin(self) -> None:
        self.close()
        self._seen = {}
        path = self._folder / f"{self._name}-{len(self.paths) + 1}.ndjson"
        self.paths.append(path)
        self._file = path.open("wb")


def check_page(page: Path) -> None:
    """Raises SourceUnavailable where a page is no NDJSON at all, and CutOff where its last line is not whole."""
    last = b""
    for number, line in enumerate(_lines(page), start=1):
        if number == 1 and not line.startswith(b"{"):
            begins = line[:40].decode(errors="replace")
            raise SourceUnavailable(
                reason=f"The answer is no NDJSON (one order as JSON on each line): it begins {begins!r}."
            )
        last = line
    if last:
        try:
            msgspec.json.decode(last)
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
            raise CutOff("the page ends within an order") from None


def _lines(page: Path) -> Iterator[bytes]:
    """The lines that are not blank."""
    with page.open("rb") as file:
        while line := file.readline(_LONGEST_LINE + 1):
            if len(line) > _LONGEST_LINE:
                raise SourceUnavailable(reason="The answer has a line longer than 8 MB; one order stands on one line.")
            if text := line.removeprefix(_BOM).strip():
                yield text


def _external_id(line: bytes) -> str:
    try:
        return _head.decode(line).external_id or ""
    except (msgspec.DecodeError, RecursionError):
        return ""  # the import rejects it, and says why
