"""System checks: a wrong name in settings.OMS, or a part that lacks something, is found at start-up and named."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any, Final

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from oms.core import providers
from oms.core.providers import Kind

_ALIKE: Final = 0.8  # from 0 to 1; what is less so is another setting, not a misspelt one


@register()
def replaceable_parts(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Every part that settings.OMS or an entry point names can be loaded, and has what its kind must have."""
    kinds = providers.kinds()
    return [*_unknown_keys(kinds), *(problem for kind in kinds for problem in _problems(kind))]


def _unknown_keys(kinds: list[Kind]) -> Iterator[CheckMessage]:
    known = {kind.name for kind in kinds}
    for key in settings.OMS.keys() - known:
        for near in get_close_matches(key, known, n=1, cutoff=_ALIKE):
            yield Error(f"settings.OMS[{key!r}] is unknown.", hint=f"Did you mean {near!r}?", id="oms.E003")


def _problems(kind: Kind) -> Iterator[CheckMessage]:
    named = settings.OMS.get(kind.name)
    if not isinstance(named, dict if kind.many else str):
        wanted = "a dictionary of dotted paths by code" if kind.many else "a dotted path"
        yield Error(f"settings.OMS[{kind.name!r}] is {named!r}; it must be {wanted}.", id="oms.E004")
        return
    for place, load in providers.implementations(kind):
        try:
            implementation = load()
        except Exception as problem:  # a module that breaks while it is loaded is as wrong as one that is not there
            yield Error(f"{place}: {problem}", id="oms.E001")
            continue
        if missing := kind.missing(implementation):
            yield Error(f"{place}, which lacks {', '.join(missing)}.", id="oms.E002")
