"""Sources to be visited, and what a visit leaves."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from channels.models import OrderSource, SourceRun
from channels.services import source_runs, sources
from orders.models import OrderLine
from tests.channels.importing import retail
from tests.order_server import OrderServer


@contextmanager
def serving(count: int = 0, page_size: int = 10, faults: list[str] | None = None) -> Iterator[OrderServer]:
    """A shop that serves its orders from a thread of this process."""
    server = OrderServer(count, page_size, faults)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def http_source(server: OrderServer, path: str = "/orders", **fields: Any) -> OrderSource:
    return _saved({"kind": "http", "address": f"{server.url}{path}"} | fields)


def folder_source(path: Any, **fields: Any) -> OrderSource:
    return _saved({"kind": "folder", "address": str(path)} | fields)


def _saved(fields: dict[str, Any]) -> OrderSource:
    channel = fields.pop("channel", None) or retail()
    every = fields.pop("every_minutes", 15)
    return sources.save_source(source=OrderSource(**{"name": "Acme", "channel": channel} | fields), every_minutes=every)


def visit(source: OrderSource) -> SourceRun:
    """What the schedule does."""
    run = source_runs.run_source(source_id=source.pk, by_schedule=True)
    assert run is not None
    source.refresh_from_db()
    return run


def counted(run: SourceRun) -> tuple[str, int, int, int, int]:
    """Status, and records created, revised, unchanged, rejected."""
    return run.status, run.created, run.revised, run.unchanged, run.rejected


def stored() -> dict[str, int]:
    """Every order that was brought in, with the quantity of its only line."""
    rows = OrderLine.objects.values_list("order__external_id", "quantity")
    found = dict(rows)
    assert len(found) == rows.count()
    return found


def in_books(server: OrderServer) -> dict[str, int]:
    return {name: order["quantity"] for name, order in server.books.orders.items()}
