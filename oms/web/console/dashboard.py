"""The first page: how much waits where. Each app's admin names its figures; each is one cheap query."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise

from oms.web import limits
from oms.web.console.paging import capped_count

MOST: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """Rows that wait for somebody. `query` narrows the changelist of `model` to them; `rank` orders the figures."""

    rank: int
    title: str | Promise
    icon: str
    permission: str
    model: str
    query: str
    rows: Callable[[], QuerySet[Any]]
    tone: str = "plain"


_figures: list[Figure] = []


def show(figure: Figure) -> None:
    """Put a figure on the first page."""
    _figures.append(figure)
    _figures.sort(key=lambda each: each.rank)


def index(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """What Unfold calls for the first page."""
    seen = limits.limits_of(request.user)
    context["figures"] = [
        {
            "title": figure.title,
            "icon": figure.icon,
            "url": f"{reverse(f'admin:{figure.model}_changelist')}?{figure.query}",
            "tone": figure.tone if count else "none",
            "count": f"{MOST - 1}+" if count >= MOST else count,
        }
        for figure in _figures
        if request.user.has_perm(figure.permission)
        for count in [capped_count(limits.narrow(figure.rows(), seen), MOST)]
    ]
    return context
