"""The list of orders: its filters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import RadioFilter

from orders.enums import OrderStatus
from orders.models import Hold, Order


def waiting_to_be_packed() -> QuerySet[Order]:
    return Order.objects.filter(status=OrderStatus.PENDING, open_holds=0, units_open__gt=0)


def on_hold() -> QuerySet[Order]:
    """By the index of open holds, not by looking at every order."""
    return Order.objects.filter(pk__in=Hold.objects.filter(released_at=None).values("order"))


def requiring_action() -> QuerySet[Order]:
    return Order.objects.filter(status=OrderStatus.REQUIRES_ACTION)


class NextStepFilter(RadioFilter):
    """What staff do next with an order."""

    title = gettext_lazy("next step")
    parameter_name = "next"
    _WORK: Final[dict[str, Callable[[], QuerySet[Order]]]] = {
        "fulfill": waiting_to_be_packed,
        "hold": on_hold,
        "action": requiring_action,
    }

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("fulfill", gettext_lazy("to be fulfilled")),
            ("hold", gettext_lazy("on hold")),
            ("action", gettext_lazy("requires action")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Order]) -> QuerySet[Order]:
        wanted = self._WORK.get(self.value() or "")
        return queryset & wanted() if wanted else queryset
