"""Arrivals, transfers and counts in the console: lists, and a page each that says what can be done next."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final
from uuid import UUID

from django import forms
from django.contrib import admin
from django.contrib.admin import display
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect, QueryDict
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST
from unfold.contrib.filters.admin import ChoicesCheckboxFilter, RelatedDropdownFilter

from inventory.admin.line_text import LinesField
from inventory.enums import ArrivalStatus, CountStatus, TransferStatus
from inventory.models import (
    Arrival,
    ArrivalLine,
    StockCount,
    StockCountLine,
    StockMovement,
    Transfer,
    TransferLine,
)
from inventory.services import arrivals, counts, transfers
from inventory.services.papers import Part
from oms.core.actors import Actor
from oms.web.console import acts, show
from oms.web.console.admin import ConsoleAdmin, ReadOnlyAdmin

NEWEST: Final = 50


class StepForm(forms.Form):
    """The input of one step; most take none."""


class ReceiveForm(StepForm):
    """Units come as `quantity_<line id>` and `damaged_<line id>`; a line with neither stays."""

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        data = self.data if isinstance(self.data, QueryDict) else QueryDict()
        units: dict[UUID, dict[str, int]] = {}
        for name, text in data.items():
            what, _sep, line_id = name.partition("_")
            if what not in {"quantity", "damaged"} or not str(text).strip():
                continue
            try:
                units.setdefault(UUID(line_id), {})[what] = int(str(text))
            except ValueError:
                raise forms.ValidationError(_now("%s is not a quantity.") % text) from None
        parts = [Part(pk, came.get("quantity", 0), came.get("damaged", 0)) for pk, came in units.items()]
        return cleaned | {"parts": [part for part in parts if part.quantity or part.damaged]}


class ReasonForm(StepForm):
    reason = forms.CharField(label=_("Reason"), required=False, max_length=200)


class CountedForm(StepForm):
    items = LinesField()


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A button: `kind` is its form on the page, `run` calls the service, `when` lists the statuses that show it."""

    name: str
    label: Any
    when: tuple[str, ...]
    run: Callable[[UUID, Mapping[str, Any], Actor], Any]
    done: Any
    kind: str = "plain"
    form: type[StepForm] = StepForm
    explain: Any = ""
    tone: str = ""


def _receive_arrival(pk: UUID, given: Mapping[str, Any], actor: Actor) -> None:
    arrivals.receive_arrival(arrival_id=pk, parts=given["parts"], actor=actor)


def _close_arrival(pk: UUID, given: Mapping[str, Any], actor: Actor) -> None:
    arrivals.close_arrival(arrival_id=pk, note=given["reason"], actor=actor)


def _receive_transfer(pk: UUID, given: Mapping[str, Any], actor: Actor) -> None:
    transfers.receive_transfer(transfer_id=pk, parts=given["parts"], actor=actor)


def _record(pk: UUID, given: Mapping[str, Any], actor: Actor) -> None:
    counts.record_counted(count_id=pk, lines=given["items"])


_COMING: Final = (ArrivalStatus.EXPECTED, ArrivalStatus.RECEIVING)
_MOVING: Final = (TransferStatus.SENT, TransferStatus.RECEIVING)
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


class DocumentAdmin(ConsoleAdmin):
    """Made by a form with its lines, then moved on by buttons. A button that would be refused is not shown."""

    steps: ClassVar[Sequence[Step]] = ()
    columns: ClassVar[Sequence[tuple[Any, str]]] = ()  # heading and attribute of a line
    places: ClassVar[Sequence[str]] = ("location",)
    list_filter: Any = (("status", ChoicesCheckboxFilter), ("location", RelatedDropdownFilter))
    list_display_links = ("shown_number",)
    search_help_text = _("Number, or the beginning of the reference")
    ordering = ("-id",)
    exact_search = ("number",)
    prefix_search = ("reference",)

    @display(description=_("Number"))
    def shown_number(self, row: Any) -> str:
        return str(row)

    @display(description=_("Status"))
    def shown_status(self, row: Any) -> SafeString:
        return show.status_badge(row, "status")

    @display(description=_("By"))
    def shown_by(self, row: Any) -> str:
        return show.actor(row.placed_by)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False  # only by steps

    def has_add_permission(self, request: HttpRequest) -> bool:
        return _may_move(request)

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:
        """What is made is shown, with its next step."""
        super().response_add(request, obj, post_url_continue)  # says that it was made
        return HttpResponseRedirect(show.change_url(f"{self.opts.app_label}_{self.opts.model_name}", obj.pk))

    def get_urls(self) -> list[Any]:
        step = self.admin_site.admin_view(require_POST(self.step_view))
        name = f"{self.opts.app_label}_{self.opts.model_name}_step"
        return [path("<uuid:document_id>/step/<slug:name>/", step, name=name), *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if request.method not in {"GET", "HEAD"}:
            return HttpResponseNotAllowed(["GET", "HEAD"])
        row: Any = self.get_object(request, object_id)
        if not self.has_view_permission(request, row):
            raise PermissionDenied
        if row is None:
            gone: HttpResponse = self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
            return gone
        context = {
            **self.admin_site.each_context(request),
            "title": str(row),
            "opts": self.opts,
            "original": row,
            "has_view_permission": True,
            **self._page(request, row),
            **(extra_context or {}),
        }
        return TemplateResponse(request, "admin/inventory/document.html", context)

    def _page(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        lines = list(row.lines.select_related("item").order_by("pk"))
        moves = StockMovement.objects.filter(cause_id=row.pk).select_related("level__item", "level__location")
        return {
            "document": row,
            "badge": show.status_badge(row, "status"),
            "by": show.actor(row.placed_by),
            "places": [getattr(row, name) for name in self.places],
            "steps": [step for step in self.steps if row.status in step.when] if _may_move(request) else [],
            "step_url": f"admin:{self.opts.app_label}_{self.opts.model_name}_step",
            "headings": [heading for heading, _name in self.columns],
            "lines": [(line, [getattr(line, name) for _heading, name in self.columns]) for line in lines],
            "outstanding": [line for line in lines if getattr(line, "outstanding", 0)],
            "movements": moves.order_by("-pk")[:NEWEST],
        }

    def step_view(self, request: HttpRequest, document_id: UUID, name: str) -> HttpResponse:
        """A button was pressed: run its service, say what came of it, show the document again."""
        step = next((each for each in self.steps if each.name == name), None)
        if step is None:
            raise Http404
        if not (self.has_view_permission(request) and _may_move(request)):
            raise PermissionDenied
        form = step.form(request.POST)
        if form.is_valid():
            actor = acts.actor_of(request)
            acts.perform(request, lambda: step.run(document_id, form.cleaned_data, actor), done=str(step.done))
        else:
            acts.say_errors(request, form)
        return HttpResponseRedirect(show.change_url(f"{self.opts.app_label}_{self.opts.model_name}", document_id))


def _may_move(request: HttpRequest) -> bool:
    return bool(request.user.has_perm("inventory.change_inventorylevel"))


class ArrivalForm(forms.ModelForm[Arrival]):
    items = LinesField()

    class Meta:
        model = Arrival
        fields = ("location", "reference", "expected_on", "note")


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


class CountForm(forms.ModelForm[StockCount]):
    items = LinesField(required=False)

    class Meta:
        model = StockCount
        fields = ("location", "reference", "note")


def _become(obj: Any, made: Model) -> None:
    obj.pk = made.pk
    obj.refresh_from_db()


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
        _become(obj, made)


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
        _become(obj, made)


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
        _become(obj, made)

    def _page(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        short = row.shortages.select_related("level__item").order_by("pk")[:NEWEST]
        return super()._page(request, row) | {"shortages": short}


@admin.register(ArrivalLine, TransferLine, StockCountLine)
class DocumentLineAdmin(ReadOnlyAdmin):
    """Shown best on the page of its document."""

    list_display = ("public_id", "__str__")
    list_select_related = ("item",)
    search_help_text = _("Sku")
    ordering = ("-id",)
    exact_search = ("item__sku",)
