"""Placements of 3 lines over HTTP: many skus, one hot sku, few and many orders there; beside two floors.

The floors write the same rows, told what to write: one PL/pgSQL call, and a bare Django view with bulk_create.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass
from typing import Any, Final

import psycopg
from rich.console import Console
from rich.table import Table

from bench import client, database, oversell
from bench.bars import WIDTH, Bar, Report
from bench.shop import HOT

CLIENTS: Final = 8
MANY_CLIENTS: Final = 32
_CALLS_AN_ORDER: Final = 5  # the floor of SQL is that much quicker, and would be over before it has begun


@dataclass(frozen=True, slots=True)
class Shop:
    """A database with its web server, and what a client of it knows."""

    url: str
    port: int
    known: dict[str, Any]


Measured = tuple[float, list[float]]  # placements a second, seconds of each


def run(arguments: argparse.Namespace) -> Report:
    """Rounds of everything in turn, so that a noisy neighbour meets all; each ratio is the middle one of its rounds."""
    with ExitStack() as stack:
        few = _open(stack, stack.enter_context(arguments.shops.empty("placements")))
        full = _open(stack, arguments.shops.filled(max(arguments.sizes)))
        kinds = _kinds(few, full, arguments.placements)
        for measure in kinds.values():  # warms the workers up
            measure(100, 0)
        rounds: dict[str, list[Measured]] = {name: [] for name in kinds}
        for number in range(1, arguments.rounds + 1):
            for name in list(kinds) if number % 2 else reversed(kinds):
                rounds[name].append(kinds[name](arguments.placements, number))
        sold = oversell.run(few.url, few.port, few.known)
    figures = {name: _figures(rounds[name], rounds["Django view"]) for name in kinds}
    orders = max(arguments.sizes)
    _show(figures, sold, arguments.placements)
    about = {"skus": database.SKUS, "orders_there": orders, "placements_per_round": arguments.placements}
    return Report(about | {"kinds": figures, "oversell": sold}, _bars(rounds, sold, orders))


def _open(stack: ExitStack, url: str) -> Shop:
    return Shop(url, stack.enter_context(database.web(url)), database.shop(url))


def _kinds(few: Shop, full: Shop, count: int) -> dict[str, Callable[[int, int], Measured]]:
    """What is measured, by name: called with how many placements, and the number of the round."""

    def http(shop: Shop, path: str, clients: int = CLIENTS, *, hot: bool = False) -> Callable[[int, int], Measured]:
        def measure(many: int, seed: int) -> Measured:
            requests = [_request(path, shop, body) for body in _bodies(shop, many, seed, hot=hot)]
            outcome = client.run(shop.port, clients, iter(requests))
            if set(outcome.statuses) != {200}:
                raise RuntimeError(f"{path}: {outcome.statuses}")
            return outcome.rate, outcome.latencies

        return measure

    return {
        "PL/pgSQL call": lambda many, seed: _call(few, list(_bodies(few, many * _CALLS_AN_ORDER, seed))),
        "Django view": http(few, "/bench/floor"),
        "many skus": http(few, "/admin/orders"),
        "many skus, 32 clients": http(few, "/admin/orders", MANY_CLIENTS),
        "one hot sku": http(few, "/admin/orders", hot=True),
        "one hot sku, 32 clients": http(few, "/admin/orders", MANY_CLIENTS, hot=True),
        "many skus, many orders there": http(full, "/admin/orders"),
    }


def _bodies(shop: Shop, count: int, seed: int, *, hot: bool = False) -> Iterator[bytes]:
    chooser = random.Random(seed)  # noqa: S311  (no secret)
    skus = list(shop.known["items"].items())
    for _ in range(count):
        chosen = chooser.sample(skus, 3)
        if hot:
            chosen[1] = (HOT, shop.known["hot"])
        items = [{"sku": sku, "quantity": 1, "unit_price": 12.5, "metadata": {"item": item}} for sku, item in chosen]
        body = {
            "sales_channel": shop.known["channel"],
            "currency_code": "usd",
            "email": "ada@example.com",
            "items": items,
            "payments": [{"amount": 37.5, "method": "card", "reference": "x"}],
            "metadata": {"channel": shop.known["channel_id"], "customer": shop.known["customer"]},
        }
        yield json.dumps(body).encode()


def _request(path: str, shop: Shop, body: bytes) -> bytes:
    return client.message(path, body, {"Authorization": f"Bearer {shop.known['key']}"})


def _call(shop: Shop, bodies: Sequence[bytes]) -> Measured:
    """The floor in the database: CLIENTS connections, each call a transaction of its own."""
    shares = [[body.decode() for body in bodies[number::CLIENTS]] for number in range(CLIENTS)]

    def work(share: Sequence[str]) -> list[float]:
        seconds = []
        with closing(psycopg.connect(shop.url, autocommit=True, prepare_threshold=0)) as connection:
            for body in share:
                began = time.perf_counter()
                connection.execute("SELECT bench_place(%s::jsonb)", [body])
                seconds.append(time.perf_counter() - began)
        return seconds

    began = time.perf_counter()
    with ThreadPoolExecutor(CLIENTS) as pool:
        latencies = [each for share in pool.map(work, shares) for each in share]
    return len(latencies) / (time.perf_counter() - began), latencies


def _middle_ratio(rounds: dict[str, list[Measured]], name: str, floor: str) -> float:
    pairs = zip(rounds[name], rounds[floor], strict=True)
    return round(statistics.median(mine[0] / theirs[0] for mine, theirs in pairs), 3)


def _figures(measured: Sequence[Measured], floor: Sequence[Measured]) -> dict[str, Any]:
    latencies = [each for _, seconds in measured for each in seconds]
    return {
        "per_second": round(statistics.median(rate for rate, _ in measured), 1),
        "p50_ms": round(client.percentile(latencies, 0.5) * 1000, 1),
        "p95_ms": round(client.percentile(latencies, 0.95) * 1000, 1),
        "of_the_django_view": _middle_ratio({"it": list(measured), "floor": list(floor)}, "it", "floor"),
        "all_rounds": [round(rate, 1) for rate, _ in measured],
    }


def _bars(rounds: dict[str, list[Measured]], sold: dict[str, int], orders: int) -> list[Bar]:
    def ratio(name: str, floor: str) -> float:
        return _middle_ratio(rounds, name, floor)

    here = f"{CLIENTS} clients, middle one of {len(rounds['many skus'])} rounds"
    return [
        Bar("placement of the Django view (aim 0.8)", ratio("many skus", "Django view"), least=0.5, remark=here),
        Bar("hot sku of many skus", ratio("one hot sku", "many skus"), least=0.8, remark=here),
        Bar(
            f"placement with {orders:,} orders of its rate with few",
            ratio("many skus, many orders there", "many skus"),
            least=0.9,
            remark=here,
        ),
        Bar(
            "orders for the units of a hot sku, of its units",
            sold["placed"] / sold["units"],
            least=1,
            most=1,
            remark=f"{sold['units']} units, {sold['asked']} orders from {sold['processes']} processes",
        ),
    ]


def _show(figures: dict[str, dict[str, Any]], sold: dict[str, int], count: int) -> None:
    table = Table(title=f"Placements of 3 lines, {count} a round; over HTTP: gunicorn, 2 workers, {CLIENTS} clients")
    for column in ("what", "per second", "p50 ms", "p95 ms", "of the Django view"):
        table.add_column(column, justify="left" if column == "what" else "right")
    for name, row in figures.items():
        shown = (
            f"{row['per_second']:,.1f}",
            str(row["p50_ms"]),
            str(row["p95_ms"]),
            f"{row['of_the_django_view']:.2f}",
        )
        table.add_row(name, *shown)
    Console(width=WIDTH).print(table)
    Console(width=WIDTH).print(
        f"Oversell: {sold['asked']} orders from {sold['processes']} processes for {sold['units']} units: "
        f"{sold['placed']} placed, {sold['refused']} refused, {sold['reserved']} units reserved."
    )
