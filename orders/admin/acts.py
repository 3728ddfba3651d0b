"""What the buttons of an order do: a form, the permission it takes, the service it calls, the sentence afterwards."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django import forms
from django.core.validators import URLValidator
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from fulfillment.services.fulfillments import Tracking
from oms.core.actors import Actor
from orders.enums import CancelReason, HoldReason
from orders.services import cancellation, closing, fulfilling, holds, moving, notes, shipping
from orders.services.fulfilling import FulfillItem


class ActForm(forms.Form):
    """The input of one act."""


class FulfillForm(ActForm):
    """Quantities come as `quantity_<line id>`; a line left at 0 or empty stays."""

    location_id = forms.UUIDField(required=False)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        data = self.data if isinstance(self.data, QueryDict) else QueryDict()
        items = []
        for name, text in data.items():
            line_id = name.removeprefix("quantity_")
            if line_id == name or not str(text).strip():
                continue
            try:
                item = FulfillItem(UUID(line_id), int(str(text)))
            except ValueError:
                raise forms.ValidationError(_("%s is not a quantity.") % text) from None
            if item.quantity:
                items.append(item)
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


class TagsForm(ActForm):
    """Tags are separated by commas."""

    tags = forms.CharField(label=gettext_lazy("Tags"), required=False, max_length=2000)

    def clean_tags(self) -> list[str]:
        return [tag.strip() for tag in self.cleaned_data["tags"].split(",")]


@dataclass(frozen=True, slots=True)
class Act:
    """`run` calls the service and returns the sentence that says what was done; it raises DomainError."""

    permission: str
    form: type[ActForm]
    run: Callable[[UUID, Mapping[str, Any], Actor], str]


def _fulfill(order_id: UUID, given: Mapping[str, Any], actor: Actor) -> str:
    fulfilling.create_fulfillment(
        order_id=order_id, items=given["items"], location_id=given["location_id"], actor=actor
    )
    units = sum(item.quantity for item in given["items"])
    return ngettext("%(units)s unit fulfilled.", "%(units)s units fulfilled.", units) % {"units": units}


def _move(order_id: UUID, given: Mapping[str, Any], actor: Actor) -> str:
    items = given["items"]
    moving.move_reserved(
        order_id=order_id,
        items=items,
        source_id=given["from_location_id"],
        target_id=given["to_location_id"],
        actor=actor,
    )
    units = sum(item.quantity for item in items)
    return ngettext("%(units)s unit is held there now.", "%(units)s units are held there now.", units) % {
        "units": units
    }


def _unpack(order_id: UUID, given: Mapping[str, Any], actor: Actor) -> str:
    fulfilling.cancel_fulfillment(order_id=order_id, fulfillment_id=given["fulfillment_id"], actor=actor)
    return _("Canceled: the goods are back on the shelf, reserved for this order.")


def _ship(order_id: UUID, given: Mapping[str, Any], actor: Actor) -> str:
    parcels = [
        Tracking(number=number, url=given["tracking_url"], carrier=given["carrier"])
        for number in given["tracking_numbers"]
    ]
    shipping.create_shipment(order_id=order_id, fulfillment_id=given["fulfillment_id"], parcels=parcels, actor=actor)
    return _("Shipped.")


def _deliver(order_id: UUID, given: Mapping[str, Any], actor: Actor) -> str:
    shipping.mark_delivered(order_id=order_id, fulfillment_id=given["fulfillment_id"], actor=actor)
    return _("Marked as delivered.")


def _cancel(order_id: UUID, given: Mapping[str, Any], actor: Actor) -> str:
    order = cancellation.cancel_order(order_id=order_id, reason=CancelReason(given["reason"]), actor=actor)
    return _("Order %s is canceled.") % order


def _hold(order_id: UUID, given: Mapping[str, Any], actor: Actor) -> str:
    holds.place_hold(
        order_id=order_id,
        reason=HoldReason(given["reason"]),
        note=given["note"],
        release_at=given["release_at"],
        actor=actor,
    )
    return _("The order is on hold.")


def _release(order_id: UUID, given: Mapping[str, Any], actor: Actor) -> str:
    holds.release_hold(order_id=order_id, hold_id=given["hold_id"], actor=actor)
    return _("The hold is released.")


def _complete(order_id: UUID, given: Mapping[str, Any], actor: Actor) -> str:
    return _("Order %s is completed.") % closing.complete_order(order_id=order_id, actor=actor)


def _archive(order_id: UUID, given: Mapping[str, Any], actor: Actor) -> str:
    return _("Order %s is archived.") % closing.archive_order(order_id=order_id, actor=actor)


def _note(order_id: UUID, given: Mapping[str, Any], actor: Actor) -> str:
    notes.add_note(order_id=order_id, body=given["body"], actor=actor)
    return _("The note is kept.")


def _tags(order_id: UUID, given: Mapping[str, Any], actor: Actor) -> str:
    notes.set_tags(order_id=order_id, tags=given["tags"], actor=actor)
    return _("The tags are set.")


CHANGE_ORDER: Final = "orders.change_order"
CREATE_FULFILLMENT: Final = "fulfillment.add_fulfillment"
CHANGE_FULFILLMENT: Final = "fulfillment.change_fulfillment"

ACTS: Final[Mapping[str, Act]] = {
    "fulfill": Act(CREATE_FULFILLMENT, FulfillForm, _fulfill),
    "move": Act(CHANGE_FULFILLMENT, MoveForm, _move),
    "unpack": Act(CHANGE_FULFILLMENT, FulfillmentForm, _unpack),
    "ship": Act(CHANGE_FULFILLMENT, ShipForm, _ship),
    "deliver": Act(CHANGE_FULFILLMENT, FulfillmentForm, _deliver),
    "cancel": Act(CHANGE_ORDER, CancelForm, _cancel),
    "hold": Act(CHANGE_ORDER, HoldForm, _hold),
    "release": Act(CHANGE_ORDER, ReleaseForm, _release),
    "complete": Act(CHANGE_ORDER, ActForm, _complete),
    "archive": Act(CHANGE_ORDER, ActForm, _archive),
    "note": Act(CHANGE_ORDER, NoteForm, _note),
    "tags": Act(CHANGE_ORDER, TagsForm, _tags),
}
