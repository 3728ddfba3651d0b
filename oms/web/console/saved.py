"""Views of a list, above it as tabs: built-in ones, one's own and shared ones. A view is its address and nothing else.

For any list of the console: put SavedViews before ConsoleAdmin among the bases, and name its `built_in_views`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar, Final
from uuid import UUID

from django.contrib import messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import path, reverse
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from oms.core.errors import DomainError
from oms.web import saved_views
from oms.web.console import acts
from oms.web.console.admin import ConsoleAdmin, ConsoleChangeList
from oms.web.console.paging import capped_counts, count_label
from oms.web.models import SavedView

MOST_COUNTED_ROWS: Final = 1000
MOST_COUNTED_VIEWS: Final = 12  # beside the built-in ones; what is more has a tab and no count
SHARE: Final = "web.share_savedview"
_NOT_THE_VIEW: Final = frozenset({"p", "o", "ot", "all", "e", "_popup", "_to_field", "_changelist_filters", "_facets"})


@dataclass(frozen=True, slots=True)
class View:
    """A view that everybody has."""

    name: str | Promise
    query: str


class ViewNotUnderstood(DomainError):
    code = "view_not_understood"
    message = gettext_lazy("This list does not know these filters.")


class _RowsOnly(ConsoleChangeList):
    """What a list would show, asked for its rows only: nothing is counted or fetched."""

    def get_results(self, request: HttpRequest) -> None:
        return


def canonical(query: QueryDict) -> str:
    """The search and filters of a list's address, always written the same way."""
    kept = sorted(
        (name, value.replace("\x00", ""))
        for name, values in query.lists()
        if name not in _NOT_THE_VIEW
        for value in values
        if value
    )
    return urlencode(kept)


def rows_of(model_admin: ConsoleAdmin, request: HttpRequest, query: str) -> QuerySet[Any]:
    """The rows that a list shows at this address to whoever asks. Raises ViewNotUnderstood."""
    asked = copy(request)
    asked.GET = QueryDict(query)
    wanted = [each for each in model_admin.get_list_filter(request) if _is_asked_for(each, asked.GET)]
    fields = model_admin.get_search_fields(request)
    try:
        found = _RowsOnly(
            asked, model_admin.model, ["pk"], None, wanted, None, fields, False, 1, 1, (), model_admin, (), ""
        )
    except (IncorrectLookupParameters, SuspiciousOperation):
        raise ViewNotUnderstood() from None
    rows: QuerySet[Any] = found.queryset
    return rows


def _is_asked_for(list_filter: Any, query: QueryDict) -> bool:
    """Whether an address has anything for a filter; those that are not asked need not look up their choices."""
    name = list_filter[0] if isinstance(list_filter, tuple) else getattr(list_filter, "parameter_name", list_filter)
    return any(key.startswith(name) for key in query)


class SavedViews(ConsoleAdmin):
    """A list with views."""

    built_in_views: ClassVar[Sequence[View]] = ()
    list_before_template = "admin/web/views.html"

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        # Worked out when the page is drawn: an act on rows draws none.
        context = {"views_of_list": partial(self._views, request), **(extra_context or {})}
        page: HttpResponse = super().changelist_view(request, context)
        return page

    def get_urls(self) -> list[Any]:
        of_views = [self._url("save"), self._url("change", "<uuid:view_id>/"), self._url("delete", "<uuid:view_id>/")]
        return [*of_views, *super().get_urls()]

    def _url(self, act: str, part: str = "") -> Any:
        view: Callable[..., HttpResponse] = getattr(self, f"_view_{act}")
        wrapped = self.admin_site.admin_view(require_POST(view))
        return path(f"views/{part}{act}/", wrapped, name=f"{self._list_name}_view_{act}")

    @property
    def _list_name(self) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}"

    # --- the tabs ---

    def _views(self, request: HttpRequest) -> dict[str, Any]:
        present, may_share = canonical(request.GET), bool(request.user.has_perm(SHARE))
        saved = list(saved_views.views_of(self._list_name, request.user).order_by("is_shared", "name", "pk"))
        tabs = [_tab(view.name, view.query, present) for view in self.built_in_views]
        tabs += [
            _tab(view.name, view.query, present, saved=view, mine=view.owner_id == request.user.pk) for view in saved
        ]
        counted = tabs[: len(self.built_in_views) + MOST_COUNTED_VIEWS]
        for tab, count in zip(counted, self._counts(request, counted), strict=True):
            tab["count"] = count_label(count, MOST_COUNTED_ROWS)
        active = next((tab for tab in reversed(tabs) if tab["active"]), None)
        view = active["saved"] if active else None
        return {
            "tabs": tabs,
            "query": present,
            "may_share": may_share,
            "save": reverse(f"admin:{self._list_name}_view_save"),
            "can_save": bool(present) and active is None,
            "view": view if view and saved_views.may_change(view, request.user, may_share) else None,
            **(self._acts(view) if view else {}),
        }

    def _acts(self, view: SavedView) -> dict[str, str]:
        return {act: reverse(f"admin:{self._list_name}_view_{act}", args=[view.pk]) for act in ("change", "delete")}

    def _counts(self, request: HttpRequest, tabs: Sequence[dict[str, Any]]) -> list[int | None]:
        """Of all of them together in one query. A view whose filters are gone has none."""
        rows: list[QuerySet[Any] | None] = []
        for tab in tabs:
            try:
                rows.append(rows_of(self, request, tab["query"]))
            except DomainError:
                rows.append(None)
        counts = iter(capped_counts([each for each in rows if each is not None], MOST_COUNTED_ROWS))
        return [None if each is None else next(counts) for each in rows]

    # --- what is done with them ---

    def _view_save(self, request: HttpRequest) -> HttpResponse:
        query = canonical(QueryDict(request.POST.get("query", "")))
        shared = self._may(request)

        try:
            rows_of(self, request, query)
        except ViewNotUnderstood as refusal:
            messages.error(request, str(refusal))
            return self._back("")
        save = partial(
            saved_views.save_view,
            page=self._list_name,
            name=request.POST.get("name", ""),
            query=query,
            is_shared=shared,
            owner=request.user,
        )
        acts.perform(request, save, done=_("The view is saved."))
        return self._back(query)

    def _view_change(self, request: HttpRequest, view_id: UUID) -> HttpResponse:
        shared, may_share = self._may(request), bool(request.user.has_perm(SHARE))
        change = partial(
            saved_views.change_view,
            view_id=view_id,
            name=request.POST.get("name", ""),
            is_shared=shared,
            user=request.user,
            may_share=may_share,
        )
        acts.perform(request, change, done=_("The view is changed."))
        return self._back(canonical(QueryDict(request.POST.get("query", ""))))

    def _view_delete(self, request: HttpRequest, view_id: UUID) -> HttpResponse:
        self._may(request)
        delete = partial(
            saved_views.delete_view,
            view_id=view_id,
            user=request.user,
            may_share=bool(request.user.has_perm(SHARE)),
        )
        acts.perform(request, delete, done=_("The view is deleted."))
        return self._back("")

    def _may(self, request: HttpRequest) -> bool:
        """Whether the view is to be shared. Raises PermissionDenied for who may not, or may not see the list."""
        shared = request.POST.get("shared") == "1"
        if not self.has_view_permission(request) or (shared and not request.user.has_perm(SHARE)):
            raise PermissionDenied
        return shared

    def _back(self, query: str) -> HttpResponse:
        return HttpResponseRedirect(f"{reverse(f'admin:{self._list_name}_changelist')}?{query}")


def _tab(name: Any, query: str, present: str, *, saved: SavedView | None = None, mine: bool = False) -> dict[str, Any]:
    return {
        "name": name,
        "query": query,
        "active": canonical(QueryDict(query)) == present,
        "saved": saved,
        "mine": mine,
        "count": "",
    }
