"""The acts on many orders as the console offers them: what each takes and asks for, and what it cannot take back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from orders.admin.acts import CHANGE_FULFILLMENT, CHANGE_ORDER, CREATE_FULFILLMENT
from orders.enums import BulkAct, CancelReason, HoldReason


class BulkForm(forms.Form):
    """What the act asks for; `given` is how its service reads it."""

    def given(self) -> dict[str, Any]:
        return dict(self.cleaned_data)


class BulkHoldForm(BulkForm):
    reason = forms.ChoiceField(label=_("Reason"), choices=[("", _("Say why")), *HoldReason.choices])
    note = forms.CharField(label=_("Note"), required=False, max_length=255)


class BulkCancelForm(BulkForm):
    reason = forms.ChoiceField(label=_("Reason"), choices=[("", _("Say why")), *CancelReason.choices])


class BulkTagsForm(BulkForm):
    tags = forms.CharField(label=_("Tags, separated by commas"), max_length=2000)

    def clean_tags(self) -> list[str]:
        tags = list(dict.fromkeys(tag.strip() for tag in self.cleaned_data["tags"].split(",") if tag.strip()))
        if not tags:
            raise forms.ValidationError(_("Name a tag."))
        if any(len(tag) > 60 for tag in tags):
            raise forms.ValidationError(_("A tag has at most 60 letters."))
        return tags


class BulkNoteForm(BulkForm):
    body = forms.CharField(label=_("Note"), max_length=10_000, widget=forms.Textarea(attrs={"rows": 4}))


@dataclass(frozen=True, slots=True)
class Offered:
    """title: the button, and what the list of acts says. effect: what will happen to each order. final: it cannot be
    taken back. permission: that of the single act."""

    title: str | Promise
    permission: str
    effect: str | Promise
    form: type[BulkForm] = BulkForm
    final: bool = False


OFFERED: Final[Mapping[BulkAct, Offered]] = {
    BulkAct.FULFILL: Offered(
        _("Fulfill as proposed"),
        CREATE_FULFILLMENT,
        _("What is reserved is packed, a fulfillment for each stock location, and leaves the shelf."),
    ),
    BulkAct.SHIP: Offered(
        _("Ship what is packed"),
        CHANGE_FULFILLMENT,
        _("Every packed fulfillment counts as handed to the carrier, without a tracking number."),
        final=True,
    ),
    BulkAct.HOLD: Offered(
        _("Put on hold"),
        CHANGE_ORDER,
        _("Nothing is fulfilled until the hold is released. An order that is on hold already gets one more."),
        BulkHoldForm,
    ),
    BulkAct.RELEASE: Offered(
        _("Release all holds"), CHANGE_ORDER, _("Whatever reason they were held for, the orders can be fulfilled.")
    ),
    BulkAct.ADD_TAGS: Offered(_("Add tags"), CHANGE_ORDER, _("The tags that an order has already stay."), BulkTagsForm),
    BulkAct.REMOVE_TAGS: Offered(_("Remove tags"), CHANGE_ORDER, _("The other tags of an order stay."), BulkTagsForm),
    BulkAct.NOTE: Offered(
        _("Add a note"), CHANGE_ORDER, _("Each order gets the note, signed with your name."), BulkNoteForm, final=True
    ),
    BulkAct.COMPLETE: Offered(
        _("Complete"), CHANGE_ORDER, _("Orders of which everything is packed count as done."), final=True
    ),
    BulkAct.ARCHIVE: Offered(_("Archive"), CHANGE_ORDER, _("Completed and canceled orders are put away."), final=True),
    BulkAct.CANCEL: Offered(
        _("Cancel"),
        CHANGE_ORDER,
        _("What is reserved is let go, and the orders are worth nothing. Money that was taken shows as owed."),
        BulkCancelForm,
        final=True,
    ),
}
