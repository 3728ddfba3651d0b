"""Transfers in the console: sent from one location, received at another, given up or taken back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesCheckboxFilter, RelatedDropdownFilter

from inventory.admin.documents import DocumentAdmin, ReasonForm, ReceiveForm, Step, become
from inventory.admin.line_text import LinesField
from inventory.enums import TransferStatus
from inventory.models import Transfer
from inventory.services import transfers
from oms.core.actors import Actor
from oms.web.console import acts


def _receive_transfer(pk: UUID, given: Mapping[str, Any], actor: Actor) -> None:
    transfers.receive_transfer(transfer_id=pk, parts=given["parts"], actor=actor)


_MOVING: Final = (TransferStatus.SENT, TransferStatus.RECEIVING)
TRANSFER_STEPS: Final = (
    Step(
        name="send",
        label=_("Send"),
        when=(TransferStatus.DRAFT,),
        run=lambda pk, given, actor: transfers.send_transfer(transfer_id=pk, actor=actor),
        done=_("The goods are on their way."),
        explain=_("Takes the goods off the shelf of the source and announces them at the target."),
    ),
    Step(
        name="receive",
        label=_("Receive"),
        when=_MOVING,
        run=_receive_transfer,
        done=_("The goods are on the shelf; who waited for them got them first."),
        kind="receive",
        form=ReceiveForm,
    ),
    Step(
        name="close",
        label=_("Give up the rest"),
        when=_MOVING,
        run=lambda pk, given, actor: transfers.close_transfer(transfer_id=pk, reason=given["reason"], actor=actor),
        done=_("What did not come is lost."),
        kind="reason",
        form=ReasonForm,
        explain=_("What is still on its way will be written off, for this reason."),
        tone="danger",
    ),
    Step(
        name="cancel",
        label=_("Cancel transfer"),
        when=(TransferStatus.DRAFT, *_MOVING),
        run=lambda pk, given, actor: transfers.cancel_transfer(transfer_id=pk, actor=actor),
        done=_("The transfer is canceled."),
        kind="confirm",
        explain=_("What is on its way goes back to the shelf it came from. What was received stays."),
        tone="danger",
    ),
)


class TransferForm(forms.ModelForm[Transfer]):
    items = LinesField()

    class Meta:
        model = Transfer
        fields = ("source", "target", "reference", "note")

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("source") and cleaned.get("source") == cleaned.get("target"):
            self.add_error("target", _now("Goods are transferred between two locations."))
        return cleaned


@admin.register(Transfer)
class TransferAdmin(DocumentAdmin):
    """Goods between two locations."""

    steps = TRANSFER_STEPS
    places = ("source", "target")
    columns = (
        (_("Units"), "quantity"),
        (_("Received"), "quantity_received"),
        (_("Lost"), "quantity_lost"),
        (_("Returned"), "quantity_returned"),
        (_("On the way"), "outstanding"),
    )
    form = TransferForm
    fields = ("source", "target", "reference", "items", "note")
    list_display = (
        "shown_number",
        "reference",
        "source",
        "target",
        "shown_status",
        "sent_at",
        "created_at",
        "shown_by",
    )
    list_filter = (
        ("status", ChoicesCheckboxFilter),
        ("source", RelatedDropdownFilter),
        ("target", RelatedDropdownFilter),
    )
    list_select_related = ("source", "target")

    def save_model(self, request: HttpRequest, obj: Transfer, form: forms.ModelForm[Any], change: bool) -> None:
        given = form.cleaned_data
        made = transfers.create_transfer(
            source_id=given["source"].pk,
            target_id=given["target"].pk,
            lines=given["items"],
            reference=given["reference"],
            note=given["note"],
            actor=acts.actor_of(request),
        )
        become(obj, made)
