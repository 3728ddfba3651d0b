"""The first page: how much waits where, and what each app shows beside it. Each app's admin names its figures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from django.apps import apps
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise

from oms.web.console.paging import capped_counts, count_label

MOST: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """Rows that wait for somebody. `query` narrows the changelist of `model` to them; `rank` orders the figures.

    Counted are those that the list shows to whoever looks.
    """

    rank: int
    title: str | Promise
    icon: str
    permission: str
    model: str
    query: str
    rows: Callable[[], QuerySet[Any]]
    tone: str = "plain"


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """A part of the page below the figures: a template, and what it is drawn from."""

    rank: int
    permission: str
    template: str
    context: Callable[[HttpRequest], dict[str, Any]]


_figures: list[Figure] = []
_panels: list[Panel] = []


def show(figure: Figure) -> None:
    """Put a figure on the first page."""
    _figures.append(figure)
    _figures.sort(key=lambda each: each.rank)


def show_panel(panel: Panel) -> None:
    """Put a panel on the first page."""
    _panels.append(panel)
    _panels.sort(key=lambda each: each.rank)


def index(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """What Unfold calls for the first page. All figures together are one query."""
    figures = [figure for figure in _figures if request.user.has_perm(figure.permission)]
    counts = capped_counts([_rows(figure, request) for figure in figures], MOST)
    context["figures"] = [
        {
            "title": figure.title,
            "icon": figure.icon,
            "url": f"{reverse(f'admin:{figure.model}_changelist')}?{figure.query}",
            "tone": figure.tone if count else "none",
            "count": count_label(count, MOST) if count >= MOST else count,
        }
        for figure, count in zip(figures, counts, strict=True)
    ]
    context["panels"] = [
        {"template": panel.template, **panel.context(request)}
        for panel in _panels
        if request.user.has_perm(panel.permission)
    ]
    return context


def _rows(figure: Figure, request: HttpRequest) -> QuerySet[Any]:
    """What the list of the figure would show: of the rows that wait those which this person may see."""
    app, name = figure.model.rsplit("_", 1)
    seen: QuerySet[Any] = admin.site.get_model_admin(apps.get_model(app, name)).get_queryset(request)
    return seen & figure.rows()
