"""Changing stock by hand: the form on the page of an item or a level, and the page for whoever adjusts many."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.contrib.admin import AdminSite, display
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from inventory.admin.searching import item_of
from inventory.enums import AdjustmentReason
from inventory.models import InventoryItem, InventoryLevel
from inventory.selectors import locations_seen
from inventory.services.adjustments import adjust_stock
from oms.web.console import acts, show
from oms.web.console.admin import ConsoleAdmin


class AdjustForm(forms.Form):
    """What is typed or scanned is a sku or a barcode. `page` is the level that the person came from and goes back to,
    `item` the item."""

    sku = forms.CharField(label=_("Sku or barcode"), max_length=100)
    location_id = forms.UUIDField(label=_("Location"))
    delta = forms.IntegerField(label=_("More or less"), min_value=-1_000_000_000, max_value=1_000_000_000)
    reason = forms.ChoiceField(label=_("Reason"), choices=AdjustmentReason.choices)
    note = forms.CharField(label=_("Note"), required=False, max_length=255)
    page = forms.UUIDField(required=False)
    item = forms.UUIDField(required=False)

    def clean_sku(self) -> InventoryItem:
        item = item_of(self.cleaned_data["sku"])
        if item is None:
            raise forms.ValidationError(_now("There is no item %s.") % self.cleaned_data["sku"])
        return item


class KeepForm(forms.Form):
    """What is kept back of a level, and when staff want to hear of it. Empty: what the item says."""

    safety_stock = forms.IntegerField(label=_("Safety stock"), min_value=0, max_value=1_000_000_000)
    low_stock_threshold = forms.IntegerField(
        label=_("Low-stock threshold"), required=False, min_value=0, max_value=1_000_000_000
    )


def may_adjust(request: HttpRequest) -> bool:
    return bool(request.user.has_perm("inventory.change_inventorylevel"))


def adjustable(request: HttpRequest, item_id: UUID | str, level: InventoryLevel | None = None) -> dict[str, Any]:
    """What the adjust form shows: at this level, or at any location of the item; nothing for a kit, which has none."""
    if not may_adjust(request) or (level is None and InventoryItem.objects.filter(pk=item_id, is_kit=True).exists()):
        return {}
    return {
        "adjust_item_id": item_id,
        "adjust_level": level,
        "adjust_locations": [] if level else list(locations_seen()),
        "adjust_reasons": AdjustmentReason.choices,
    }


def adjust(request: HttpRequest, site: AdminSite, given: Mapping[str, Any]) -> HttpResponse:
    """Change the stock of an item at one location, with a reason. What is refused comes back as it was typed.

    Whoever came from the page of a level or an item is there again afterwards; others go on with the next item, at the
    same location and for the same reason.
    """
    form = AdjustForm(given)
    if not form.is_valid():
        acts.say_errors(request, form)
        return adjust_page(request, site, form)
    typed = form.cleaned_data
    item: InventoryItem = typed["sku"]

    def run() -> str:
        place = {"item_id": item.pk, "location_id": typed["location_id"]}
        words = {name: typed[name] for name in ("delta", "reason", "note")}
        level = adjust_stock(**place, **words, actor=acts.actor_of(request))
        if typed["page"] or typed["item"]:
            return str(_now("The stock is changed by %+d.") % typed["delta"])
        facts = {"sku": item.sku, "delta": f"{typed['delta']:+d}", "on_hand": level.on_hand}
        return str(_now("%(sku)s: %(delta)s, now %(on_hand)s on hand.") % facts)

    if not acts.perform_saying(request, run):
        return adjust_page(request, site, form)
    if typed["page"]:
        return HttpResponseRedirect(show.change_url("inventory_inventorylevel", typed["page"]))
    if typed["item"]:
        return HttpResponseRedirect(show.change_url("inventory_inventoryitem", typed["item"]))
    again = urlencode({"location_id": typed["location_id"], "reason": typed["reason"]})
    return HttpResponseRedirect(f"{reverse('admin:inventory_inventorylevel_adjust')}?{again}")


def adjust_page(request: HttpRequest, site: AdminSite, form: AdjustForm | None = None) -> HttpResponse:
    """The form as a page: sku, units, Enter, and the next one."""
    places = [(str(place.pk), place.name) for place in locations_seen()]
    return typed_page(request, site, form, reverse("admin:inventory_inventorylevel_adjust"), {"locations": places})


def typed_page(
    request: HttpRequest, site: AdminSite, form: forms.Form | None, address: str, more: Mapping[str, Any]
) -> HttpResponse:
    """A page with what was typed, or with what the address fills in. address: where the form goes."""
    values = dict(form.data.items()) if form is not None else dict(request.GET.items())
    context = {
        **site.each_context(request),
        "title": _("Adjust stock"),
        "action": address,
        "values": values,
        "wrong": set(form.errors) if form is not None else set(),
        "reasons": AdjustmentReason.choices,
        "start": "delta" if values.get("sku") else "sku",
        **more,
    }
    return TemplateResponse(request, "admin/inventory/adjust_page.html", context)


class Adjustable(ConsoleAdmin):
    """A list of levels, or of what hangs on one, with a link that adjusts it: `shown_act`, for who may."""

    def get_list_display(self, request: HttpRequest) -> list[str]:
        columns = list(super().get_list_display(request))
        return columns if may_adjust(request) else [each for each in columns if each != "shown_act"]

    @display(description=_("Stock"))
    def shown_act(self, row: Any) -> SafeString:
        level = row if isinstance(row, InventoryLevel) else row.level
        given = urlencode({"sku": level.item.sku, "location_id": level.location_id})
        address = reverse("admin:inventory_inventorylevel_adjust")
        return format_html('<a class="c-link" href="{}?{}">{}</a>', address, given, _now("Adjust"))
