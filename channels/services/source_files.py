"""Taking the files of a folder: each once by content, with a note of what was taken."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Final

from django.utils.translation import gettext as _now

from channels.adapters.files import UnreadableFile
from channels.enums import RunStatus, SourceFileStatus
from channels.models import OrderSource, SourceFile
from channels.pulling import folders
from channels.pulling.addresses import check_folder
from channels.pulling.folders import Found
from channels.services import private_files
from channels.services.source_visit import Result, Visit
from oms.core.transactions import atomic

_MOST_TAKEN: Final = 1000  # in one run; the next one goes on
_KEPT: Final = {
    RunStatus.COMPLETED: SourceFileStatus.COMPLETED,
    RunStatus.PARTIAL: SourceFileStatus.PARTIAL,
}
_AWAY: Final = {SourceFileStatus.FAILED: "failed"}


def visit_folder(visit: Visit, result: Result) -> None:
    """Bring in what is complete and was not taken before, oldest first. A file that is refused does not stop the rest.

    Such a file is not tried again until its content changes.
    """
    source = visit.source
    folder = check_folder(source.address)
    look = folders.look(folder, source.pattern, new=partial(_not_noted, source), most=_MOST_TAKEN)
    for found in look.new:
        note = _take(visit, found, result)
        if note is not None and source.move_files:
            folders.put_away(found, folder, _AWAY.get(SourceFileStatus(note.status), "done"), note.fingerprint)
    result.nothing_new = not look.new
    if look.unfinished:
        result.notes.append(_now("Left for the next run, for they have changed just now: %s files.") % look.unfinished)
    if look.more:
        result.notes.append(_now("Left for the next run: %s files more.") % look.more)


def _not_noted(source: OrderSource, some: list[Found]) -> list[Found]:
    """Files of which no note says that they were taken as they are now. Where files are moved, those are too."""
    if source.move_files or not some:
        return some
    names = [found.name for found in some]
    noted = set(source.taken.filter(name__in=names).values_list("name", "size", "modified_ns"))
    return [found for found in some if (found.name, found.size, found.modified_ns) not in noted]


def _take(visit: Visit, found: Found, result: Result) -> SourceFile | None:
    """Bring one file in and note it; None when it has changed meanwhile and is left for the next run."""
    copy = visit.spool / private_files.safe_name(found.name)
    try:
        fingerprint = folders.copy(found, copy)
        if fingerprint is None:
            return None
        result.size += found.size
        same = visit.source.taken.filter(fingerprint=fingerprint).order_by("pk").first()
        note = SourceFile(
            source=visit.source,
            name=found.name,
            size=found.size,
            modified_ns=found.modified_ns,
            fingerprint=fingerprint,
        )
        if same is not None and same.status != SourceFileStatus.FAILED:
            note.status = SourceFileStatus.REPEATED
        else:
            _bring_in(visit, copy, note, result)
    finally:
        copy.unlink(missing_ok=True)
    with atomic():
        SourceFile.objects.filter(
            source=visit.source, name=found.name, size=found.size, modified_ns=found.modified_ns
        ).delete()
        note.save()
    return note


def _bring_in(visit: Visit, copy: Path, note: SourceFile, result: Result) -> None:
    try:
        outcome = visit.bring_in(copy, visit.source.format)
    except UnreadableFile as refusal:
        note.status, note.error = SourceFileStatus.FAILED, str(refusal)
        result.errors.append(note.error)
        return
    result.files += 1
    result.add(outcome)
    note.import_run_id = outcome.run_id
    note.status = _KEPT.get(outcome.status, SourceFileStatus.FAILED)
    note.error = outcome.error
