"""Which fields of an answer are wanted: `fields` as the contract's clients write it.

    fields=id,total            these alone, and the id of whatever is shown
    fields=id,items.quantity   of a part some of its fields
    fields=-items,-metadata    all but these
    fields=+summary,*items     all: what these add to is everything already. `expand=items` says the same.

A name that means nothing here is passed over, for clients of the contract ask for relations that this system has not.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from django.db.models import Model
from django.http import QueryDict
from msgspec import Struct

Tree = dict[str, "Tree"]  # names, each with those below it; nothing below: the whole of it
_LONGEST: Final = 4000  # letters that are read of it
_DEEPEST: Final = 8


@dataclass(frozen=True, slots=True)
class Selection:
    """only: what is wanted, where not everything is. without: paths that are left out."""

    only: Tree | None = None
    without: frozenset[str] = field(default_factory=frozenset)

    def asks(self, *names: str) -> bool:
        """Whether any of these parts of the answer is wanted, so that it must be read."""
        return any(name not in self.without and (self.only is None or name in self.only) for name in names)

    def shown(self, shape: Any) -> Any:
        """The shape with what is wanted; the very same where that is everything."""
        if self.only is None and not self.without:
            return shape
        return _pruned(shape, self.only or {}, self.without, "")


EVERYTHING: Final = Selection()


def selection(query: QueryDict) -> Selection:
    """What `fields` and `expand` ask for."""
    asked = ",".join(query.getlist("fields"))[:_LONGEST].split(",")
    names = [name for name in asked if name.strip()]
    names += [f"*{name.strip()}" for name in ",".join(query.getlist("expand"))[:_LONGEST].split(",") if name.strip()]
    if not names:
        return EVERYTHING
    only: Tree = {}
    without = set()
    alone = False
    for name in names:
        sign = name[0]  # an unencoded + arrives as a space
        path = name.strip(" +*-").removesuffix(".*")
        if sign == "-":
            without.add(path)
            continue
        alone = alone or not (sign in "+* " or name.strip().endswith(".*"))
        _add(only, path.split(".")[:_DEEPEST])
    return Selection(only if alone else None, frozenset(without))


def leave_out(rows: Iterable[Model], *relations: str) -> None:
    """Have these relations of the rows read as empty, without a query: nobody asked for what is made of them."""
    for row in rows:
        read: dict[str, Any] = row.__dict__.setdefault("_prefetched_objects_cache", {})
        for name in relations:
            read[name] = getattr(row, name).none()


def unread(selection: Selection, relations: dict[str, Collection[str]]) -> list[str]:
    """Of relations, each with the fields that are made of it, those that need not be read."""
    return [relation for relation, made in relations.items() if not selection.asks(*made)]


def _add(tree: Tree, path: list[str]) -> None:
    """A part that is wanted whole stays whole, whatever is asked of it beside."""
    for position, name in enumerate(path):
        is_last = position == len(path) - 1
        known = tree.get(name)
        if known == {} and not is_last:
            return
        if is_last:
            tree[name] = {}
        else:
            tree = tree.setdefault(name, {})


def _pruned(value: Any, only: Tree, without: frozenset[str], path: str) -> Any:
    if isinstance(value, list):
        return [_pruned(each, only, without, path) for each in value]
    if isinstance(value, Struct):
        named: Iterable[tuple[str, Any]] = ((name, getattr(value, name)) for name in value.__struct_fields__)
    elif isinstance(value, dict):
        named = value.items()
    else:
        return value
    return {
        name: _pruned(each, only.get(name, {}), without, f"{path}{name}.")
        for name, each in named
        if f"{path}{name}" not in without and (not only or name in only or name == "id")
    }
