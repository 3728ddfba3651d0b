"""A process that places orders, each with a hold that is lifted again: three events an order.

    python -m tests.flows.shopping CHANNEL COUNT REGRETTED

Every third time it also asks for more than there is, and places an order that is rolled back when it is recorded
already; the ids of those are appended to the file REGRETTED.
"""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path

import django


class Regret(Exception):
    """What takes a whole order back."""


def main(channel: str, count: int, regretted: Path) -> None:
    django.setup()
    from channels.services.selling import selling
    from inventory.errors import InsufficientStock
    from oms.core import ids
    from oms.core.transactions import atomic
    from orders.enums import HoldReason
    from orders.services.holds import place_hold, release_hold
    from orders.services.placement import place_order
    from tests.scenarios import STAFF, request

    for number in range(count):
        placed = place_order(request=request({"LAMP": 1}), selling=selling(channel), actor=STAFF)
        if number % 3 == 0:
            with contextlib.suppress(InsufficientStock):
                place_order(request=request({"LAMP": 1_000_000}), selling=selling(channel), actor=STAFF)
            with contextlib.suppress(Regret), atomic():
                never = place_order(request=request({"LAMP": 1}), selling=selling(channel), actor=STAFF)
                with regretted.open("a") as file:
                    print(ids.encode(ids.ORDER, never.order_id), file=file)
                raise Regret
        hold = place_hold(order_id=placed.order_id, reason=HoldReason.ADDRESS, actor=STAFF)
        release_hold(order_id=placed.order_id, hold_id=hold.pk, actor=STAFF)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))
