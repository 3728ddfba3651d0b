"""What the services of all documents of stock share: locking one, and what its lines must be."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar
from uuid import UUID

from inventory.documents import Document
from inventory.errors import KitHasNoStock, NotOnDocument, NotPossibleNow
from inventory.models import InventoryItem, StockLocation
from oms.core import ids, locks
from oms.core.errors import FieldError, InvalidInput, NotFound, StaleRevision

D = TypeVar("D", bound=Document)
MOST_LINES: Final = 1000
MOST: Final = 1_000_000_000  # units of a line


@dataclass(frozen=True, slots=True)
class Line:
    """Units of an item on a document."""

    item_id: UUID
    quantity: int


@dataclass(frozen=True, slots=True)
class Part:
    """Units of a line that have come, and of them those that are of no use."""

    line_id: UUID
    quantity: int
    damaged: int = 0


def lock(kind: type[D], document_id: UUID) -> D:
    """The document, locked before any order and level, for a step that makes a new revision of it. Raises NotFound."""
    row = _locked(kind, document_id)
    row.revision += 1
    kind._default_manager.filter(pk=document_id).update(revision=row.revision)
    return row


def require_revision(kind: type[D], document_id: UUID, expected: Collection[int]) -> None:
    """Lock the document and refuse who has seen another state of it. Raises NotFound, StaleRevision."""
    present = _locked(kind, document_id).revision
    if present not in expected:
        raise StaleRevision(expected=max(expected), present=present)


def _locked(kind: type[D], document_id: UUID) -> D:
    for row in locks.lock(locks.Rank.SOURCE, kind._default_manager.filter(pk=document_id)):
        return row
    raise NotFound(kind=str(kind._meta.verbose_name), id=ids.encode(kind.id_prefix, document_id))


def require_status(document: Any, *allowed: str) -> None:
    """Raises NotPossibleNow unless the document is in one of these."""
    if document.status not in allowed:
        raise NotPossibleNow(document=str(document), status=document.get_status_display())


def require_location(location_id: UUID, pointer: str) -> None:
    if not StockLocation.objects.filter(pk=location_id).exists():
        raise InvalidInput(errors=[FieldError(pointer, "There is no such stock location.", "not_found")])


def require_lines(lines: Sequence[Line], *, least: int = 1) -> None:
    """At least one line, of items that are counted, each once, `least` units or more. Raises InvalidInput for all."""
    if not 1 <= len(lines) <= MOST_LINES:
        raise InvalidInput(errors=[FieldError("/items", f"From 1 to {MOST_LINES} lines are asked for.", "required")])
    items = InventoryItem.objects.in_bulk({line.item_id for line in lines})
    seen: set[UUID] = set()
    errors = []
    for index, line in enumerate(lines):
        item, place = items.get(line.item_id), f"/items/{index}"
        if item is None:
            errors.append(FieldError(f"{place}/inventory_item_id", "There is no such inventory item.", "not_found"))
        elif item.is_kit:
            sentence = str(KitHasNoStock.message) % {"sku": item.sku}
            errors.append(FieldError(f"{place}/inventory_item_id", sentence, KitHasNoStock.code))
        elif not item.is_stocked:
            errors.append(FieldError(f"{place}/inventory_item_id", f"{item.sku} is not stocked.", "not_stocked"))
        elif line.item_id in seen:
            errors.append(FieldError(f"{place}/inventory_item_id", f"{item.sku} is named twice.", "repeated"))
        if not least <= line.quantity <= MOST:
            errors.append(FieldError(f"{place}/quantity", f"{line.quantity} is not a quantity.", "quantity"))
        seen.add(line.item_id)
    if errors:
        raise InvalidInput(errors=errors)


def require_parts(document: Document, known: Collection[UUID], parts: Sequence[Part]) -> None:
    """Parts of lines that the document has, each once and of something. Raises NotOnDocument, InvalidInput."""
    strangers = [
        FieldError(f"/items/{index}/id", "No such line.", "not_found")
        for index, part in enumerate(parts)
        if part.line_id not in known
    ]
    if strangers:
        raise NotOnDocument(document=str(document), errors=strangers)
    errors = [
        FieldError(
            f"/items/{index}/quantity", f"{part.quantity} and {part.damaged} damaged is no quantity.", "quantity"
        )
        for index, part in enumerate(parts)
        if part.quantity < 0 or part.damaged < 0 or not 0 < part.quantity + part.damaged <= MOST
    ]
    if len({part.line_id for part in parts}) < len(parts):
        errors.append(FieldError("/items", "A line is named twice.", "repeated"))
    if not parts:
        errors.append(FieldError("/items", "Say what has come.", "required"))
    if errors:
        raise InvalidInput(errors=errors)
