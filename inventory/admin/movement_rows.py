"""Rows of the ledger as pages show them: what moved by how much, what was there then, why, and by whom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from inventory.models import StockMovement
from oms.web.console import names, show

_PAPERS: Final = {
    "arrival": ("inventory_arrival", _("arrival")),
    "transfer": ("inventory_transfer", _("transfer")),
    "count": ("inventory_stockcount", _("count")),
    "fulfillment": ("fulfillment_fulfillment", _("fulfillment")),
}


@dataclass(frozen=True, slots=True)
class Shown:
    """A row, with a link to what caused it and the words of whoever did it."""

    row: StockMovement
    cause: Any
    by: str

    @property
    def why(self) -> str:
        return self.row.note or (self.row.get_reason_display() if self.row.reason else "")


def shown(rows: Sequence[StockMovement]) -> list[Shown]:
    """One query for the names of orders, however many rows."""
    orders = {row.cause_id for row in rows if row.cause == "order" and row.cause_id}
    links = names.links("orders_order", orders)
    return [Shown(row, _cause(row, links), show.actor(row.actor)) for row in rows]


def _cause(row: StockMovement, orders: Any) -> Any:
    if row.cause_id is None:
        return ""
    if row.cause == "order":
        return orders.get(row.cause_id, "")
    if row.cause in _PAPERS:
        model, label = _PAPERS[row.cause]
        address = reverse(f"admin:{model}_change", args=[row.cause_id])
        return format_html('<a class="c-link" href="{}">{}</a>', address, label)
    return ""
