"""The page of exceptions, and the buttons on it."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from oms.core.errors import DomainError
from oms.web.console import attention
from oms.web.console.attention import Kind
from oms.web.console.paging import count_label

PAGE: Final = "console_exceptions"
ACT: Final = "console_exception_act"


def exceptions_view(request: HttpRequest) -> HttpResponse:
    wanted = _wanted(request, request.GET.get("kind", ""))
    counts = attention.counts(request)
    page = attention.page(request, wanted, _number(request.GET.get("page", "")))
    context: dict[str, Any] = {
        **admin.site.each_context(request),
        "title": _("Exceptions"),
        "kinds": [_tab(kind, counts[kind.name], kind is wanted) for kind in attention.kinds(request)],
        "wanted": wanted,
        "total": count_label(min(sum(counts.values()), attention.MOST), attention.MOST),
        "page": page,
        "before_url": _address(wanted, page.number - 1) if page.number > 1 else "",
        "after_url": _address(wanted, page.number + 1) if page.has_more else "",
        "everything_url": reverse(PAGE),
    }
    return TemplateResponse(request, "admin/web/exceptions.html", context)


def act_view(request: HttpRequest, kind: str, pk: UUID) -> HttpResponse:
    """A button was pressed: run its service, say what came of it, show the page again."""
    wanted = attention.kind_of(request, kind)
    act = None if wanted is None else wanted.or_else if "or_else" in request.POST else wanted.act
    if wanted is None or act is None or act.run is None:
        raise Http404
    if not request.user.has_perm(act.permission):
        raise PermissionDenied
    if not wanted.rows(request).filter(pk=pk).exists():
        messages.warning(request, _("That needs nobody any more."))
    else:
        try:
            messages.success(request, act.run(request, pk))
        except DomainError as refusal:
            messages.error(request, str(refusal))
    back = attention.kind_of(request, request.POST.get("kind", ""))
    return HttpResponseRedirect(_address(back, _number(request.POST.get("page", ""))))


def _wanted(request: HttpRequest, name: str) -> Kind | None:
    found = attention.kind_of(request, name) if name else None
    if name and found is None:
        raise Http404
    return found


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else 1


def _tab(kind: Kind, count: int, is_wanted: bool) -> dict[str, Any]:
    return {
        "title": kind.title,
        "icon": kind.icon,
        "tone": kind.tone if count else "none",
        "count": count_label(count, attention.MOST),
        "url": _address(kind, 1),
        "is_wanted": is_wanted,
        "is_empty": not count,
    }


def _address(kind: Kind | None, number: int) -> str:
    query = ({"kind": kind.name} if kind else {}) | ({"page": str(number)} if number > 1 else {})
    return f"{reverse(PAGE)}?{urlencode(query)}" if query else reverse(PAGE)


urlpatterns = [
    path("", admin.site.admin_view(require_GET(exceptions_view)), name=PAGE),
    path("<slug:kind>/<uuid:pk>/", admin.site.admin_view(require_POST(act_view)), name=ACT),
]
