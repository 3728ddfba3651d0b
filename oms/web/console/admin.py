"""Base classes of everything that is registered in the console."""

from __future__ import annotations

from functools import cache
from typing import Any, ClassVar, Final
from uuid import UUID

from django.contrib import messages
from django.contrib.admin import ShowFacets, display
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from unfold.admin import ModelAdmin, TabularInline, checkbox
from unfold.views import ChangeList

from oms.core.errors import DomainError
from oms.web import limits
from oms.web.console import show
from oms.web.console.limited import WithinLimits
from oms.web.console.paging import CappedPaginator

_HERE: Final = "the-id-of-the-row"
_REFUSAL: Final = "_refused_by_a_service"  # on a request whose form is shown again


@cache
def _checkbox() -> str:
    """The box in front of a row, with a place for its id."""
    drawn: str = checkbox.render(ACTION_CHECKBOX_NAME, _HERE)
    return drawn.replace("{", "{{").replace("}", "}}").replace(_HERE, "{}")


def _refused(form: Any, refusal: DomainError) -> Any:
    """A form that is not valid, because a service refused what it says: beside the field, where the form has it."""

    class Refused(form):
        def clean(self) -> Any:
            cleaned = super().clean()
            named = {each.pointer.removeprefix("/"): each.message for each in refusal.errors}
            beside = {name: message for name, message in named.items() if name in self.fields}
            for name, message in beside.items() if beside and len(beside) == len(named) else [(None, str(refusal))]:
                self.add_error(name, message)
            return cleaned

    return Refused


class ConsoleChangeList(ChangeList):
    """A list that is not narrowed down says how much it holds, once."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        if not self.query and not self.has_active_filters:
            self.full_result_count = self.result_count


class ConsoleAdmin(WithinLimits):
    """A list that stays quick at a million rows, and no deleting.

    Sorted by its `ordering`, which an index serves, and by nothing else; counted no further than the paginator's cap.
    A search looks up `exact_search` fields (indexed) and the prefix of `prefix_search` fields (indexed too), never
    substrings.
    """

    paginator = CappedPaginator
    show_full_result_count = False
    list_per_page = 50
    list_max_show_all = 50
    sortable_by: tuple[str, ...] = ()
    show_facets = ShowFacets.NEVER  # counts of every choice, over every row
    list_disable_select_all = True
    list_filter_submit = True
    list_fullwidth = True
    view_on_site = False
    exact_search: ClassVar[tuple[str, ...]] = ()
    prefix_search: ClassVar[tuple[str, ...]] = ()
    actions: Any = None
    when_empty: ClassVar[str | Promise] = ""  # what to do so that a list that holds nothing yet holds something

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ConsoleChangeList]:
        return ConsoleChangeList

    @display(description=ModelAdmin.action_checkbox.short_description)
    def action_checkbox(self, obj: Model) -> SafeString:
        """Unfold's, drawn once and not for each row: they differ in the id alone."""
        return format_html(_checkbox(), obj.pk)

    def get_search_fields(self, request: HttpRequest) -> tuple[str, ...]:
        return (*self.exact_search, *self.prefix_search)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        term = search_term.strip().replace("\x00", "")
        if term:
            queryset = self.search(queryset, term)
        return queryset, False

    def search(self, rows: QuerySet[Any], term: str) -> QuerySet[Any]:
        """The rows that a person means by this term."""
        wanted = models.Q(pk__in=[])
        for name in self.exact_search:
            field = self._field(name)
            if isinstance(field, models.UUIDField):
                try:
                    wanted |= models.Q(**{name: UUID(term)})
                except ValueError:
                    continue
            elif isinstance(field, models.IntegerField):
                digits = term.removeprefix("#")
                if digits.isascii() and digits.isdigit() and len(digits) < 19:
                    wanted |= models.Q(**{name: int(digits)})
            else:
                wanted |= models.Q(**{name: term})
        for name in self.prefix_search:
            wanted |= models.Q(**{f"{name}__startswith": term})
        return rows.filter(wanted)

    def _field(self, path: str) -> Any:
        model: Any = self.model
        field: Any = None
        for part in path.split("__"):
            try:
                field = model._meta.get_field(part)
            except FieldDoesNotExist:  # a lookup at the end, such as __iexact
                break
            model = field.related_model
        return field

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def response_action(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        """What is done to many is done to those of one page, and to everything that a filter finds only where the list
        says so: there a job does it."""
        if self.list_disable_select_all:
            given = request.POST.copy()
            given["select_across"] = "0"
            request.POST = given  # type: ignore[assignment]  # as Django's own middleware may
        answer: HttpResponse | None = super().response_action(request, queryset)
        return answer

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """What a service refuses when a form is saved is said on the same page, with all that was typed; nothing is
        written then."""
        try:
            page: HttpResponse = super().changeform_view(request, object_id, form_url, extra_context)
        except DomainError as refusal:
            if hasattr(request, _REFUSAL):
                messages.error(request, str(refusal))
                return HttpResponseRedirect(request.get_full_path())
            setattr(request, _REFUSAL, refusal)
            page = self.changeform_view(request, object_id, form_url, extra_context)
        return page

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form: Any = super().get_form(request, obj, change, **kwargs)
        refusal = getattr(request, _REFUSAL, None)
        return form if refusal is None else _refused(form, refusal)

    @display(description="ID")
    def public_id(self, row: Any) -> str:
        return str(row.public_id)


class ReadOnlyAdmin(ConsoleAdmin):
    """Rows that only services write. JSON is readable, links lead to the web only, `hidden` is left out."""

    hidden: ClassVar[tuple[str, ...]] = ()

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        return ["public_id", *(self._shown(field) for field in self._fields())]

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        return self.get_fields(request, obj)

    def _fields(self) -> list[Any]:
        return [
            field
            for field in self.model._meta.concrete_fields
            if not field.primary_key and field.name not in self.hidden and not isinstance(field, models.BinaryField)
        ]

    def _shown(self, field: Any) -> str:
        if isinstance(field, models.JSONField):
            return self._reader(field, show.actor if field.name in {"actor", "author", "placed_by"} else show.as_json)
        if isinstance(field, models.URLField):
            return self._reader(field, show.web_link)
        if isinstance(field, models.DecimalField) and field.decimal_places == 4 and hasattr(self.model, "currency"):
            return self._reader(field, show.money, "currency")  # an amount, as columns keep it
        return str(field.name)

    def _reader(self, field: Any, render: Any, *beside: str) -> str:
        """A read-only column that shows a field, with others `beside` it, in its own way; made once for each field."""
        name = f"{field.name}_shown"
        if not hasattr(type(self), name):

            @display(description=capfirst(field.verbose_name))
            def read(_: Any, row: Any) -> str | SafeString:
                value: str | SafeString = render(*(getattr(row, each) for each in (field.attname, *beside)))
                return value

            setattr(type(self), name, read)
        return name


class ReadOnlyInline(TabularInline):
    """Children that only services write."""

    extra = 0
    max_num = 0
    can_delete = False
    show_change_link = False
    hide_title = True
    ordering = ("pk",)
    per_page = 50

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return limits.narrow(super().get_queryset(request), limits.limits_of(request.user))

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False
