"""Placements of 3 lines over HTTP, beside a bare Django view that writes the same rows with bulk_create."""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Iterator
from typing import Any

from rich.console import Console
from rich.table import Table

from bench import client, database

SKUS = 2_000


def run(arguments: argparse.Namespace) -> dict[str, Any]:
    """Rounds of floor and placement in turn, so that a noisy neighbour meets both; the best round of each counts."""
    results: dict[str, Any] = {"skus": SKUS, "orders_per_round": arguments.orders, "clients": arguments.clients}
    with database.scratch("bench_placements") as url, database.web(url) as port:
        shop = _seed(url)
        kinds = {"floor": "/bench/floor", "placement": "/admin/orders"}
        rounds: dict[str, list[client.Outcome]] = {kind: [] for kind in kinds}
        for path in kinds.values():  # warm the workers up
            client.run(port, arguments.clients, _requests(path, shop, 200, seed=0))
        for number in range(arguments.rounds):
            for kind, path in kinds.items():
                outcome = client.run(
                    port, arguments.clients, iter(list(_requests(path, shop, arguments.orders, seed=number + 1)))
                )
                if set(outcome.statuses) != {200}:
                    raise RuntimeError(f"{kind}: {outcome.statuses}")
                rounds[kind].append(outcome)
    for kind, outcomes in rounds.items():
        best = max(outcomes, key=lambda outcome: outcome.rate)
        results[kind] = {
            "per_second": round(best.rate, 1),
            "p50_ms": round(best.percentile(0.5) * 1000, 1),
            "p95_ms": round(best.percentile(0.95) * 1000, 1),
            "all_rounds": [round(outcome.rate, 1) for outcome in outcomes],
        }
    results["ratio"] = round(results["placement"]["per_second"] / results["floor"]["per_second"], 3)
    _show(results)
    return results


def _seed(url: str) -> dict[str, Any]:
    """Two locations, many skus, one channel, one key, made by a process that has the scratch database."""
    shop: dict[str, Any] = json.loads(database.python(url, "bench.seed", str(SKUS)))
    return shop


def _requests(path: str, shop: dict[str, Any], count: int, *, seed: int) -> Iterator[bytes]:
    chooser = random.Random(seed)  # noqa: S311  (no secret)
    headers = {"Authorization": f"Bearer {shop['key']}"}
    skus = list(shop["items"].items())
    for _ in range(count):
        items = [
            {"sku": sku, "quantity": 1, "unit_price": 12.5, "metadata": {"item": item}}
            for sku, item in chooser.sample(skus, 3)
        ]
        body = {
            "sales_channel": shop["channel"],
            "currency_code": "usd",
            "email": "ada@example.com",
            "items": items,
            "payments": [{"amount": 37.5, "method": "card", "reference": "x"}],
            "metadata": {"channel": shop["channel_id"], "customer": shop["customer"]},
        }
        yield client.message(path, json.dumps(body).encode(), headers)


def _show(results: dict[str, Any]) -> None:
    table = Table(title=f"Placements of 3 lines over HTTP, {results['clients']} clients, 2 workers")
    for column in ("what", "per second", "p50 ms", "p95 ms", "of the floor"):
        table.add_column(column, justify="left" if column == "what" else "right")
    floor = results["floor"]["per_second"]
    for kind in ("floor", "placement"):
        row = results[kind]
        share = f"{row['per_second'] / floor:.2f}"
        table.add_row(kind, str(row["per_second"]), str(row["p50_ms"]), str(row["p95_ms"]), share)
    Console().print(table)
