"""What lies in a folder, and which of it is complete."""

from __future__ import annotations

import fnmatch
import hashlib
import heapq
import os
import stat
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from django.conf import settings

_UNFINISHED: Final = (".tmp", ".part", ".partial", ".filepart", ".crdownload", ".swp", "~")
_AT_ONCE: Final = 1000
_BLOCK: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Found:
    """A file as it was when it was looked at."""

    path: Path
    size: int
    modified_ns: int

    @property
    def name(self) -> str:
        return self.path.name


@dataclass(frozen=True, slots=True)
class Look:
    """New files that are complete, oldest first; how many more of these there are, and how many are not complete."""

    new: list[Found]
    more: int
    unfinished: int


def look(folder: Path, pattern: str, *, new: Callable[[list[Found]], Iterable[Found]], most: int) -> Look:
    """Files of the folder itself whose name fits. Links, hidden files and names that end like unfinished ones are not.

    new: which of some files are; the `most` oldest of them are given, however many lie there that are not.

    A file counts as complete when it has not been written to for SOURCE_SETTLE_SECONDS. Whoever cannot promise that
    writes under another name (.part) and renames. Raises OSError.
    """
    settle_ns = settings.OMS["SOURCE_SETTLE_SECONDS"] * 1_000_000_000
    now = time.time_ns()
    counted = Counter[str]()

    def each_new() -> Iterator[Found]:
        some: list[Found] = []
        for found in _files(folder, pattern):
            if now - found.modified_ns < settle_ns:
                counted["unfinished"] += 1
                continue
            some.append(found)
            if len(some) == _AT_ONCE:
                yield from new(some)
                some = []
        yield from new(some)

    def each_counted() -> Iterator[Found]:
        for found in each_new():
            counted["new"] += 1
            yield found

    oldest = heapq.nsmallest(most, each_counted(), key=lambda each: (each.modified_ns, each.name))
    return Look(oldest, counted["new"] - len(oldest), counted["unfinished"])


def _files(folder: Path, pattern: str) -> Iterator[Found]:
    with os.scandir(folder) as entries:
        for entry in entries:
            name = entry.name
            if name.startswith(".") or name.lower().endswith(_UNFINISHED) or not fnmatch.fnmatch(name, pattern or "*"):
                continue
            known = entry.stat(follow_symlinks=False)
            if stat.S_ISREG(known.st_mode) and _is_text(name):
                yield Found(Path(entry.path), known.st_size, known.st_mtime_ns)


def _is_text(name: str) -> bool:
    """Names that are no UTF-8 cannot be kept in the database."""
    try:
        return len(name.encode()) <= 255
    except UnicodeEncodeError:
        return False


def copy(found: Found, to: Path) -> str | None:
    """Copy a file and give its SHA-256; None when it was written to meanwhile, or is gone. Raises OSError."""
    digest = hashlib.sha256()
    try:
        descriptor = os.open(
            found.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
        )  # a pipe in its place is not waited for
    except FileNotFoundError:
        return None
    with os.fdopen(descriptor, "rb") as source, to.open("wb") as target:
        while block := source.read(_BLOCK):
            digest.update(block)
            target.write(block)
        now = os.fstat(descriptor)
    if (now.st_size, now.st_mtime_ns) != (found.size, found.modified_ns):
        return None
    return digest.hexdigest()


def put_away(found: Found, folder: Path, into: str, mark: str) -> None:
    """Move a file into a subfolder, which is made when it is missing; what lies there keeps its name and content."""
    target = folder / into
    target.mkdir(exist_ok=True)
    place = target / found.name
    if place.exists():
        place = target / f"{found.path.stem[:180]}-{mark[:12]}{found.path.suffix[:20]}"
    os.replace(found.path, place)
