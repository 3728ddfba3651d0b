"""Everybody's views, for whoever looks after the console; people keep their own above each list."""

from __future__ import annotations

from django.contrib import admin

from oms.web.console.admin import ReadOnlyAdmin
from oms.web.models import SavedView


@admin.register(SavedView)
class SavedViewAdmin(ReadOnlyAdmin):
    list_display = ("name", "page", "owner", "is_shared", "query", "updated_at")
    list_select_related = ("owner",)
    ordering = ("-id",)
    exact_search = ("name", "page")
