"""The form by which a person changes stock, on the page of an item and on that of a level."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from inventory.enums import AdjustmentReason
from inventory.models import InventoryItem, InventoryLevel, StockLocation


class AdjustForm(forms.Form):
    """`page` is where the person goes back to: the item's page or the level's."""

    location_id = forms.UUIDField(label=_("Location"))
    delta = forms.IntegerField(label=_("More or less"), min_value=-1_000_000_000, max_value=1_000_000_000)
    reason = forms.ChoiceField(label=_("Reason"), choices=AdjustmentReason.choices)
    note = forms.CharField(label=_("Note"), required=False, max_length=255)
    page = forms.UUIDField(required=False)


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
        "adjust_locations": [] if level else list(StockLocation.objects.all()),
        "adjust_reasons": AdjustmentReason.choices,
    }
