"""An export of Shopify's brought in, and what became of an order of it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from orders.models import Order
from tests.channels.importing import bring_in
from tests.channels.shopify_files import HEADER, shopify_file

D = Decimal


def brought_in(tmp_path, *orders, header=HEADER, **options: Any) -> tuple[int, dict[str, Any]]:
    return bring_in(shopify_file(tmp_path / "orders.csv", *orders, header=header), **options)


def sums_of(number: str = "550000001001") -> dict[str, Any]:
    """The money of an order, what is 0 left away."""
    found = Order.objects.get(external_id=number)
    names = ("item_subtotal", "shipping_subtotal", "discount_total", "tax_total", "adjustment_total", "credit_total")
    sums = {name: getattr(found, name) for name in (*names, "total", "captured_total", "refunded_total")}
    return {name: str(amount.quantize(D("0.01"))) for name, amount in sums.items() if amount}


def lines_of(number: str = "550000001001") -> list[tuple]:
    return list(
        Order.objects.get(external_id=number)
        .lines.order_by("position")
        .values_list("kind", "sku", "quantity", "total", "quantity_fulfilled")
    )
