"""Query strings as the contract's clients write them: `id[0]=…`, `status[]=…`, `created_at[$gte]=…`."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from functools import cached_property
from typing import Final, TypeVar

from django.db.models import Model, QuerySet
from django.http import QueryDict
from django_filters import FilterSet
from rest_framework.request import Request

from oms.core.errors import FieldError, InvalidInput
from oms.web import fields
from oms.web.limits import NOTHING, Limits, limits_of, narrow

M = TypeVar("M", bound=Model)
_LIST_INDEX = re.compile(r"\[\d*\]$")
_OF_EVERY_LIST: Final = frozenset({"limit", "offset", "cursor", "order", "fields", "expand"})


class Asked(QueryDict):
    """A query string, the path it was sent to, the fields it asks for, and the limits of whoever sent it."""

    path = ""
    limits: Limits = NOTHING

    @cached_property
    def selection(self) -> fields.Selection:
        return fields.selection(self)


def parameters(request: Request) -> Asked:
    """The query string with list indexes gone: `id[0]=a&id[1]=b` is `id=a&id=b`. Raises InvalidInput for NUL."""
    plain = Asked(mutable=True)
    plain.path = request.path
    plain.limits = limits_of(request.user)
    for name, values in request._request.GET.lists():
        if "\x00" in name or any("\x00" in value for value in values):
            raise InvalidInput(errors=[wrong(name[:40].replace("\x00", ""), "it contains the character U+0000.")])
        for value in values:
            plain.appendlist(_LIST_INDEX.sub("", name), value)
    return plain


def wrong(name: str, sentence: str, code: str = "invalid") -> FieldError:
    """A query parameter has no place in the body, so its name goes beside the (empty) pointer."""
    return FieldError("", f"{name}: {sentence}", code, {"parameter": name})


def filtered(kind: type[FilterSet], query: Asked, rows: QuerySet[M], *, also: Collection[str] = ()) -> QuerySet[M]:
    """The rows that the query asks for, those that its sender may see.

    Raises InvalidInput, also for a parameter that means nothing here: a misspelt filter would else return everything.
    """
    known = {*kind.base_filters, *_OF_EVERY_LIST, *also}
    errors = [wrong(name[:60], "unknown parameter.", "unknown_parameter") for name in query if name not in known]
    filters = kind(query, queryset=narrow(rows, query.limits))
    if not filters.is_valid():
        for name, problems in filters.errors.items():
            errors += [wrong(name, str(problem)) for problem in problems]
    if errors:
        raise InvalidInput(errors=errors)
    found: QuerySet[M] = filters.qs
    return found


def ordering(query: QueryDict, allowed: Mapping[str, tuple[str, ...]], default: str) -> list[str]:
    """The columns to order by, from `order=-created_at`. `allowed` maps a name to its columns, ties broken."""
    wanted = query.get("order") or default
    name, descending = wanted.lstrip("-"), wanted.startswith("-")
    if name not in allowed:
        known = ", ".join(sorted(allowed))
        raise InvalidInput(errors=[wrong("order", f"{wanted[:40]} is unknown. Known, each also with -: {known}.")])
    return [f"-{column}" if descending else column for column in allowed[name]]
