"""What of the business a member of staff or an API key may see: which sales channels, which stock locations.

Permissions and scopes say what somebody may do; limits say with which rows. Each app says in its `limits.py`, found at
start-up, how each of its models is limited; a model of which nothing is said is shown to nobody who is limited at all.
Every list, page and route reads its rows through `narrow`. Channels and locations are ids here: they belong to apps
above.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, TypeVar
from uuid import UUID

from django.apps import apps
from django.db.models import Model, Q, QuerySet, UUIDField, Value
from django.utils.translation import gettext_lazy as _

from oms.core.errors import DomainError
from oms.web.api_keys import KeyHolder
from oms.web.models import SavedView, StaffLimits

M = TypeVar("M", bound=Model)
Ids = frozenset[UUID]
Choices = Callable[[], Sequence[tuple[UUID, str]]]

OWN_LOCATIONS_ONLY: Final = "web.own_locations_only"


class OutsideLimits(DomainError):
    """Somebody asks for a channel or a location that is not theirs to work with."""

    code = "outside_limits"
    status = 403
    type = "forbidden"
    message = _("You may not work with this %(kind)s.")


@dataclass(frozen=True, slots=True)
class Limits:
    """The channels and locations that somebody may see. None: all of them; an empty set: none."""

    channels: Ids | None = None
    locations: Ids | None = None

    def __bool__(self) -> bool:
        """Whether there is any limit."""
        return self.channels is not None or self.locations is not None

    def allows_channel(self, channel_id: UUID | None) -> bool:
        return self.channels is None or channel_id in self.channels

    def allows_location(self, location_id: UUID | None) -> bool:
        return self.locations is None or location_id in self.locations

    def require_channel(self, channel_id: UUID | None) -> None:
        """Raises OutsideLimits."""
        if not self.allows_channel(channel_id):
            raise OutsideLimits(kind=str(_("sales channel")))

    def require_locations(self, *location_ids: UUID | None) -> None:
        """Raises OutsideLimits where one of them is outside; None stands for goods that lie nowhere in particular."""
        if not all(map(self.allows_location, location_ids)):
            raise OutsideLimits(kind=str(_("stock location")))


EVERYTHING: Final = Limits()
NOTHING: Final = Limits(frozenset(), frozenset())
# The limits of whoever is being answered, for what is read beside the rows that were asked for: the levels of an item.
# The console's middleware and the API's views set it; of a task or a command, which answer nobody, it is everything.
answering: ContextVar[Limits] = ContextVar("answering", default=EVERYTHING)


def limits_of(who: Any) -> Limits:
    """The limits of a member of staff or of the holder of a key; superusers have none, nobody sees nothing.

    One query the first time, none afterwards: they stay with the object, which lives as long as the request.
    """
    if isinstance(who, KeyHolder):
        return Limits(who.channels, who.locations)
    if who is None or not who.is_authenticated:
        return NOTHING
    if who.is_superuser:
        return EVERYTHING
    if not hasattr(who, "_oms_limits"):
        who._oms_limits = _read(who)
    limits: Limits = who._oms_limits
    return limits


def _read(user: Any) -> Limits:
    row = StaffLimits.objects.filter(user=user).values_list("channel_ids", "location_ids").first()
    channels, locations = (_set(ids) for ids in row or (None, None))
    if locations is None and user.has_perm(OWN_LOCATIONS_ONLY):
        locations = frozenset()
    return Limits(channels, locations)


def _set(ids: Collection[UUID] | None) -> Ids | None:
    return None if ids is None else frozenset(ids)


# --- how each model is limited ---

# A rule: which rows of a model belong to these channels or locations. `path` leads from the row to the model.
Rule = Callable[[str, Ids], Q]


@dataclass(frozen=True, slots=True)
class _How:
    channel: Rule
    location: Rule


_rules: dict[type[Model], _How] = {}


def anyway(path: str, ids: Ids) -> Q:
    """The rule of what has nothing to do with channels, or with locations: it is shown to everybody."""
    return Q()


def never(path: str, ids: Ids) -> Q:
    """The rule of what cannot be told apart: it is shown to nobody who is limited so."""
    return Q(pk__in=[])


def by(name: str) -> Rule:
    """The rule of what has the id in a column, its own or that of a row it refers to."""
    return lambda path, ids: Q(**{f"{path}{name}__in": ids})


def limit(model: type[Model], *, channel: Rule, location: Rule) -> None:
    """Say how a model is limited."""
    _rules[model] = _How(channel, location)


def limit_as(model: type[Model], other: type[Model], through: str) -> None:
    """Say that a model is limited as the row is that it refers to by `through`."""
    how, prefix = _rules[other], f"{through}__"
    _rules[model] = _How(
        lambda path, ids: how.channel(f"{path}{prefix}", ids), lambda path, ids: how.location(f"{path}{prefix}", ids)
    )


def is_limited(model: type[Model]) -> bool:
    """Whether somebody has said how; of all others who is limited sees nothing."""
    return model in _rules


def narrow(rows: QuerySet[M], limits: Limits) -> QuerySet[M]:
    """Those of the rows that lie within the limits. Without limits the query stays as it was."""
    if not limits:
        return rows
    how = _rules.get(rows.model)
    if how is None:
        return rows.none()
    if limits.channels is not None:
        rows = rows.filter(how.channel("", limits.channels))
    if limits.locations is not None:
        rows = rows.filter(how.location("", limits.locations))
    return rows


@cache
def _identified() -> dict[str, type[Model]]:
    """Every model whose key is a UUID: those that a request can name without saying what they are."""
    return {model._meta.label: model for model in apps.get_models() if isinstance(model._meta.pk, UUIDField)}


def all_within(ids: Collection[UUID], limits: Limits) -> bool:
    """Whether all rows with one of these keys, of whatever model, lie within the limits. Keys that nothing has do.

    One query to find them, and one for each model that was found: it is asked for what a request names, so that no
    page or route has to think of it.
    """
    if not limits or not ids:
        return True
    named = [
        model._base_manager.filter(pk__in=ids).order_by().values_list(Value(label), "pk")
        for label, model in _identified().items()
    ]
    found: dict[str, set[UUID]] = {}
    for label, pk in named[0].union(*named[1:], all=True):
        found.setdefault(label, set()).add(pk)
    return all(
        narrow(_identified()[label]._base_manager.filter(pk__in=keys), limits).count() == len(keys)
        for label, keys in found.items()
    )


# --- what a form offers ---

_choices: dict[str, Choices] = {}


def offer(*, channels: Choices | None = None, locations: Choices | None = None) -> None:
    """Name the channels, or the locations, that limits can be chosen from."""
    _choices.update({kind: given for kind, given in (("channels", channels), ("locations", locations)) if given})


def choices(kind: str) -> list[tuple[str, str]]:
    """Ids and names for a form; kind is channels or locations."""
    offered = _choices.get(kind)
    return [(str(each), name) for each, name in offered()] if offered else []


limit(SavedView, channel=anyway, location=anyway)  # a view is an address; what it shows is limited like any list
