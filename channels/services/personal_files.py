"""What sources and uploads keep about a person: what was said of refused records, previews, and the files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet

from channels.adapters.files import Source, UnreadableFile
from channels.models import ImportUpload, SourceFile, SourceRun
from channels.services import private_files, uploads
from oms.core.personal import ERASED, Person, mentions

_ENCODINGS: Final = ("utf-8", "cp1252")
_OVERLAP: Final = 4096  # bytes of a block that are looked at with the next one, too: no word is longer


class FileKeeper:
    """Files are found by e-mail, phone, full name or street in them, and deleted as a whole when that is committed.

    One that waits for a worker, or is at work, stays: it is not done with yet.
    """

    def export(self, person: Person) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        named = _uploads(person, "preview::text") | _uploads(person, "channels_importupload.error")
        return {
            "import_uploads": list(named.order_by("pk").values()),
            "source_runs": list(_visits(person).order_by("pk").values()),
            "source_files": list(_taken(person).order_by("pk").values()),
        }

    def erase(self, person: Person) -> Mapping[str, int]:
        files = list(_files(person))
        for upload_id in files:
            transaction.on_commit(partial(uploads.delete_file, upload_id), robust=True)
        return {
            "import_previews": _uploads(person, "preview::text").update(preview={}),
            "import_uploads": _uploads(person, "channels_importupload.error").update(error=ERASED),
            "source_runs": _visits(person).update(error=ERASED, note=""),
            "source_files": _taken(person).update(error=ERASED),
            "upload_files": len(files),
        }


def _uploads(person: Person, column: str) -> QuerySet[ImportUpload]:
    return ImportUpload.objects.filter(mentions(column, person.words))


def _visits(person: Person) -> QuerySet[SourceRun]:
    told = Q(mentions("channels_sourcerun.error", person.words)) | Q(mentions("channels_sourcerun.note", person.words))
    return SourceRun.objects.filter(told)


def _taken(person: Person) -> QuerySet[SourceFile]:
    return SourceFile.objects.filter(mentions("channels_sourcefile.error", person.words))


def _files(person: Person) -> Iterator[UUID]:
    """Uploads, and what is left of them, whose files name the person. Reads all files."""
    at_work = set(ImportUpload.objects.filter(status__in=uploads.OPEN).values_list("pk", flat=True))
    for upload_id in private_files.owners(uploads.UPLOADS):
        if upload_id not in at_work and any(
            _names(path, person.words) for path in private_files.files(uploads.UPLOADS, upload_id)
        ):
            yield upload_id


def _names(path: Path, words: Sequence[str]) -> bool:
    """Whether one of the words stands in the file. What cannot be read to its end is taken for one that has it."""
    tail = b""
    try:
        for block in Source(path).blocks():
            piece = tail + block
            if any(word in piece.decode(each, "ignore").lower() for each in _ENCODINGS for word in words):
                return True
            tail = piece[-_OVERLAP:]
    except UnreadableFile:
        return True
    return False
