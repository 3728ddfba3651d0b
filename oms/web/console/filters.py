"""Filters of lists that Unfold has not."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from unfold.contrib.filters.admin import RangeDateFilter, RelatedDropdownFilter
from unfold.utils import parse_date_str

from oms.web import limits


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
        return timezone.make_aware(datetime.combine(day, time.min)) if day else None


class LimitedRelatedFilter(RelatedDropdownFilter):
    """Offers the rows that whoever looks may see. `ConsoleAdmin` puts it in the place of Unfold's own."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> list[tuple[Any, Any]]:
        rows = limits.narrow(field.related_model._default_manager.all(), limits.limits_of(request.user))
        ordering = self.field_admin_ordering(field, request, model_admin)
        return [(row.pk, str(row)) for row in (rows.order_by(*ordering) if ordering else rows)]
