"""More orders than there are units of one sku, from several processes at once: how many are placed.

`python -m bench.oversell PORT KEY COUNT` is one of the processes: it places COUNT orders, two at a time, and prints how
many were taken and how many refused for want of stock. `python -m bench.oversell --make UNITS` makes the sku.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from typing import Any, Final

import psycopg

from bench import client

SKU: Final = "SCARCE"
UNITS: Final = 300
PROCESSES: Final = 4
_SHARE: Final = UNITS * 2 // PROCESSES
_REFUSED: Final = 400


def run(url: str, port: int, known: dict[str, Any]) -> dict[str, int]:
    """Twice as many orders as there are units. Placed orders and reserved units are counted in the database too."""
    from bench import database

    database.python(url, "bench.oversell", "--make", str(UNITS))
    command = [sys.executable, "-m", "bench.oversell", str(port), known["key"], str(_SHARE)]
    buyers = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(PROCESSES)]  # noqa: S603
    told = [json.loads(buyer.communicate()[0]) for buyer in buyers]
    with closing(psycopg.connect(url)) as connection:
        placed, reserved = connection.execute(_COUNTED, {"sku": SKU}).fetchone() or (0, 0)
    taken = sum(each["taken"] for each in told)
    if taken != placed:
        raise RuntimeError(f"{taken} orders were confirmed, {placed} are there")
    return {
        "units": UNITS,
        "processes": PROCESSES,
        "asked": _SHARE * PROCESSES,
        "placed": placed,
        "refused": sum(each["refused"] for each in told),
        "reserved": reserved,
    }


_COUNTED: Final = """
SELECT (SELECT count(*) FROM orders_orderline WHERE sku = %(sku)s)::int,
    (SELECT sum(reserved) FROM inventory_inventorylevel AS level JOIN inventory_inventoryitem AS item
        ON item.id = level.item_id WHERE item.sku = %(sku)s)::int
"""


def _requests(key: str, count: int) -> Iterator[bytes]:
    body = {
        "sales_channel": "bench",
        "currency_code": "usd",
        "email": "ada@example.com",
        "items": [{"sku": SKU, "quantity": 1, "unit_price": 12.5}],
    }
    request = client.message("/admin/orders", json.dumps(body).encode(), {"Authorization": f"Bearer {key}"})
    return iter([request] * count)


def _buy(port: int, key: str, count: int) -> dict[str, int]:
    outcome = client.run(port, 2, _requests(key, count))
    if unknown := set(outcome.statuses) - {200, _REFUSED}:
        raise SystemExit(f"statuses {unknown}")
    return {"taken": outcome.statuses.get(200, 0), "refused": outcome.statuses.get(_REFUSED, 0)}


def _make(units: int) -> None:
    """The sku, its units spread over two locations."""
    import django

    django.setup()
    from inventory.enums import MovementKind
    from inventory.models import InventoryItem, InventoryLevel, StockLocation
    from inventory.services import ledger
    from oms.core import actors
    from oms.core.transactions import atomic

    item = InventoryItem.objects.create(sku=SKU)
    levels = [InventoryLevel.objects.create(item=item, location=each) for each in StockLocation.objects.all()[:2]]
    with atomic():
        ledger.post(
            [
                ledger.Movement(level_id=level.pk, kind=MovementKind.OPENING, on_hand=share)
                for level, share in zip(levels, (units // 3, units - units // 3), strict=True)
            ],
            actor=actors.SYSTEM,
        )


def main() -> None:
    if sys.argv[1] == "--make":
        _make(int(sys.argv[2]))
    else:
        print(json.dumps(_buy(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]))))  # noqa: T201


if __name__ == "__main__":
    main()
