"""Files that only this system reads: uploads, and what sources fetch before it is brought in."""

from __future__ import annotations

import shutil
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Final
from uuid import UUID

from django.conf import settings

SPOOL: Final = "spool"


def folder(kind: str, owner: UUID) -> Path:
    """The directory of one upload or run, made when it is missing; nobody else may enter it."""
    root: Path = settings.OMS["PRIVATE_FILES"]
    place = root / kind / str(owner)
    for each in (root, root / kind, place):
        each.mkdir(mode=0o700, parents=each is root, exist_ok=True)
    return place


def remove(kind: str, owner: UUID) -> None:
    """Delete the directory and what is in it. A repeat does nothing."""
    shutil.rmtree(settings.OMS["PRIVATE_FILES"] / kind / str(owner), ignore_errors=True)


def files(kind: str, owner: UUID) -> list[Path]:
    """What lies in the directory; nothing where there is none."""
    place: Path = settings.OMS["PRIVATE_FILES"] / kind / str(owner)
    return [path for path in place.iterdir() if path.is_file()] if place.is_dir() else []


def owners(kind: str, *, untouched_since: datetime | None = None) -> list[UUID]:
    """Of whom there is a directory; of those alone that were not written to since then."""
    root: Path = settings.OMS["PRIVATE_FILES"] / kind
    found: list[UUID] = []
    for place in root.iterdir() if root.is_dir() else ():
        with suppress(ValueError, FileNotFoundError):  # no directory of ours; or somebody deletes it at this moment
            if untouched_since is None or place.stat().st_mtime < untouched_since.timestamp():
                found.append(UUID(place.name))
    return found


def spool_older_than(moment: datetime) -> list[UUID]:
    return owners(SPOOL, untouched_since=moment)


def remove_spool(run_id: UUID) -> None:
    remove(SPOOL, run_id)


@contextmanager
def spool(run_id: UUID) -> Iterator[Path]:
    """An empty directory for what one run fetches; what an attempt that was killed left there is deleted first."""
    remove(SPOOL, run_id)
    try:
        yield folder(SPOOL, run_id)
    finally:
        remove(SPOOL, run_id)


def safe_name(name: str, fallback: str = "file") -> str:
    """A file name that is nothing else: no path, no control characters, not hidden, at most 120 characters."""
    last = unicodedata.normalize("NFC", name.replace("\\", "/").rpartition("/")[2])
    kept = "".join(letter if letter.isalnum() or letter in "-_. ()" else "_" for letter in last).strip(" .")
    if len(kept) > 120:
        kept = kept[:100] + kept[-20:]
    while len(kept.encode()) > 200:
        kept = kept[1:]
    return kept.lstrip(" .") or fallback
