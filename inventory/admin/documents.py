"""Papers of stock in the console: a list, and a page that says what can be done next. Each kind has its own file."""

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

from inventory.limits import require_step
from inventory.models import ArrivalLine, StockCountLine, StockMovement, TransferLine
from inventory.services.papers import Part
from oms.core.actors import Actor
from oms.web.console import acts, show
from oms.web.console.admin import ConsoleAdmin, ReadOnlyAdmin
from oms.web.limits import limits_of, narrow

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
        return may_move(request)

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
        moves = narrow(StockMovement.objects.filter(cause_id=row.pk), limits_of(request.user)).select_related(
            "level__item", "level__location"
        )
        return {
            "document": row,
            "badge": show.status_badge(row, "status"),
            "by": show.actor(row.placed_by),
            "places": [getattr(row, name) for name in self.places],
            "steps": [step for step in self.steps if row.status in step.when] if may_move(request) else [],
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
        if not (self.has_view_permission(request) and may_move(request)):
            raise PermissionDenied
        form = step.form(request.POST)
        if form.is_valid():
            given = form.cleaned_data
            acts.perform(request, lambda: self._run(request, step, document_id, given), done=str(step.done))
        else:
            acts.say_errors(request, form)
        return HttpResponseRedirect(show.change_url(f"{self.opts.app_label}_{self.opts.model_name}", document_id))

    def _run(self, request: HttpRequest, step: Step, document_id: UUID, given: Mapping[str, Any]) -> None:
        require_step(self.model, document_id, step.name, limits_of(request.user))
        step.run(document_id, given, acts.actor_of(request))


def may_move(request: HttpRequest) -> bool:
    return bool(request.user.has_perm("inventory.change_inventorylevel"))


def become(obj: Any, made: Model) -> None:
    obj.pk = made.pk
    obj.refresh_from_db()


@admin.register(ArrivalLine, TransferLine, StockCountLine)
class DocumentLineAdmin(ReadOnlyAdmin):
    """Shown best on the page of its document."""

    list_display = ("public_id", "__str__")
    list_select_related = ("item",)
    search_help_text = _("Sku")
    ordering = ("-id",)
    exact_search = ("item__sku",)
