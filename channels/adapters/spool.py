"""Sorting and remembering more than fits into memory."""

from __future__ import annotations

import heapq
import tempfile
from collections.abc import Iterator
from hashlib import blake2b
from types import TracebackType
from typing import IO, Any, Final, Self

import msgspec

_IN_MEMORY: Final = 4_000  # rows, some 3 MB
_FILES: Final = 32  # open at once


class Sorter:
    """Gives back what was added in the order of the keys, holding a bounded part of it in memory.

    Keys are tuples of texts and numbers, payloads anything that msgspec encodes. The rest lies in a temporary
    directory, in sorted files that are merged when they become many.
    """

    def __init__(self, *, in_memory: int = _IN_MEMORY) -> None:
        self._in_memory = in_memory
        self._held: list[tuple[Any, bytes]] = []
        self._weight = 0
        self._files: list[IO[bytes]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, at: TracebackType | None
    ) -> None:
        for file in self._files:
            file.close()

    def add(self, key: tuple[Any, ...], payload: Any, weight: int = 1) -> None:
        """Keys must be unique. weight: how many rows the payload counts for."""
        self._held.append((key, msgspec.msgpack.encode(payload)))
        self._weight += weight
        if self._weight >= self._in_memory:
            self._spill()

    def __iter__(self) -> Iterator[tuple[tuple[Any, ...], Any]]:
        self._held.sort()
        for key, payload in heapq.merge(*map(_read, self._files), self._held):
            yield key, msgspec.msgpack.decode(payload)

    def _spill(self) -> None:
        self._held.sort()
        rows = iter(self._held)
        if len(self._files) == _FILES:
            rows = heapq.merge(*map(_read, self._files), self._held)
        merged = tempfile.TemporaryFile(prefix="oms-import-")  # noqa: SIM115  (closed with the sorter)
        for key, payload in rows:
            row = msgspec.msgpack.encode((key, payload))
            merged.write(len(row).to_bytes(4, "big") + row)
        if len(self._files) == _FILES:
            for file in self._files:
                file.close()
            self._files = []
        self._files.append(merged)
        self._held, self._weight = [], 0


def _read(file: IO[bytes]) -> Iterator[tuple[tuple[Any, ...], bytes]]:
    file.seek(0)
    while size := file.read(4):
        key, payload = msgspec.msgpack.decode(file.read(int.from_bytes(size, "big")))
        yield tuple(key), payload


class Seen:
    """Remembers any number of texts in 4 MB (a Bloom filter).

    It may take a new text for a known one, never the reverse. At a million texts it errs once in
    some thousand. The same texts give the same answers in every process.
    """

    _BITS: Final = 1 << 25

    def __init__(self) -> None:
        self._bits = bytearray(self._BITS >> 3)

    def add(self, text: str) -> bool:
        """Remember a text; whether it was (probably) there before."""
        digest = blake2b(text.encode(), digest_size=16).digest()
        known = True
        for start in (0, 4, 8, 12):
            bit = int.from_bytes(digest[start : start + 4], "big") & (self._BITS - 1)
            place, mask = bit >> 3, 1 << (bit & 7)
            if not self._bits[place] & mask:
                known = False
                self._bits[place] |= mask
        return known
