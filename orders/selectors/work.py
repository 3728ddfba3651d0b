"""The orders that wait for somebody, and why. Each set has an index in which it stands, or is read from what it waits
for, so that its cost is that of the work and not of all orders there ever were."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

from fulfillment.models import Fulfillment
from inventory import providers
from orders.enums import OrderStatus
from orders.models import Hold, Note, Order
from orders.models.order import OPEN, UNPAID


def waiting_to_be_packed() -> QuerySet[Order]:
    return Order.objects.filter(OPEN, open_holds=0)


def late() -> QuerySet[Order]:
    """Still open so many days (settings.OMS["LATE_AFTER_DAYS"]) after they were placed, on hold or not."""
    return Order.objects.filter(OPEN, placed_at__lt=timezone.now() - timedelta(days=settings.OMS["LATE_AFTER_DAYS"]))


def on_hold() -> QuerySet[Order]:
    """By the index of open holds, not by looking at every order."""
    return Order.objects.filter(pk__in=Hold.objects.filter(released_at=None).values("order"))


def requiring_action() -> QuerySet[Order]:
    return Order.objects.filter(status=OrderStatus.REQUIRES_ACTION)


def backordered() -> QuerySet[Order]:
    """Something of them waits for goods to come."""
    return Order.objects.filter(pk__in=providers.current().waiting())


def unpaid() -> QuerySet[Order]:
    """Money of them is neither taken nor promised in full."""
    return Order.objects.filter(UNPAID)


def with_notes() -> QuerySet[Order]:
    return Order.objects.filter(pk__in=Note.objects.values("order_id"))


def shipping_from(location_id: UUID) -> QuerySet[Order]:
    """What is held for them at this location, or packed there and not shipped yet."""
    packed = Fulfillment.objects.filter(location_id=location_id, shipped_at=None, canceled_at=None)
    # A union and no OR, for which every order would be looked at.
    there = providers.current().held_at([location_id]).values("order_id").union(packed.values("order_id"))
    return Order.objects.filter(pk__in=there)
