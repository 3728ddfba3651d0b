"""What can be done with many orders at once."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any, Final

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from oms.core.actors import Actor
from oms.web.console import acts
from orders.admin.acts import CHANGE_ORDER, CREATE_FULFILLMENT
from orders.enums import HoldReason
from orders.errors import NothingToFulfill
from orders.models import Hold, Order
from orders.services import fulfilling, holds


@admin.action(description=gettext_lazy("Fulfill as proposed"), permissions=["fulfill"])
def fulfill_as_proposed(_model_admin: Any, request: HttpRequest, orders: QuerySet[Order]) -> None:
    actor = acts.actor_of(request)
    acts.perform_each(
        request,
        [(str(order), partial(_fulfill_all, order, actor)) for order in orders],
        done=_("Fulfilled: %(count)s orders."),
    )


@admin.action(description=gettext_lazy("Put on hold"), permissions=["change_order"])
def place_holds(_model_admin: Any, request: HttpRequest, orders: QuerySet[Order]) -> None:
    actor = acts.actor_of(request)
    hold = partial(holds.place_hold, reason=HoldReason.OTHER, actor=actor)
    acts.perform_each(
        request,
        [(str(order), partial(hold, order_id=order.pk)) for order in orders],
        done=_("Put on hold: %(count)s orders."),
    )


@admin.action(description=gettext_lazy("Release all holds"), permissions=["change_order"])
def release_holds(_model_admin: Any, request: HttpRequest, orders: QuerySet[Order]) -> None:
    actor = acts.actor_of(request)
    open_holds = Hold.objects.filter(order__in=[order.pk for order in orders], released_at=None)
    acts.perform_each(
        request,
        [
            (str(hold.order), partial(holds.release_hold, order_id=hold.order_id, hold_id=hold.pk, actor=actor))
            for hold in open_holds.select_related("order").order_by("order_id", "placed_at")
        ],
        done=_("Holds released: %(count)s."),
    )


def _fulfill_all(order: Order, actor: Actor) -> None:
    """Each proposal is a fulfillment of its own. Raises what create_fulfillment raises."""
    proposed: Iterable[fulfilling.Proposal] = fulfilling.proposals(order, list(order.lines.all()))
    if not proposed:
        raise NothingToFulfill()
    for proposal in proposed:
        fulfilling.create_fulfillment(
            order_id=order.pk, items=proposal.items, location_id=proposal.location_id, actor=actor
        )


BULK_ACTS: Final = [fulfill_as_proposed, place_holds, release_holds]
PERMISSIONS: Final = {"fulfill": CREATE_FULFILLMENT, "change_order": CHANGE_ORDER}
