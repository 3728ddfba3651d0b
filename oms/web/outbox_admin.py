"""Events, their deliveries and who they go to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import admin, messages
from django.contrib.admin import display
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.formats import number_format
from django.utils.safestring import SafeString
from django.utils.timesince import timesince
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesCheckboxFilter, DropdownFilter, RadioFilter

from oms.core import events, ids, replaying, subscribers
from oms.core.errors import NotFound
from oms.core.models import Delivery, DeliveryState, OutboxEvent
from oms.core.replaying import Wanted
from oms.core.subscribers import MOST_COUNTED, Subscriber
from oms.web.console import acts, dashboard, show
from oms.web.console.admin import ReadOnlyAdmin

_REPLAYED: Final = DeliveryState.DEAD, DeliveryState.DELIVERED, DeliveryState.SKIPPED
_MOST_EVENTS: Final = 1000  # of one order


def dead_letters() -> QuerySet[Delivery]:
    return Delivery.objects.filter(state=DeliveryState.DEAD)


@admin.register(OutboxEvent)
class OutboxEventAdmin(ReadOnlyAdmin):
    """The news of what happened, in the order it was recorded."""

    list_display = ("name", "occurred_at", "sequence", "shown_actor", "relayed_at")
    search_help_text = _("Name of the event (order.placed), its id, or the id of its order")
    ordering = ("-id",)

    def search(self, rows: QuerySet[Any], term: str) -> QuerySet[Any]:
        known = _id(term)
        return rows.filter(name=term) if known is None else rows.filter(Q(pk=known) | Q(stream=known))

    @display(description=_("By"))
    def shown_actor(self, row: OutboxEvent) -> str:
        return show.actor(row.actor)


class SubscriberFilter(DropdownFilter):
    title = _("subscriber")
    parameter_name = "subscriber"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(name, name) for name in sorted({each.subscriber for each in events.listeners()})]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> QuerySet[Delivery]:
        value = self.value()
        return queryset.filter(subscriber=value.replace("\0", "")) if value else queryset


class TroubleFilter(RadioFilter):
    title = _("trouble")
    parameter_name = "trouble"
    _rows: Final[dict[str | None, Callable[[], QuerySet[Delivery]]]] = {
        "failed": subscribers.failed_lately,
        "parking": subscribers.parking,
    }

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("failed", _("failed in the last day")), ("parking", _("dead letters that park an order"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> QuerySet[Delivery]:
        rows = self._rows.get(self.value())
        return queryset & rows() if rows else queryset


@admin.action(description=_("Deliver again"), permissions=["replay"])
def replay(model_admin: DeliveryAdmin, request: HttpRequest, deliveries: QuerySet[Delivery]) -> HttpResponse | None:
    chosen = deliveries.filter(state__in=_REPLAYED)
    if "confirmed" not in request.POST:
        return model_admin.confirm(
            request,
            deliveries,
            chosen,
            act="replay",
            title=_now("Deliver again?"),
            words=_now(
                "Subscribers get these events once more, also those that they have had. What is parked behind a dead "
                "letter follows it, in order."
            ),
        )
    wanted = Wanted(delivery_ids=[delivery.pk for delivery in deliveries])
    count = replaying.replay(wanted, actor=acts.actor_of(request))
    messages.success(request, _now("Deliveries that will be made again: %s.") % count)
    left = len(wanted.delivery_ids or ()) - count
    if left:
        messages.warning(request, _now("Left alone, because they wait already or nobody listens any more: %s.") % left)
    return None


@admin.action(description=_("Skip dead letters"), permissions=["replay"])
def skip(model_admin: DeliveryAdmin, request: HttpRequest, deliveries: QuerySet[Delivery]) -> HttpResponse | None:
    if "confirmed" not in request.POST:
        return model_admin.confirm(
            request,
            deliveries,
            deliveries.filter(state=DeliveryState.DEAD),
            act="skip",
            title=_now("Skip these dead letters?"),
            words=_now(
                "Their subscribers never hear of these events, and what is parked behind them is delivered now. Do "
                "this when the matter was settled by hand."
            ),
        )
    count = replaying.skip([delivery.pk for delivery in deliveries], actor=acts.actor_of(request))
    messages.success(request, _now("Dead letters that were skipped: %s.") % count)
    return None


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin):
    """One event for one subscriber. A dead letter parks those behind it until it is delivered again or skipped."""

    list_display = ("shown_event", "subscriber", "shown_state", "attempts", "due_at", "error")
    list_select_related = ("event",)
    list_filter = (("state", ChoicesCheckboxFilter), SubscriberFilter, TroubleFilter)
    search_help_text = _("Subscriber, or the id of an event, an order or a delivery")
    ordering = ("-event_id", "-subscriber")
    actions = [replay, skip]

    def search(self, rows: QuerySet[Any], term: str) -> QuerySet[Any]:
        known = _id(term)
        if known is None:
            return rows.filter(subscriber=term)
        found = OutboxEvent.objects.filter(Q(pk=known) | Q(stream=known)).values_list("pk", flat=True)
        of_events = list(found[:_MOST_EVENTS])  # by themselves: as a subquery beside an OR no index would serve
        return rows.filter(Q(pk=known) | Q(event_id__in=of_events))

    def has_replay_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("core.change_delivery"))

    def _shown(self, field: Any) -> str:
        return self._reader(field, show.actor) if field.name == "decided_by" else super()._shown(field)

    @display(description=_("Event"))
    def shown_event(self, row: Delivery) -> str:
        return str(row.event)

    @display(description=_("State"))
    def shown_state(self, row: Delivery) -> SafeString:
        return show.status_badge(row, "state")

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(self.subscribers_view)
        return [path("subscribers/", view, name="core_delivery_subscribers"), *super().get_urls()]

    def subscribers_view(self, request: HttpRequest) -> HttpResponse:
        """Who listens to what, and how late they are."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "title": _now("Subscribers"),
            "opts": self.opts,
            "subscribers": [_row(each) for each in subscribers.subscribers()],
        }
        return TemplateResponse(request, "admin/core/subscribers.html", context)

    def confirm(
        self, request: HttpRequest, deliveries: QuerySet[Delivery], chosen: QuerySet[Delivery], **words: str
    ) -> HttpResponse | None:
        """Ask before an act is done to `chosen`, those of the selected deliveries that it is for."""
        rows = list(chosen.select_related("event").order_by(*self.ordering))
        if not rows:
            messages.warning(request, _now("There is nothing to do: none of them is in a state for it."))
            return None
        context = {
            **self.admin_site.each_context(request),
            **words,
            "opts": self.opts,
            "deliveries": rows,
            "others": deliveries.count() - len(rows),
            "back": request.get_full_path(),
        }
        return TemplateResponse(request, "admin/core/confirm_deliveries.html", context)


def _id(term: str) -> UUID | None:
    """The id that a person pasted: of an event, a delivery, an order or a level, or a bare UUID."""
    for prefix in (ids.EVENT, ids.DELIVERY, ids.ORDER, ids.INVENTORY_LEVEL):
        try:
            return ids.decode(prefix, term)
        except NotFound:
            continue
    try:
        return UUID(term)
    except ValueError:
        return None


def _row(each: Subscriber) -> dict[str, Any]:
    """A line of the page: each figure leads to the list of what it counts."""
    return {
        "name": each.name,
        "listening": each.listening,
        "late": _late(each),
        "figures": [
            _figure(each, each.waiting, "busy", state__exact="pending"),
            _figure(each, each.failed, "busy", trouble="failed"),
            _figure(each, each.dead, "bad", state__exact="dead"),
            _figure(each, each.pairs, "bad", trouble="parking"),
            _figure(each, each.parked, "bad", state__exact="parked"),
        ],
    }


def _figure(each: Subscriber, count: int, tone: str, **narrowed: str) -> dict[str, Any]:
    shown = number_format(count, force_grouping=True)
    query = urlencode({"subscriber": each.name} | narrowed)
    return {
        "count": _now("%s or more") % shown if count >= MOST_COUNTED else shown,
        "tone": tone if count else "none",
        "url": f"{reverse('admin:core_delivery_changelist')}?{query}",
    }


def _late(each: Subscriber) -> str:
    return _now("%s ago") % timesince(each.oldest_at, depth=2) if each.oldest_at else ""


dashboard.show(
    dashboard.Figure(
        rank=90,
        title=_("Dead letters"),
        icon="mark_email_unread",
        permission="core.view_delivery",
        model="core_delivery",
        query="state__exact=dead",
        rows=dead_letters,
        tone="bad",
    )
)
