"""Seed a scratch database for the placements: `python -m bench.seed SKUS` prints what it made as JSON."""

from __future__ import annotations

import json
import sys

import django


def main() -> None:
    django.setup()
    from channels.models import ChannelLocation, SalesChannel
    from inventory.enums import MovementKind
    from inventory.models import InventoryItem, InventoryLevel, StockLocation
    from inventory.services import ledger
    from oms.core import actors
    from oms.core.transactions import atomic
    from oms.web import api_keys
    from orders.models import Customer

    channel = SalesChannel.objects.create(code="bench", name="Bench")
    places = [StockLocation.objects.create(code=f"w{number}", name=f"W{number}", priority=number) for number in (1, 2)]
    ChannelLocation.objects.bulk_create(ChannelLocation(channel=channel, location_id=place.pk) for place in places)
    items = InventoryItem.objects.bulk_create(
        InventoryItem(sku=f"SKU-{number:05d}", title=f"Thing {number}") for number in range(int(sys.argv[1]))
    )
    levels = InventoryLevel.objects.bulk_create(
        InventoryLevel(item=item, location=place) for item in items for place in places
    )
    with atomic():
        opening = [ledger.Movement(level_id=level.pk, kind=MovementKind.OPENING, on_hand=1_000_000) for level in levels]
        ledger.post(opening, actor=actors.SYSTEM)
    key = api_keys.create_api_key(title="bench", scopes=["orders:write", "orders:read"])
    customer = Customer.objects.create(email="ada@example.com")
    made = {
        "channel": channel.code,
        "channel_id": str(channel.pk),
        "customer": str(customer.pk),
        "key": key.secret,
        "items": {item.sku: str(item.pk) for item in items},
    }
    print(json.dumps(made))  # noqa: T201


if __name__ == "__main__":
    main()
