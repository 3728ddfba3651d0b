"""What the forms of an order's page take."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

from django import forms
from django.core.validators import URLValidator
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from oms.core.money import Money
from orders.enums import CancelReason, HoldReason
from orders.services.fulfilling import FulfillItem
from orders.services.refund_planning import RefundItem, Wanted
from payments.enums import RefundReason
from payments.policies import CHOSEN_REASONS


class ActForm(forms.Form):
    """The input of one act. `revision`: the state of the order that the page showed; `form`: which form of the page."""

    revision = forms.IntegerField(required=False, min_value=1, max_value=2**31 - 1)
    form = forms.CharField(required=False, max_length=200)


class AmountField(forms.DecimalField):
    """Major units of the order's currency; the service refuses fractions of the smallest coin."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_digits=15, decimal_places=4, **options)


def quantities_of(data: Any, wrong: dict[str, str]) -> list[tuple[UUID, int]]:
    """What was typed as `quantity_<line id>`, but for empty ones and 0. What is no quantity goes to `wrong`."""
    found = []
    for name, text in (data if isinstance(data, QueryDict) else QueryDict()).items():
        line_id = name.removeprefix("quantity_")
        if line_id == name or not str(text).strip():
            continue
        try:
            quantity = int(str(text))
            if quantity:
                found.append((UUID(line_id), quantity))
        except ValueError:
            wrong[name] = _("%s is not a quantity.") % text
    return found


class FulfillForm(ActForm):
    """Quantities come as `quantity_<line id>`; a line left at 0 or empty stays."""

    location_id = forms.UUIDField(required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.wrong_quantities: dict[str, str] = {}

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        found = quantities_of(self.data, self.wrong_quantities)
        items = [FulfillItem(line_id, quantity) for line_id, quantity in found]
        if self.wrong_quantities:
            raise forms.ValidationError(list(self.wrong_quantities.values()))
        return cleaned | {"items": items}


class MoveForm(FulfillForm):
    from_location_id = forms.UUIDField(label=gettext_lazy("From"))
    to_location_id = forms.UUIDField(label=gettext_lazy("To"))


class FulfillmentForm(ActForm):
    fulfillment_id = forms.UUIDField()


class ShipForm(FulfillmentForm):
    """Several parcels: their numbers separated by commas or spaces."""

    tracking_numbers = forms.CharField(label=gettext_lazy("Tracking number"), required=False, max_length=2000)
    carrier = forms.CharField(label=gettext_lazy("Carrier"), required=False, max_length=60)
    tracking_url = forms.CharField(
        label=gettext_lazy("Tracking link"),
        required=False,
        max_length=500,
        validators=[URLValidator(schemes=["http", "https"])],
    )

    def clean_tracking_numbers(self) -> list[str]:
        numbers = [number for number in re.split(r"[\s,;]+", self.cleaned_data["tracking_numbers"]) if number]
        if any(len(number) > 120 for number in numbers):
            raise forms.ValidationError(_("A tracking number has at most 120 letters."))
        return list(dict.fromkeys(numbers))


class CancelForm(ActForm):
    reason = forms.ChoiceField(label=gettext_lazy("Reason"), choices=CancelReason.choices)


class PaymentForm(ActForm):
    payment_id = forms.UUIDField()


class CaptureForm(PaymentForm):
    amount = AmountField(label=gettext_lazy("Amount"))


class MarkPaidForm(ActForm):
    amount = AmountField(label=gettext_lazy("Amount"))
    method = forms.CharField(label=gettext_lazy("Paid by"), required=False, max_length=60)
    note = forms.CharField(label=gettext_lazy("Note"), required=False, max_length=255)


class HoldForm(ActForm):
    reason = forms.ChoiceField(label=gettext_lazy("Reason"), choices=HoldReason.choices)
    note = forms.CharField(label=gettext_lazy("Note"), required=False, max_length=255)
    release_at = forms.DateTimeField(
        label=gettext_lazy("Release at"), required=False, input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"]
    )

    def clean_release_at(self) -> Any:
        at = self.cleaned_data["release_at"]
        if at is not None and at <= timezone.now():
            raise forms.ValidationError(_("That time is past."))
        return at


class ReleaseForm(ActForm):
    hold_id = forms.UUIDField()


class NoteForm(ActForm):
    body = forms.CharField(label=gettext_lazy("Note"), required=False, max_length=10_000, strip=True)


class RemoveNoteForm(ActForm):
    note_id = forms.UUIDField()


class TagForm(ActForm):
    """Tags to be put on; several are separated by commas."""

    tags = forms.CharField(label=gettext_lazy("Tags"), max_length=2000)

    def clean_tags(self) -> list[str]:
        return [tag.strip() for tag in self.cleaned_data["tags"].split(",")]


class UntagForm(ActForm):
    tag = forms.CharField(max_length=2000, strip=False)


class RefundForm(ActForm):
    """Quantities come as `quantity_<line id>`; `restock_<line id>` says that packed ones of them go on a shelf."""

    location_id = forms.UUIDField(required=False)
    shipping = AmountField(label=gettext_lazy("Shipping"), required=False, min_value=0)
    amount = AmountField(label=gettext_lazy("Another amount"), required=False, min_value=0)
    reason = forms.ChoiceField(label=gettext_lazy("Reason"), choices=[(each, each.label) for each in CHOSEN_REASONS])
    note = forms.CharField(label=gettext_lazy("Note"), required=False, max_length=255)
    payment_id = forms.UUIDField(required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.wrong_quantities: dict[str, str] = {}

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        items = []
        for line_id, quantity in quantities_of(self.data, self.wrong_quantities):
            restock = f"restock_{line_id}" in self.data
            items.append(RefundItem(line_id, quantity, restock, cleaned.get("location_id") if restock else None))
        if self.wrong_quantities:
            raise forms.ValidationError(list(self.wrong_quantities.values()))
        return cleaned | {"items": items}

    def wanted(self, currency: str) -> Wanted:
        given = self.cleaned_data
        shipping, amount = (Money(given[name], currency) if given[name] else None for name in ("shipping", "amount"))
        return Wanted(
            items=given["items"],
            shipping=shipping,
            amount=amount,
            reason=RefundReason(given["reason"]),
            note=given["note"].strip(),
            payment_id=given["payment_id"],
        )
