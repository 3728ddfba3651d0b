"""How it is said that stock falls short: of an item, or of a kit and which of its components."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from django.utils.translation import gettext as _

from inventory.errors import InsufficientStock, KitShort
from oms.core.errors import FieldError


@dataclass(frozen=True, slots=True)
class Need:
    """Units of a kit's component that are asked for in all, and that there are."""

    sku: str
    requested: int
    available: int


def shortage(pointer: str, sku: str, requested: int, available: int, components: Sequence[Need] = ()) -> FieldError:
    """One line that falls short, in the units that were asked for; of a kit with what its components have."""
    facts: dict[str, Any] = {"sku": sku, "requested": requested, "available": available}
    if not components:
        return FieldError(pointer, str(InsufficientStock.message) % facts, InsufficientStock.code, facts)
    lacking = [need for need in components if need.requested > need.available]
    facts["why"] = ", ".join(
        _("%(sku)s: %(requested)s needed, %(available)s there") % asdict(need) for need in lacking
    ) or _("no location has all that it consists of")
    facts["components"] = [asdict(need) for need in components]
    return FieldError(pointer, str(KitShort.message) % facts, KitShort.code, facts)


def refusal(errors: Sequence[FieldError]) -> InsufficientStock:
    """All shortages in one error; the first names itself in the sentence."""
    first = errors[0].facts
    kind = KitShort if "components" in first else InsufficientStock
    return kind(errors=errors, **first)
