"""Pages of the console and lists of the API over HTTP, one after the other, with many orders there.

Each is asked for in turn with all others (and with the same pages of a smaller shop, where `--orders` is above
100,000), so that a noisy neighbour meets all. The floor is a page of the console that shows nothing but its frame.
"""

from __future__ import annotations

import argparse
import json
import urllib.request
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from bench import client, database, looking
from bench.bars import WIDTH, Bar, Report

MOST_MS: Final = 150.0
MOST_GROWTH: Final = 2.0
FLOOR: Final = "the frame alone"
_WARM: Final = 3


@dataclass(frozen=True, slots=True)
class House:
    """A filled shop with its web server, and each page's paths, which take turns."""

    orders: int
    port: int
    headers: Mapping[str, Mapping[str, str]]
    pages: Mapping[str, Sequence[str]]


def run(arguments: argparse.Namespace) -> Report:
    with ExitStack() as stack:
        houses = [_open(stack, arguments, orders) for orders in arguments.sizes]
        # In a shop of few orders some pages have nothing to show.
        found = [name for name in houses[0].pages if all(house.pages[name] for house in houses)]
        names = [name for name in found if arguments.only in name or name == FLOOR]
        seconds: dict[tuple[str, int], list[float]] = {(name, house.orders): [] for name in names for house in houses}
        for number in range(-_WARM, arguments.samples):
            for name in names:
                for house in houses if number % 2 else reversed(houses):
                    took = _ask(house, name, number)
                    if number >= 0:
                        seconds[name, house.orders].append(took)
    figures = {str(orders): {name: _figures(seconds[name, orders]) for name in names} for orders in arguments.sizes}
    _show(figures, arguments.sizes, arguments.samples)
    about = {"samples": arguments.samples, "statements": "counted in tests/orders/admin and tests/orders/api"}
    return Report(about | {"pages": figures}, _bars(figures, arguments.sizes))


def _open(stack: ExitStack, arguments: argparse.Namespace, orders: int) -> House:
    url = arguments.shops.filled(orders)
    known = database.shop(url)
    port = stack.enter_context(database.web(url))
    headers = {"API": {"Authorization": f"Bearer {known['key']}"}}
    for who, session in known["sessions"].items():
        headers[who] = {"Cookie": f"sessionid={session}"}
    pages = {FLOOR: ["/console/password_change/"]} | looking.pages(url)
    for name, path in looking.FOLLOWED.items():
        pages[name] = [_follow(port, path, headers["API"])]
    return House(orders, port, headers, pages)


def _follow(port: int, path: str, headers: Mapping[str, str]) -> str:
    """The address of a page that is reached by turning pages only: so many of them from the first, or the last one."""
    for _ in range(looking.TURNED):
        request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers=dict(headers))
        with urllib.request.urlopen(request) as answer:  # noqa: S310  (our own server)
            page = json.load(answer)
        if page["next_cursor"] is None:
            break
        path = looking.following(path, page)
    return path


def _ask(house: House, name: str, number: int) -> float:
    path = house.pages[name][number % len(house.pages[name])]
    who = name.partition(":")[0]
    headers = house.headers[who if who in house.headers else "console"]
    outcome = client.run(house.port, 1, iter([client.question(path, dict(headers))]))
    if set(outcome.statuses) != {200}:
        raise RuntimeError(f"{name}, {path}: {outcome.statuses}")
    return outcome.latencies[0]


def _figures(seconds: Sequence[float]) -> dict[str, float]:
    return {f"p{share:.0%}"[:-1] + "_ms": round(client.percentile(seconds, share) * 1000, 1) for share in (0.5, 0.95)}


def _bars(figures: Mapping[str, Mapping[str, Any]], sizes: Sequence[int]) -> list[Bar]:
    small, big = str(sizes[0]), str(sizes[-1])

    def worst(value: Mapping[str, float]) -> tuple[str, float]:
        return max(value.items(), key=lambda pair: pair[1])

    name, p95 = worst({name: row["p95_ms"] for name, row in figures[small].items()})
    bars = [Bar(f"slowest p95 at {sizes[0]:,} orders, ms", p95, most=MOST_MS, remark=name)]
    if small != big:
        name, p95 = worst({name: row["p95_ms"] for name, row in figures[big].items()})
        bars.append(Bar(f"slowest p95 at {sizes[-1]:,} orders, ms", p95, most=MOST_MS * MOST_GROWTH, remark=name))
        name, growth = worst(
            {name: row["p95_ms"] / figures[small][name]["p95_ms"] for name, row in figures[big].items()}
        )
        bars.append(Bar(f"most growth of a p95 from {sizes[0]:,}", round(growth, 2), most=MOST_GROWTH, remark=name))
    return bars


def _show(figures: Mapping[str, Mapping[str, Any]], sizes: Sequence[int], samples: int) -> None:
    table = Table(title=f"Pages over HTTP, {samples} of each, one after the other: milliseconds")
    table.add_column("page")
    for size in sizes:
        for share in ("p50", "p95"):
            table.add_column(f"{share} at {size:,}", justify="right")
    for name in figures[str(sizes[0])]:
        shown = [f"{figures[str(size)][name][f'{share}_ms']:.0f}" for size in sizes for share in ("p50", "p95")]
        table.add_row(name, *shown)
    Console(width=WIDTH).print(table)
