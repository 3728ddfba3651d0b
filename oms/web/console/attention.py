"""What needs a person: each app's admin names its kinds of it, and the page of exceptions shows them, the oldest first.

A kind narrows the rows of a registered admin, which gives what whoever looks may see. The page reads the oldest few of
each kind and counts no further than a cap: it costs the same however much there is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.functional import Promise

from oms.web.console.paging import capped_counts

MOST: Final = 1000  # counted of each kind
PER_PAGE: Final = 25
MOST_PAGES: Final = 20  # of all kinds together; whoever wants more looks at one kind
MOST_PAGES_OF_ONE: Final = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """One row of the page. since: from when it needs somebody. url: where it is looked at; next_url: where it is dealt
    with, where a button on the page cannot do it."""

    pk: Any
    title: str
    since: datetime
    url: str = ""
    detail: str = ""
    next_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """The one thing that is usually done next. `run` is a button that calls a service and returns the sentence that
    says what was done; it raises DomainError. Without it the act is a link, to `next_url` or `url` of the matter."""

    label: str | Promise
    permission: str
    run: Callable[[HttpRequest, UUID], str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """narrow: of the rows that may be seen those that need somebody. age: the fields that order them, the oldest first.
    tell: how the rows read, for all of a page at once. rank: where it stands among the kinds. or_else: a second button,
    for what is done where the first is not. Whoever may view the model's own pages sees it.
    """

    rank: int
    name: str
    title: str | Promise
    icon: str
    model: type[Model]
    narrow: Callable[[QuerySet[Any]], QuerySet[Any]]
    age: Sequence[str]
    tell: Callable[[Sequence[Any]], Iterable[Matter]]
    act: Act
    tone: str = "busy"
    is_in_use: Callable[[], bool] = lambda: True
    or_else: Act | None = None

    def is_seen_by(self, request: HttpRequest) -> bool:
        return self.is_in_use() and admin.site.get_model_admin(self.model).has_view_permission(request)

    def rows(self, request: HttpRequest) -> QuerySet[Any]:
        seen = admin.site.get_model_admin(self.model).get_queryset(request)
        return self.narrow(seen).order_by(*self.age)


@dataclass(frozen=True, slots=True)
class Shown:
    """A matter with its kind. may_act: whether the person may do the act; may_else: the other one."""

    kind: Kind
    matter: Matter
    may_act: bool
    may_else: bool = False

    @property
    def is_button(self) -> bool:
        return self.kind.act.run is not None

    @property
    def act_url(self) -> str:
        return self.matter.next_url or self.matter.url


@dataclass(frozen=True, slots=True)
class Page:
    matters: Sequence[Shown]
    number: int
    has_more: bool
    is_last_shown: bool


_kinds: Final[list[Kind]] = []


def show(kind: Kind) -> None:
    """Put a kind of matter on the page of exceptions."""
    _kinds.append(kind)
    _kinds.sort(key=lambda each: each.rank)


def kind_of(request: HttpRequest, name: str) -> Kind | None:
    """The kind of this name, where the person may see it."""
    return next((kind for kind in kinds(request) if kind.name == name), None)


def kinds(request: HttpRequest) -> list[Kind]:
    """Those that the person may see, by rank."""
    return [kind for kind in _kinds if kind.is_seen_by(request)]


def counts(request: HttpRequest) -> dict[str, int]:
    """How many there are of each kind that the person may see, MOST at the highest; in one query."""
    seen = kinds(request)
    found = capped_counts([kind.rows(request) for kind in seen], MOST)
    return {kind.name: count for kind, count in zip(seen, found, strict=True)}


def page(request: HttpRequest, wanted: Kind | None, number: int) -> Page:
    """A page of one kind, or of all of them merged by age. A query for each kind, and what telling its rows takes."""
    most = MOST_PAGES if wanted is None else MOST_PAGES_OF_ONE
    number = min(max(1, number), most)
    first, last = (number - 1) * PER_PAGE, number * PER_PAGE
    if wanted is not None:
        found = list(wanted.rows(request)[first : last + 1])
        shown = _told(request, wanted, found)
    else:  # what stands on this page is among the oldest of its kind, up to the end of the page
        shown = [each for kind in kinds(request) for each in _told(request, kind, list(kind.rows(request)[: last + 1]))]
        shown.sort(key=lambda each: each.matter.since)
        shown = shown[first : last + 1]
    return Page(shown[:PER_PAGE], number, len(shown) > PER_PAGE and number < most, number == most)


def _told(request: HttpRequest, kind: Kind, rows: Sequence[Any]) -> list[Shown]:
    may_act = request.user.has_perm(kind.act.permission)
    may_else = kind.or_else is not None and request.user.has_perm(kind.or_else.permission)
    return [Shown(kind, matter, may_act, may_else) for matter in kind.tell(rows)] if rows else []
