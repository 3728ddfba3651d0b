"""The console's site: Unfold's, without the work that none of its pages shows."""

from __future__ import annotations

from functools import partial
from typing import Any, cast

from django.contrib import admin
from django.contrib.admin import sites
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject
from unfold.apps import DefaultAppConfig
from unfold.sites import UnfoldAdminSite


class ConsoleSite(UnfoldAdminSite):
    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """Put together where somebody looks at it. Every page is given it, and the sidebar is a list of its own."""
        return cast("list[Any]", SimpleLazyObject(partial(super().get_app_list, request, app_label)))


class ConsoleConfig(DefaultAppConfig):
    """Unfold, with our site in the place of its own."""

    default = False

    def ready(self) -> None:
        admin.site = sites.site = ConsoleSite()
