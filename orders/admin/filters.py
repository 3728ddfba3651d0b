"""By what the list of orders is narrowed, and the views of it that everybody has."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import (
    BooleanRadioFilter,
    ChoicesCheckboxFilter,
    DropdownFilter,
    RadioFilter,
    RangeNumericFilter,
    RelatedDropdownFilter,
    TextFilter,
)

from inventory import providers
from oms.web.console.filters import DayRangeFilter, PresetDaysFilter
from oms.web.console.saved import View
from oms.web.limits import limits_of
from orders.models import Order
from orders.selectors import work


class NextStepFilter(RadioFilter):
    """What staff do next with an order."""

    title = _("next step")
    parameter_name = "next"
    _WORK: Final[dict[str, Callable[[], QuerySet[Order]]]] = {
        "fulfill": work.waiting_to_be_packed,
        "late": work.late,
        "hold": work.on_hold,
        "action": work.requiring_action,
        "backordered": work.backordered,
        "unpaid": work.unpaid,
    }

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("fulfill", _("to be fulfilled")),
            ("late", _("late")),
            ("hold", _("on hold")),
            ("action", _("requires action")),
            ("backordered", _("waits for goods")),
            ("unpaid", _("unpaid")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Order]) -> QuerySet[Order]:
        wanted = self._WORK.get(self.value() or "")
        return queryset & wanted() if wanted else queryset


class ShipsFromFilter(DropdownFilter):
    """Where what is still to be sent lies."""

    title = _("location it ships from")
    parameter_name = "from"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            (str(each.id), each.name)
            for each in providers.locations().all()
            if limits_of(request.user).allows_location(each.id)
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Order]) -> QuerySet[Order]:
        if not self.value():
            return queryset
        try:
            place = UUID(self.value())
        except ValueError:
            return queryset.none()
        seen = limits_of(request.user).allows_location(place)
        return queryset & work.shipping_from(place) if seen else queryset.none()


class TagFilter(TextFilter):
    title = _("tag")
    parameter_name = "tag"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Order]) -> QuerySet[Order]:
        tag = (self.value() or "").replace("\x00", "").strip()
        return queryset.filter(tags__contains=[tag]) if tag else queryset


class NoteFilter(RadioFilter):
    title = _("notes")
    parameter_name = "notes"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("has a note"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Order]) -> QuerySet[Order]:
        return queryset & work.with_notes() if self.value() == "yes" else queryset


class PlacedFilter(PresetDaysFilter):
    title = _("placed")
    parameter_name = "placed"
    column = "placed_at"


FILTERS: Final = (
    NextStepFilter,
    PlacedFilter,
    ("channel", RelatedDropdownFilter),
    ShipsFromFilter,
    TagFilter,
    ("status", ChoicesCheckboxFilter),
    ("payment_status", ChoicesCheckboxFilter),
    ("fulfillment_status", ChoicesCheckboxFilter),
    ("return_status", ChoicesCheckboxFilter),
    NoteFilter,
    ("total", RangeNumericFilter),
    ("is_sample", BooleanRadioFilter),
    ("placed_at", DayRangeFilter),
)

VIEWS: Final = (
    View(_("All"), ""),
    View(_("To fulfill"), "next=fulfill"),
    View(_("Late"), "next=late"),
    View(_("On hold"), "next=hold"),
    View(_("Requires action"), "next=action"),
    View(_("Unpaid"), "next=unpaid"),
    View(_("Backordered"), "next=backordered"),
    View(_("Today"), "placed=today"),
)
