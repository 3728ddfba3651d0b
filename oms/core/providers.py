"""The replaceable parts: what each kind must be able to do, and who does it.

A kind is declared by the package that asks for it. Who answers is named in `settings.OMS[kind]`, by dotted path; other
packages may add theirs by entry point, in the group `oms.` + the kind in lower case:

    [project.entry-points."oms.order_formats"]
    woocommerce = "oms_woocommerce.format:WooCommerceFormat"

What settings name comes before an entry point of the same name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, partial
from importlib.metadata import EntryPoint, entry_points
from inspect import isclass
from typing import Any, Final

from django.conf import settings
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

from oms.core.errors import DomainError

_COMMON: Final = frozenset(dir(type("_", (), {})))  # what every class has


class UnknownProvider(DomainError):
    code = "unknown_provider"
    message = _("There is no %(kind)s called %(name)s. Known: %(known)s.")


@dataclass(frozen=True, slots=True)
class Kind:
    """A replaceable part. interface: a class whose public names it has, or None for a function.

    many: settings name several by code, else one.
    """

    name: str
    interface: type | None
    many: bool

    @property
    def group(self) -> str:
        return f"oms.{self.name.lower()}"

    def missing(self, implementation: Any) -> list[str]:
        """What an implementation lacks of the interface, by name."""
        if self.interface is None:
            return [] if callable(implementation) else ["__call__"]
        if not isclass(implementation):
            return sorted(_names(self.interface))
        return sorted(name for name in _names(self.interface) if not hasattr(implementation, name))


_kinds: dict[str, Kind] = {}


def declare(name: str, *, interface: type | None, many: bool = False) -> None:
    """Say that `settings.OMS[name]` names a replaceable part; at start-up, by the package that asks for it."""
    _kinds[name] = Kind(name, interface, many)


def kinds() -> list[Kind]:
    return list(_kinds.values())


def names(kind: str) -> list[str]:
    """The codes of all implementations of a kind of which there are many."""
    return sorted({*settings.OMS[kind], *_added(_kinds[kind].group)})


def get(kind: str, name: str) -> Any:
    """The implementation of this kind and name, a fresh one. Raises UnknownProvider."""
    if path := settings.OMS[kind].get(name):
        return _load(path)()
    if added := _added(_kinds[kind].group).get(name):
        return added.load()()
    word = kind.lower().replace("_", " ").removesuffix("s")
    raise UnknownProvider(kind=word, name=name[:60], known=", ".join(names(kind)))


def the(kind: str) -> Callable[..., Any]:
    """The one implementation of a kind of which there is one: a function, or a class.

    settings.OMS[kind] is its dotted path, or the name under which a package added it.
    """
    path: str = settings.OMS[kind]
    added = _added(_kinds[kind].group).get(path)
    found: Callable[..., Any] = added.load() if added else _load(path)
    return found


def implementations(kind: Kind) -> Iterator[tuple[str, Callable[[], Any]]]:
    """Every implementation that settings or packages name: where it is named, and what loads it."""
    named = settings.OMS.get(kind.name)
    added = _added(kind.group)
    paths: dict[str, str] = named if isinstance(named, dict) else {"": str(named)}
    for name, path in paths.items():
        place = f"settings.OMS[{kind.name!r}]" + (f"[{name!r}]" if name else "")
        if kind.many or path not in added:
            yield f"{place} names {path!r}", partial(import_string, path)
    for name, entry in added.items():
        yield f"the entry point {name!r} of {kind.group!r} names {entry.value!r}", entry.load


def _names(interface: type) -> set[str]:
    declared = {name for base in interface.__mro__ for name in getattr(base, "__annotations__", {})}
    return {name for name in {*dir(interface), *declared} - _COMMON if not name.startswith("_")}


@cache
def _added(group: str) -> dict[str, EntryPoint]:
    return {entry.name: entry for entry in entry_points(group=group)}


@cache
def _load(path: str) -> Any:
    return import_string(path)
