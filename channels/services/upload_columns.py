"""Whether the columns of a file that was sent are known: as they are, or by a mapping that was named for such files."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

from django.utils import timezone

from channels.adapters.files import Source, UnreadableFile
from channels.enums import UploadStatus
from channels.models import ColumnMapping, ImportUpload
from channels.services import column_mapping
from oms.core import providers


def understand(row: ImportUpload, path: Path) -> None:
    """Set the row's columns where they are mapped, or its status where somebody must say what they are.

    A file that is no table, or has fewer columns than any format needs, is left to be refused.
    """
    mappable = column_mapping.formats()
    if row.channel is None or (row.format and row.format not in mappable):
        return
    wanted = {row.format: mappable[row.format]} if row.format else mappable
    names = [column.name for column in column_mapping.detect(path)]
    if len(names) < min((sum(columns.values()) for columns in wanted.values()), default=1 << 30):
        return
    if _is_understood(row, path, names, wanted):
        return
    known = column_mapping.fitting(row.channel, row.format, names)
    if known is None:
        row.status = UploadStatus.UNMAPPED
        return
    row.columns, row.format = known.columns, known.format
    ColumnMapping.objects.filter(pk=known.pk).update(used_at=timezone.now())


def _is_understood(
    row: ImportUpload, path: Path, names: Collection[str], wanted: Mapping[str, Mapping[str, bool]]
) -> bool:
    """All columns of a format are there, or the format knows these by names of its own, or it tells no columns."""
    if any(not column_mapping.missing(names, columns) for columns in wanted.values()):
        return True
    source = Source(path)
    for name in [row.format] if row.format else providers.names("ORDER_FORMATS"):
        parser = providers.get("ORDER_FORMATS", name)
        if not parser.recognises(source.head):
            continue
        if name not in wanted:
            return True
        try:
            parser.survey(source)
        except UnreadableFile:
            continue
        return True
    return False
