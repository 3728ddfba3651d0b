"""What an order is made of, each kind in a list of its own. Only services write them."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.admin import display
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesCheckboxFilter

from oms.web.console import show
from oms.web.console.admin import ReadOnlyAdmin
from orders.admin import words
from orders.models import (
    Adjustment,
    CreditedItem,
    CreditLine,
    Hold,
    Note,
    OrderAddress,
    OrderLine,
    ShippingLine,
    TaxLine,
    TimelineEntry,
)


class PartAdmin(ReadOnlyAdmin):
    """A part of an order: newest first, by its key, found by the number of its order."""

    list_select_related: tuple[str, ...] = ("order",)
    ordering = ("-id",)
    exact_search: ClassVar[tuple[str, ...]] = ("order__number",)

    @display(description=_("Order"))
    def shown_order(self, row: Any) -> SafeString:
        return show.link("orders_order", row.order_id, row.order)

    @display(description=_("Amount"))
    def shown_amount(self, row: Any) -> str:
        return show.money(row.amount, row.order.currency)

    @display(description=_("Total"))
    def shown_total(self, row: Any) -> str:
        return show.money(row.total, row.order.currency)


@admin.register(OrderLine)
class OrderLineAdmin(PartAdmin):
    list_display = ("sku", "title", "quantity", "shown_total", "quantity_fulfilled", "shown_order")
    exact_search = ("order__number", "sku")
    list_filter = (("kind", ChoicesCheckboxFilter),)


@admin.register(ShippingLine)
class ShippingLineAdmin(PartAdmin):
    list_display = ("name", "code", "shown_total", "shown_order")


@admin.register(TaxLine)
class TaxLineAdmin(PartAdmin):
    list_display = ("name", "rate", "shown_amount", "shown_order")


@admin.register(Adjustment)
class AdjustmentAdmin(PartAdmin):
    list_display = ("__str__", "kind", "shown_amount", "shown_order")
    list_filter = (("kind", ChoicesCheckboxFilter),)


@admin.register(CreditLine)
class CreditLineAdmin(PartAdmin):
    list_display = ("reason", "shown_amount", "reference", "created_at", "shown_order")
    list_filter = (("reason", ChoicesCheckboxFilter),)


@admin.register(CreditedItem)
class CreditedItemAdmin(PartAdmin):
    list_display = ("shown_what", "quantity", "shown_amount", "is_taken_back", "created_at", "shown_order")
    list_select_related = ("order", "line", "shipping_line")

    @display(description=_("What"))
    def shown_what(self, row: CreditedItem) -> str:
        return str(row)


@admin.register(OrderAddress)
class OrderAddressAdmin(PartAdmin):
    list_display = ("__str__", "kind", "last_name", "company", "shown_order")


@admin.register(Hold)
class HoldAdmin(PartAdmin):
    list_display = ("reason", "note", "placed_at", "release_at", "released_at", "shown_order")
    list_filter = (("reason", ChoicesCheckboxFilter),)


@admin.register(Note)
class NoteAdmin(PartAdmin):
    list_display = ("__str__", "shown_author", "created_at", "shown_order")
    list_select_related = ("order", "created_by")

    @display(description=_("By"))
    def shown_author(self, note: Note) -> str:
        return show.actor(note.author)


@admin.register(TimelineEntry)
class TimelineEntryAdmin(PartAdmin):
    list_display = ("shown_action", "occurred_at", "shown_actor", "shown_order")

    @display(description=_("What"))
    def shown_action(self, entry: TimelineEntry) -> str:
        return words.action(entry)

    @display(description=_("By"))
    def shown_actor(self, entry: TimelineEntry) -> str:
        return show.actor(entry.actor)
