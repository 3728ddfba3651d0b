"""Arrivals in the console: goods expected from outside, received in parts, closed short."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from inventory.admin.documents import DocumentAdmin, ReasonForm, ReceiveForm, Step, become
from inventory.admin.line_text import LinesField
from inventory.enums import ArrivalStatus
from inventory.models import Arrival
from inventory.services import arrivals
from oms.core.actors import Actor
from oms.web.console import acts


def _receive_arrival(pk: UUID, given: Mapping[str, Any], actor: Actor) -> None:
    arrivals.receive_arrival(arrival_id=pk, parts=given["parts"], actor=actor)


def _close_arrival(pk: UUID, given: Mapping[str, Any], actor: Actor) -> None:
    arrivals.close_arrival(arrival_id=pk, note=given["reason"], actor=actor)


_COMING: Final = (ArrivalStatus.EXPECTED, ArrivalStatus.RECEIVING)
ARRIVAL_STEPS: Final = (
    Step(
        name="receive",
        label=_("Receive"),
        when=_COMING,
        run=_receive_arrival,
        done=_("The goods are on the shelf; who waited for them got them first."),
        kind="receive",
        form=ReceiveForm,
    ),
    Step(
        name="close",
        label=_("Close short"),
        when=_COMING,
        run=_close_arrival,
        done=_("No more of it is expected."),
        kind="reason",
        form=ReasonForm,
        explain=_("What is outstanding will not be expected any more."),
        tone="danger",
    ),
)


class ArrivalForm(forms.ModelForm[Arrival]):
    items = LinesField()

    class Meta:
        model = Arrival
        fields = ("location", "reference", "expected_on", "note")


@admin.register(Arrival)
class ArrivalAdmin(DocumentAdmin):
    """Goods expected from outside."""

    steps = ARRIVAL_STEPS
    columns = (
        (_("Expected"), "quantity_expected"),
        (_("Received"), "quantity_received"),
        (_("Damaged"), "quantity_damaged"),
        (_("Outstanding"), "outstanding"),
    )
    form = ArrivalForm
    fields = ("location", "reference", "expected_on", "items", "note")
    list_display = ("shown_number", "reference", "location", "shown_status", "expected_on", "created_at", "shown_by")
    list_select_related = ("location",)

    def save_model(self, request: HttpRequest, obj: Arrival, form: forms.ModelForm[Any], change: bool) -> None:
        given = form.cleaned_data
        made = arrivals.create_arrival(
            location_id=given["location"].pk,
            lines=given["items"],
            reference=given["reference"],
            expected_on=given["expected_on"],
            note=given["note"],
            actor=acts.actor_of(request),
        )
        become(obj, made)
