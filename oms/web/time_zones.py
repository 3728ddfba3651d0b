"""Whose clock the console shows: the one that a member of staff chose, or else that of their browser.

Both are cookies of the console, so that somebody who travels, or works at two desks, sees each desk's time. The API
speaks in UTC.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _

CHOSEN: Final = "oms_time_zone"
BROWSERS: Final = "oms_browser_time_zone"  # set by console/time_zone.js
PAGE: Final = "console_time_zone"
_A_YEAR: Final = timedelta(days=365)


class TimeZoneMiddleware:
    """Pages of the console are shown, and what is typed there is read, in the person's own time zone."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        zone = zone_of(request) if request.path.startswith(reverse("admin:index")) else None
        if zone is None:
            return self.get_response(request)
        with timezone.override(zone):
            return self.get_response(request)


def zone_of(request: HttpRequest) -> ZoneInfo | None:
    """The zone that was chosen, or else the browser's; None where neither names one."""
    for cookie in (CHOSEN, BROWSERS):
        name = request.COOKIES.get(cookie, "").replace("%2F", "/")
        if name in names():
            return ZoneInfo(name)
    return None


@cache
def names() -> frozenset[str]:
    """The names that can be chosen; read once, for it takes the system's files."""
    return frozenset(name for name in available_timezones() if "/" in name or name == "UTC")


class ZoneForm(forms.Form):
    zone = forms.CharField(required=False, max_length=100)

    def clean_zone(self) -> str:
        zone: str = self.cleaned_data["zone"]
        if zone and zone not in names():
            raise forms.ValidationError(_("There is no such time zone."))
        return zone


def zone_view(request: HttpRequest) -> HttpResponse:
    """Choose a zone, or none: then the browser's goes."""
    if request.method != "POST":
        return _page(request, request.COOKIES.get(CHOSEN, ""))
    form = ZoneForm(request.POST)
    if not form.is_valid():
        messages.error(request, " ".join(map(str, form.errors["zone"])))
        return _page(request, "")
    messages.success(request, _("That is kept in this browser."))
    answer = HttpResponseRedirect(reverse(PAGE))
    if zone := form.cleaned_data["zone"]:
        answer.set_cookie(
            CHOSEN, zone, max_age=_A_YEAR, httponly=True, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE
        )
    else:
        answer.delete_cookie(CHOSEN)
    return answer


def _page(request: HttpRequest, chosen: str) -> HttpResponse:
    context = {
        **admin.site.each_context(request),
        "title": _("Time zone"),
        "zones": sorted(names()),
        "chosen": chosen,
        "present": timezone.get_current_timezone_name(),
        "now": timezone.now(),
    }
    return TemplateResponse(request, "admin/web/time_zone.html", context)


urlpatterns = [path("", admin.site.admin_view(zone_view), name=PAGE)]
