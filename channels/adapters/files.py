"""Reading a file that somebody sent: packed or not, in whichever encoding, whole or broken."""

from __future__ import annotations

import gzip
import hashlib
import io
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Final, cast

from django.utils.translation import gettext_lazy as _

from oms.core.errors import DomainError

_GZIP: Final = b"\x1f\x8b"
_HEAD: Final = 64 * 1024
_BLOCK: Final = 1024 * 1024
_OTHER_PACKINGS: Final = {b"PK\x03\x04": "a ZIP or Excel file", b"BZh": "a bzip2 file", b"\xfd7zXZ": "an xz file"}
_UTF_16: Final = (b"\xff\xfe", b"\xfe\xff")


class UnreadableFile(DomainError):
    """The file as a whole cannot be used; nothing of it is written."""

    code = "unreadable_file"
    message = _("%(file)s: %(problem)s")


@dataclass(slots=True)
class Survey:
    """What the first reading found.

    lines: of the file, without the header. fingerprint: SHA-256 of the unpacked content. notes: what the format wants
    to know again in the second reading.
    """

    lines: int
    fingerprint: str
    encoding: str = "utf-8"
    notes: dict[str, Any] = field(default_factory=dict)


class Source:
    """A file to be read, any number of times, each time from its beginning.

    rename: makes another first line of it, which is all that anybody sees then (`renaming`).
    """

    def __init__(self, path: Path, rename: Callable[[bytes], bytes] | None = None) -> None:
        """Raises UnreadableFile when there is no such file, or it holds nothing."""
        self.path = path
        self._rename = rename
        try:
            with path.open("rb") as file:
                self._packed = file.read(2) == _GZIP
            self.head = self._read_head()
        except OSError as problem:
            raise self.unreadable(problem.strerror or str(problem)) from None
        self._require_text()

    def unreadable(self, problem: str) -> UnreadableFile:
        return UnreadableFile(file=self.path.name, problem=problem)

    @contextmanager
    def content(self) -> Iterator[IO[bytes]]:
        """The content, unpacked. What is wrong with the packing is raised as UnreadableFile."""
        try:
            with self.path.open("rb") as file, gzip.GzipFile(fileobj=file) if self._packed else file as content:
                yield cast(IO[bytes], self._headed(cast(IO[bytes], content)) if self._rename else content)
        except EOFError:
            raise self.unreadable("the gzip file is cut off: its end is missing. Fetch it again.") from None
        except (gzip.BadGzipFile, zlib.error) as problem:
            raise self.unreadable(f"the gzip file is damaged ({problem}).") from None
        except OSError as problem:
            raise self.unreadable(problem.strerror or str(problem)) from None

    def _headed(self, content: IO[bytes]) -> IO[bytes]:
        """The content behind another first line. Lines keep their numbers."""
        assert self._rename is not None  # noqa: S101  (whoever calls has looked)
        line = content.readline(_HEAD)
        kept = line.rstrip(b"\r\n")
        return cast(IO[bytes], io.BufferedReader(_Behind(self._rename(kept) + line[len(kept) :], content), _BLOCK))

    def blocks(self) -> Iterator[bytes]:
        with self.content() as content:
            while block := content.read(_BLOCK):
                yield block

    @contextmanager
    def text(self, encoding: str, tap: Callable[[bytes], Any] | None = None) -> Iterator[IO[str]]:
        """The content as text, line ends as they are. `tap` sees the bytes as they are read."""
        with self.content() as content:
            raw = io.BufferedReader(_Tap(content, tap), _BLOCK) if tap else content
            with io.TextIOWrapper(raw, encoding=encoding, newline="") as text:
                yield text

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column (from 1, in bytes) of the byte at `offset` of the content."""
        line, start, seen = 1, 0, 0
        for block in self.blocks():
            part = block[: offset - seen]
            if found := part.count(b"\n"):
                line += found
                start = seen + part.rindex(b"\n") + 1
            seen += len(part)
            if seen >= offset:
                break
        return line, offset - start + 1

    def _read_head(self) -> bytes:
        with self.content() as content:
            return content.read(_HEAD)

    def _require_text(self) -> None:
        """A file that is no text is said to be so, with its first byte that gives it away."""
        if not self.head.strip():
            raise self.unreadable("the file is empty.")
        for magic, what in _OTHER_PACKINGS.items():
            if self.head.startswith(magic):
                raise self.unreadable(f"this is {what}; unpack it, or save it as CSV first.")
        if self.head.startswith(_UTF_16):
            raise self.unreadable("line 1, column 1: the text is UTF-16; save it as UTF-8.")
        self.require_no_nul(self.head, 0)

    def require_no_nul(self, block: bytes, offset: int) -> None:
        """Raises UnreadableFile naming line and column of a NUL byte, which no text has."""
        found = block.find(b"\0")
        if found >= 0:
            line, column = self.position(offset + found)
            raise self.unreadable(f"line {line}, column {column}: a NUL byte; this is not a text file.")


class Fingerprint:
    """The SHA-256 of everything that passes, which is looked through for NUL bytes on the way."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._hash = hashlib.sha256()
        self._seen = 0

    def __call__(self, block: bytes) -> None:
        self._hash.update(block)
        self._source.require_no_nul(block, self._seen)
        self._seen += len(block)

    def hexdigest(self) -> str:
        return self._hash.hexdigest()


class _Tap(io.RawIOBase):
    """Shows what is read to somebody else."""

    def __init__(self, content: IO[bytes], tap: Callable[[bytes], Any]) -> None:
        self._content = content
        self._tap = tap

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        block = self._content.read(len(buffer))
        self._tap(block)
        buffer[: len(block)] = block
        return len(block)


class _Behind(io.RawIOBase):
    """Some bytes, and then the rest of a file."""

    def __init__(self, first: bytes, rest: IO[bytes]) -> None:
        self._first = first
        self._rest = rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        block = self._first[: len(buffer)]
        self._first = self._first[len(block) :]
        block = block or self._rest.read(len(buffer))
        buffer[: len(block)] = block
        return len(block)
