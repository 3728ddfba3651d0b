"""One import in a process of its own: `python -m bench.importing FILE STOCK` prints seconds, CPU and peak memory.

The peak is that of all its processes added up, though they share some of it.

`python -m bench.importing --seed SKUS` puts the goods of the files into the shop first.
"""

from __future__ import annotations

import contextlib
import json
import resource
import sys
import time
from pathlib import Path
from typing import Any

import django


def seed(skus: int) -> None:
    """What the generated files sell, more than enough of each at one location of the channel."""
    from bench.data import sku
    from bench.shop import PLENTY
    from channels.models import SalesChannel
    from inventory.enums import MovementKind
    from inventory.models import InventoryItem, InventoryLevel, StockLocation
    from inventory.services import ledger
    from oms.core import actors
    from oms.core.transactions import atomic

    SalesChannel.objects.filter(code="bench").update(time_zone="Europe/London", default_currency="GBP")
    place = StockLocation.objects.get(code="w1")
    items = InventoryItem.objects.bulk_create(InventoryItem(sku=sku(number)) for number in range(skus))
    levels = InventoryLevel.objects.bulk_create(InventoryLevel(item=item, location=place) for item in items)
    with atomic():
        opening = [ledger.Movement(level_id=each.pk, kind=MovementKind.OPENING, on_hand=PLENTY) for each in levels]
        ledger.post(opening, actor=actors.SYSTEM)


def run(path: Path, stock: str, workers: int | None = None) -> dict[str, Any]:
    from django.db import connection

    from channels.enums import StockPolicy
    from channels.models import ImportRun
    from channels.services.imports import Wish, import_file
    from oms.core import actors

    connection.ensure_connection()
    wall, cpu = time.perf_counter(), _cpu_seconds()
    outcome = import_file(
        wish=Wish(path=path, channel="bench", stock=StockPolicy(stock), workers=workers), actor=actors.SYSTEM
    )
    return {
        "seconds": time.perf_counter() - wall,
        "cpu_seconds": _cpu_seconds() - cpu,
        "workers": (count := ImportRun.objects.get(pk=outcome.run_id).workers),
        "peak_mb": _peak_mb() + (count - 1) * resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024,
        "created": outcome.figures.as_dict()["created"],
        "rejects": outcome.figures.rejects,
    }


def _cpu_seconds() -> float:
    """Of this process and of its workers that have ended."""
    workers = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + workers.ru_utime + workers.ru_stime


def _peak_mb() -> float:
    """Of this program alone: ru_maxrss would start with what its parent had when it forked."""
    with contextlib.suppress(FileNotFoundError):  # no /proc
        status = Path("/proc/self/status").read_text()
        return int(status.split("VmHWM:")[1].split()[0]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    django.setup()
    if sys.argv[1] == "--seed":
        seed(int(sys.argv[2]))
    else:
        print(json.dumps(run(Path(sys.argv[1]), sys.argv[2])))  # noqa: T201


if __name__ == "__main__":
    main()
