"""One refused record, mended by hand and tried again at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import UUID

from django.utils.translation import gettext as _

from channels.enums import StockPolicy
from channels.models import ImportReject
from channels.services import private_files, retrying, upload_preview
from channels.services.import_rejects import csv_line
from channels.services.imports import Wish, import_file
from oms.core import ids
from oms.core.actors import Actor
from oms.core.errors import FieldError, InvalidInput, NotFound

_MOST: Final = 8 * 1024 * 1024  # characters of one record


@dataclass(frozen=True, slots=True)
class Mended:
    """What became of it. reason: why it is refused still, "" where it came in; row: which of its lines is at fault."""

    reason: str
    row: int = 0
    column: str = ""


def mend_reject(*, reject_id: UUID, rows: Sequence[Sequence[str]], text: str = "", actor: Actor) -> Mended:
    """Bring in one refused record as it was mended: rows of cells in the columns of its format, else its text.

    It is rehearsed first, so what is refused again leaves nothing behind. What came in is dealt with; a repeat finds
    it unchanged. Raises NotFound, InvalidInput, and what `import_file` raises.
    """
    reject = ImportReject.objects.select_related("run__channel").filter(pk=reject_id).first()
    if reject is None:
        raise NotFound(kind="import reject", id=ids.encode(ids.IMPORT_REJECT, reject_id))
    header, _lines = retrying.record_of(reject)
    content = "".join(map(csv_line, [header, *rows])) if header else " ".join(text.splitlines()) + "\n"
    if len(content) > _MOST or not (text.strip() or any(any(row) for row in rows)):
        raise InvalidInput(errors=[FieldError("/rows", _("There is nothing to try, or too much of it."))])
    with private_files.spool(ids.new_id()) as spool:
        (spool / "record").mkdir()
        name = private_files.safe_name(f"line {reject.line} of {reject.run.file_name}".removesuffix(".gz"))
        path = spool / "record" / name
        path.write_text(content, encoding="utf-8")
        refused = _rehearse(reject, path, spool / "rejects", actor, 2 if header else 1)
        if refused is None:
            outcome = import_file(wish=_wish(reject, path), actor=actor)
            refused = Mended(outcome.error) if outcome.error else None
    if refused is None:
        retrying.settle([reject.pk])
    return refused or Mended("")


def _wish(reject: ImportReject, path: Path) -> Wish:
    run = reject.run
    return Wish(
        path=path, channel=run.channel.code, format=run.format, stock=StockPolicy(run.stock), stop_at_error=True
    )


def _rehearse(reject: ImportReject, path: Path, rejects: Path, actor: Actor, first: int) -> Mended | None:
    """Why it is refused, or None. first: the line of the file at which the record begins."""
    wish = _wish(reject, path)
    import_file(
        wish=Wish(path=path, channel=wish.channel, format=wish.format, stock=wish.stock, dry_run=True, rejects=rejects),
        actor=actor,
    )
    found = upload_preview.first_rejects(rejects)
    if not found:
        return None
    return Mended(found[0]["reason"], max(0, int(found[0]["line"] or first) - first), found[0]["column"])
