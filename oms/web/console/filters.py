"""Filters of lists that Unfold has not."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import RadioFilter, RangeDateFilter, RelatedDropdownFilter
from unfold.utils import parse_date_str

from oms.web import limits
from oms.web.filters import made_around


class DayRangeFilter(RangeDateFilter):
    """From the beginning of one day to the end of another, in the time zone of whoever looks."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        since, until = (self._midnight(end) for end in ("from", "to"))
        if since is not None:
            queryset = queryset.filter(**{f"{self.parameter_name}__gte": since})
        if until is not None:
            queryset = queryset.filter(**{f"{self.parameter_name}__lt": until + timedelta(days=1)})
        return queryset

    def _midnight(self, end: str) -> datetime | None:
        """The beginning of the day that was given; None where none was, or what was given is no day."""
        text = self.used_parameters.get(f"{self.parameter_name}_{end}")
        day = parse_date_str(text) if isinstance(text, str) and text else None
        return midnight(day) if day else None


class MadeFilter(DayRangeFilter):
    """The days on which rows were made that got their ids then: by these too, which are the index."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        queryset = super().queryset(request, queryset)
        since, until = (self._midnight(end) for end in ("from", "to"))
        if since is not None:
            queryset = queryset.filter(made_around(since, "gte"))
        if until is not None:
            queryset = queryset.filter(made_around(until + timedelta(days=1), "lt"))
        return queryset


class LimitedRelatedFilter(RelatedDropdownFilter):
    """Offers the rows that whoever looks may see. `ConsoleAdmin` puts it in the place of Unfold's own."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> list[tuple[Any, Any]]:
        rows = limits.narrow(field.related_model._default_manager.all(), limits.limits_of(request.user))
        ordering = self.field_admin_ordering(field, request, model_admin)
        return [(row.pk, str(row)) for row in (rows.order_by(*ordering) if ordering else rows)]


class PresetDaysFilter(RadioFilter):
    """Days that people ask for every day, so that a link to them goes on meaning them. `column` is a moment."""

    column = ""

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("today", _("today")),
            ("yesterday", _("yesterday")),
            ("7d", _("last 7 days")),
            ("30d", _("last 30 days")),
            ("month", _("this month")),
            ("last_month", _("last month")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        days = preset_days(self.value() or "", timezone.localdate())
        if days is None:
            return queryset
        since, until = map(midnight, days)
        return queryset.filter(**{f"{self.column}__gte": since, f"{self.column}__lt": until})


def preset_days(name: str, today: date) -> tuple[date, date] | None:
    """The first day of a preset and the day after its last one; None for a name that is none."""
    tomorrow, first = today + timedelta(days=1), today.replace(day=1)
    return {
        "today": (today, tomorrow),
        "yesterday": (today - timedelta(days=1), today),
        "7d": (tomorrow - timedelta(days=7), tomorrow),
        "30d": (tomorrow - timedelta(days=30), tomorrow),
        "month": (first, tomorrow),
        "last_month": ((first - timedelta(days=1)).replace(day=1), first),
    }.get(name)


def midnight(day: date) -> datetime:
    """The beginning of a day, in the time zone of whoever looks."""
    return timezone.make_aware(datetime.combine(day, time.min))
