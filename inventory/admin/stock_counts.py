"""Stock counts in the console: written down, then applied to the books or thrown away."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from inventory.admin.documents import NEWEST, DocumentAdmin, Step, StepForm, become
from inventory.admin.line_text import LinesField
from inventory.enums import CountStatus
from inventory.models import StockCount
from inventory.services import counts
from oms.core.actors import Actor
from oms.web.console import acts


class CountedForm(StepForm):
    items = LinesField()


def _record(pk: UUID, given: Mapping[str, Any], actor: Actor) -> None:
    counts.record_counted(count_id=pk, lines=given["items"])


COUNT_STEPS: Final = (
    Step(
        name="record",
        label=_("Write down"),
        when=(CountStatus.OPEN,),
        run=_record,
        done=_("Written down."),
        kind="lines",
        form=CountedForm,
    ),
    Step(
        name="apply",
        label=_("Apply the count"),
        when=(CountStatus.OPEN,),
        run=lambda pk, given, actor: counts.apply_count(count_id=pk, actor=actor),
        done=_("The books are as counted."),
        kind="confirm",
        explain=_(
            "Stock moves by the differences. Where fewer are left than are reserved, the newest reservations wait for "
            "goods and a shortage is raised."
        ),
    ),
    Step(
        name="cancel",
        label=_("Throw away"),
        when=(CountStatus.OPEN,),
        run=lambda pk, given, actor: counts.cancel_count(count_id=pk),
        done=_("The count is thrown away."),
        kind="confirm",
        explain=_("Nothing has moved yet, and nothing will."),
        tone="danger",
    ),
)


class CountForm(forms.ModelForm[StockCount]):
    items = LinesField(required=False)

    class Meta:
        model = StockCount
        fields = ("location", "reference", "note")


@admin.register(StockCount)
class StockCountAdmin(DocumentAdmin):
    """What people found on the shelves."""

    steps = COUNT_STEPS
    columns = (
        (_("In the books"), "quantity_expected"),
        (_("Counted"), "quantity_counted"),
        (_("Difference"), "difference"),
    )
    form = CountForm
    fields = ("location", "reference", "items", "note")
    list_display = ("shown_number", "reference", "location", "shown_status", "created_at", "applied_at", "shown_by")
    list_select_related = ("location",)

    def save_model(self, request: HttpRequest, obj: StockCount, form: forms.ModelForm[Any], change: bool) -> None:
        given = form.cleaned_data
        made = counts.create_count(
            location_id=given["location"].pk,
            lines=given["items"],
            reference=given["reference"],
            note=given["note"],
            actor=acts.actor_of(request),
        )
        become(obj, made)

    def _page(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        short = row.shortages.select_related("level__item").order_by("pk")[:NEWEST]
        return super()._page(request, row) | {"shortages": short}
