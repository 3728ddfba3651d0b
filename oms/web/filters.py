"""Filters that lists of several apps share, by the contract's way of asking: words, ids, moments."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from django import forms
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django_filters import BooleanFilter, Filter, FilterSet

from oms.core import ids
from oms.core.errors import NotFound

MOST_VALUES: Final = 200
_CLOCKS_DIFFER: Final = timedelta(days=1)  # at most
_YES_NO: Final = {"true": True, "1": True, "false": False, "0": False, "": None}


class Words(forms.Field):
    """`status=a`, `status[]=a&status[]=b`, `status[0]=a`; each one of `known`, where that is given."""

    widget = forms.SelectMultiple

    def __init__(self, *, known: list[str] | None = None, **kwargs: Any) -> None:
        super().__init__(required=False)
        self.known = known

    def clean(self, value: Any) -> list[str]:
        words = [word for word in value or [] if word]
        if len(words) > MOST_VALUES:
            raise forms.ValidationError(f"at most {MOST_VALUES} values.")
        wrong = [word for word in words if self.known is not None and word not in self.known]
        if wrong:
            raise forms.ValidationError(f"{wrong[0][:60]} is none of {', '.join(self.known or [])}.")
        return words


class WordsFilter(Filter):
    """One of several words in a column."""

    field_class = Words
    many = True

    def filter(self, qs: QuerySet[Any], value: list[str]) -> QuerySet[Any]:
        return qs.filter(**{f"{self.field_name}__in": value}) if value else qs


class IdsFilter(WordsFilter):
    """Public ids of one type. One that does not parse finds nothing, for no such thing can exist."""

    def __init__(self, prefix: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.prefix = prefix

    def filter(self, qs: QuerySet[Any], value: list[str]) -> QuerySet[Any]:
        found = []
        for text in value:
            try:
                found.append(ids.decode(self.prefix, text))
            except NotFound:
                continue
        return qs.filter(**{f"{self.field_name}__in": found}) if value else qs


class YesNo(forms.Field):
    """`true` or `false`. Django's own takes everything else for not asked, and the list would show all it has."""

    def clean(self, value: Any) -> bool | None:
        word = str(value or "").lower()
        if word not in _YES_NO:
            raise forms.ValidationError(f"{word[:40]} is neither true nor false.")
        return _YES_NO[word]


class YesNoFilter(BooleanFilter):
    field_class = YesNo


class Moment(forms.Field):
    def clean(self, value: Any) -> Any:
        if not value:
            return None
        try:
            at = parse_datetime(value)
            day = None if at else parse_date(value)
        except ValueError:
            at = day = None
        if at is None and day is not None:
            at = parse_datetime(f"{day.isoformat()}T00:00:00Z")
        if at is None or not 1 < at.year < 9999:
            raise forms.ValidationError(f"{str(value)[:40]} is no ISO 8601 time.")
        return at if timezone.is_aware(at) else timezone.make_aware(at)


class MomentFilter(Filter):
    field_class = Moment


def made_around(at: datetime, lookup: str) -> Q:
    """Rows whose ids are near a moment or beyond it: `gte` and `gt` later ones, `lte` and `lt` earlier ones.

    Ids and times of creation are told by different clocks, so it goes a day further than is asked for. A list in the
    order of ids finds by it where to begin, or where to end.
    """
    if lookup in {"gte", "gt"}:
        return Q(pk__gte=ids.first_id(at - _CLOCKS_DIFFER))
    return Q(pk__lt=ids.first_id(at + _CLOCKS_DIFFER))


class MadeFilter(MomentFilter):
    """When a row was made that got its id then: by its id too, which is the index."""

    def filter(self, qs: QuerySet[Any], value: datetime | None) -> QuerySet[Any]:
        if value is None:
            return qs
        found: QuerySet[Any] = super().filter(qs, value)
        return found.filter(made_around(value, self.lookup_expr))


_OPERATORS: Final = {"$gte": "gte", "$gt": "gt", "$lte": "lte", "$lt": "lt"}


def moments(name: str, column: str, kind: type[MomentFilter] = MomentFilter) -> dict[str, Filter]:
    """`created_at[$gte]=…` and its three sisters."""
    return {
        f"{name}[{sign}]": kind(field_name=column, lookup_expr=lookup, required=False, help_text="ISO 8601.")
        for sign, lookup in _OPERATORS.items()
    }


def made(column: str) -> dict[str, Filter]:
    """The same of rows that got their id when they were made, and are listed by it."""
    return moments(column, column, MadeFilter)


class NoFilters(FilterSet):
    """Nothing but pages."""
