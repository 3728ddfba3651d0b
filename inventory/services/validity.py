"""Whether the fields of a row can be stored, told field by field."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Model

from oms.core.errors import FieldError, InvalidInput


def require_valid(row: Model, *, leave_out: Collection[str] = ()) -> None:
    """Refuse values that are too long, blank, of another type or hold a NUL, which PostgreSQL cannot keep.

    Raises InvalidInput that names every such field.
    """
    errors: list[FieldError] = []
    try:
        row.clean_fields(exclude=set(leave_out))
    except ValidationError as problem:
        errors += [
            FieldError(f"/{name}", f"{name}: {sentence}")
            for name, sentences in problem.message_dict.items()
            for sentence in sentences
        ]
    for field in row._meta.concrete_fields:
        if _holds_nul(getattr(row, field.attname)):
            errors.append(FieldError(f"/{field.name}", f"{field.name}: NUL characters cannot be stored."))
    if errors:
        raise InvalidInput(errors=errors)


def set_fields(row: Model, changes: Mapping[str, Any], allowed: Collection[str]) -> list[str]:
    """Put changed values on the row; the names of those that differ. Raises InvalidInput for a field not allowed."""
    unknown = sorted(set(changes) - set(allowed))
    if unknown:
        raise InvalidInput(errors=[FieldError(f"/{name}", f"{name} cannot be changed here.") for name in unknown])
    changed = [name for name, value in changes.items() if getattr(row, name) != value]
    for name in changed:
        setattr(row, name, changes[name])
    return changed


def _holds_nul(value: Any) -> bool:
    if isinstance(value, str):
        return "\x00" in value
    if isinstance(value, Mapping):
        return any(_holds_nul(part) for pair in value.items() for part in pair)
    return isinstance(value, list) and any(_holds_nul(part) for part in value)
