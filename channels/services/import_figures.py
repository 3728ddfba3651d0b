"""What an import counts, to the penny: by kind of record and by what became of it."""

from __future__ import annotations

from collections import defaultdict
from copy import deepcopy
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final, Self

from channels.adapters.base import Kind
from oms.core.money import round_amount

Sums = dict[str, Decimal]
_PLURAL: Final = {
    Kind.SALE: "sales",
    Kind.CREDIT: "credits",
    Kind.WRITE_OFF: "write_offs",
    Kind.SAMPLE: "samples",
}
OUTCOMES: Final = ("created", "unchanged", "revised")


def _sums() -> Sums:
    return defaultdict(Decimal)


@dataclass(slots=True)
class KindFigures:
    """The records of one kind that the file holds, rejected ones apart. totals and matched: by currency."""

    count: int = 0
    lines: int = 0
    totals: Sums = field(default_factory=_sums)
    created: int = 0
    unchanged: int = 0
    revised: int = 0
    matched: Sums = field(default_factory=_sums)

    @property
    def left_for_staff(self) -> Sums:
        """Of credits: what matched no sale."""
        return {currency: total - self.matched.get(currency, Decimal(0)) for currency, total in self.totals.items()}


@dataclass(slots=True)
class Figures:
    """The figures of a run so far. unknown_skus: lines of goods whose sku no inventory item has."""

    kinds: dict[Kind, KindFigures] = field(default_factory=lambda: {kind: KindFigures() for kind in Kind})
    rejects: int = 0
    reject_lines: int = 0
    unknown_skus: int = 0

    def copy(self) -> Self:
        return deepcopy(self)

    def add(self, kind: Kind, outcome: str, lines: int, total: Decimal, currency: str) -> None:
        figures = self.kinds[kind]
        figures.count += 1
        figures.lines += lines
        figures.totals[currency] += round_amount(total, currency)
        setattr(figures, outcome, getattr(figures, outcome) + 1)

    def add_matched(self, amount: Decimal, currency: str) -> None:
        self.kinds[Kind.CREDIT].matched[currency] += round_amount(amount, currency)

    def add_reject(self, lines: int) -> None:
        self.rejects += 1
        self.reject_lines += lines

    def add_all(self, other: Figures) -> None:
        """Add what another worker of the same run has counted."""
        for kind, theirs in other.kinds.items():
            ours = self.kinds[kind]
            for name in ("count", "lines", *OUTCOMES):
                setattr(ours, name, getattr(ours, name) + getattr(theirs, name))
            for mine, more in ((ours.totals, theirs.totals), (ours.matched, theirs.matched)):
                for currency, amount in more.items():
                    mine[currency] += amount
        self.rejects += other.rejects
        self.reject_lines += other.reject_lines
        self.unknown_skus += other.unknown_skus

    @property
    def totals(self) -> Sums:
        """The sum of all kinds."""
        sums = _sums()
        for figures in self.kinds.values():
            for currency, total in figures.totals.items():
                sums[currency] += total
        return sums

    def as_dict(self) -> dict[str, Any]:
        """As JSON: amounts are decimal text, by currency."""
        answer: dict[str, Any] = {}
        for kind, figures in self.kinds.items():
            answer[_PLURAL[kind]] = {
                "count": figures.count,
                "lines": figures.lines,
                "totals": _text(figures.totals),
                **{outcome: getattr(figures, outcome) for outcome in OUTCOMES},
            }
        credit = self.kinds[Kind.CREDIT]
        answer["credits"] |= {"matched": _text(credit.matched), "left_for_staff": _text(credit.left_for_staff)}
        return answer | {
            "totals": _text(self.totals),
            **{outcome: sum(getattr(each, outcome) for each in self.kinds.values()) for outcome in OUTCOMES},
            "rejects": self.rejects,
            "reject_lines": self.reject_lines,
            "unknown_skus": self.unknown_skus,
        }

    @classmethod
    def of(cls, stored: dict[str, Any]) -> Self:
        """What `as_dict` wrote; of nothing, zeros."""
        figures = cls()
        if not stored:
            return figures
        for kind, name in _PLURAL.items():
            part, each = stored[name], figures.kinds[kind]
            each.count, each.lines = part["count"], part["lines"]
            each.created, each.unchanged, each.revised = (part[outcome] for outcome in OUTCOMES)
            each.totals.update({currency: Decimal(total) for currency, total in part["totals"].items()})
        credit = stored["credits"]["matched"]
        figures.kinds[Kind.CREDIT].matched.update({currency: Decimal(total) for currency, total in credit.items()})
        figures.rejects, figures.reject_lines = stored["rejects"], stored["reject_lines"]
        figures.unknown_skus = stored["unknown_skus"]
        return figures


def _text(sums: Sums) -> dict[str, str]:
    return {currency: str(total) for currency, total in sorted(sums.items())}
