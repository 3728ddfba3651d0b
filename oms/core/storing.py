"""What the database says when it does not take a row, without the row: its message would tell people's data."""

from __future__ import annotations

from typing import Self

from django.db import DataError, IntegrityError
from django.utils.translation import gettext_lazy as _

from oms.core.errors import DomainError


class NotStorable(DomainError):
    """A single record that the database refused for what stands in it, where the others go on."""

    code = "not_storable"
    message = _("This cannot be stored: %(reason)s.")

    @classmethod
    def of(cls, problem: Exception) -> Self:
        return cls(reason=reason(problem))


def reason(problem: Exception) -> str:
    """Why, in names of rules and columns and the SQLSTATE alone: no values, so no personal data."""
    diag = getattr(problem.__cause__ or problem, "diag", None)
    state = f" (SQLSTATE {diag.sqlstate})" if diag is not None and diag.sqlstate else ""
    column = f"column {diag.column_name}" if diag is not None and diag.column_name else "its column"
    if isinstance(problem, IntegrityError) and diag is not None and diag.constraint_name:
        return f"it breaks the rule {diag.constraint_name}{state}"
    if isinstance(problem, (DataError, IntegrityError)):
        return f"a value does not fit {column}{state}"
    return f"the database did not do what it was asked{state}"
