"""What orders are called on pages of apps that do not know them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from uuid import UUID

from oms.web.console import names
from orders.models import Order


def _names(pks: Collection[UUID]) -> Mapping[UUID, str]:
    numbers = Order.objects.filter(pk__in=pks).values_list("pk", "number")
    return {pk: f"#{number}" for pk, number in numbers}


names.register("orders_order", _names)
