"""Bars: what a figure must reach, and whether it does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from rich.console import Console
from rich.table import Table

WIDTH: Final = 120  # of tables, also where they go into a file


@dataclass(frozen=True, slots=True)
class Bar:
    """`value` must be at least `least`, or at most `most`, whichever is given. `remark`: what it was measured on."""

    name: str
    value: float
    least: float | None = None
    most: float | None = None
    remark: str = ""

    @property
    def holds(self) -> bool:
        return (self.least is None or self.value >= self.least) and (self.most is None or self.value <= self.most)

    @property
    def asked(self) -> str:
        return " and ".join(
            f"{sign} {limit:g}" for sign, limit in ((">=", self.least), ("<=", self.most)) if limit is not None
        )

    def as_dict(self) -> dict[str, Any]:
        return asdict(self) | {"holds": self.holds}


@dataclass(slots=True)
class Report:
    """What a part of the bench found: figures for the file, bars for whoever decides."""

    figures: dict[str, Any]
    bars: list[Bar] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        return self.figures | {"bars": [bar.as_dict() for bar in self.bars]}


def show(bars: Sequence[Bar]) -> None:
    table = Table(title="Bars")
    for column in ("what", "is", "must be", "holds", "on"):
        table.add_column(column, justify="right" if column == "is" else "left")
    for bar in bars:
        verdict = "yes" if bar.holds else "[bold red]NO[/]"
        table.add_row(bar.name, f"{bar.value:,.4g}", bar.asked, verdict, bar.remark)
    Console(width=WIDTH).print(table)
