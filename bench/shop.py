"""A small shop to sell from, in a process that has the scratch database.

`python -m bench.shop SKUS` makes it where it is not there yet, and prints what a client needs as JSON: a fresh key, a
fresh session of the console, and the ids of goods.
"""

from __future__ import annotations

import json
import sys
from typing import Any, Final

import django

# What clients sell through, and what a filled shop has sold through (sql/orders.sql).
CHANNELS: Final = {
    "bench": "Bench",
    "web": "Web shop",
    "market": "Market place",
    "till": "Till",
    "wholesale": "Wholesale",
}
WAITED_FOR: Final = 20  # items that are nowhere, and may be backordered
# Who packs at one location, and sees nothing else. Nothing was ever sent from the second one.
PACKERS: Final = {"one location": "w3", "a location without orders": "attic"}
# Who runs one sales channel. Nothing was ever sold through the second one.
MERCHANTS: Final = {"one channel": "till", "a channel without orders": "bench"}
HOT: Final = "HOT"
PLENTY: Final = 1_000_000


def main() -> None:
    django.setup()
    from channels.models import SalesChannel

    if not SalesChannel.objects.exists():
        _make(int(sys.argv[1]))
    print(json.dumps(_told()))  # noqa: T201


def _make(skus: int) -> None:
    """Three locations, of which the channel of the clients sells from two, plenty of each sku, and one hot sku."""
    from channels.models import ChannelLocation, SalesChannel
    from inventory.enums import MovementKind
    from inventory.models import InventoryItem, InventoryLevel, StockLocation
    from inventory.services import ledger
    from oms.core import actors
    from oms.core.transactions import atomic

    channels = SalesChannel.objects.bulk_create(SalesChannel(code=code, name=name) for code, name in CHANNELS.items())
    places = [
        StockLocation.objects.create(code=f"w{number}", name=f"W{number}", priority=number) for number in (1, 2, 3)
    ]
    ChannelLocation.objects.bulk_create(
        ChannelLocation(channel=channel, location_id=place.pk)
        for channel in channels
        for place in (places[:2] if channel.code == "bench" else places)
    )
    items = [InventoryItem(sku=f"SKU-{number:05d}", title=f"Thing {number}") for number in range(skus)]
    items.append(InventoryItem(sku=HOT, title="What everybody wants"))
    InventoryItem.objects.bulk_create(items)
    levels = InventoryLevel.objects.bulk_create(
        InventoryLevel(item=item, location=place) for item in items for place in places
    )
    with atomic():
        opening = [ledger.Movement(level_id=level.pk, kind=MovementKind.OPENING, on_hand=PLENTY) for level in levels]
        ledger.post(opening, actor=actors.SYSTEM)
    missing = InventoryItem.objects.bulk_create(
        InventoryItem(sku=f"WAIT-{number:02d}", title=f"Awaited {number}", allow_backorder=True)
        for number in range(WAITED_FOR)
    )
    InventoryLevel.objects.bulk_create(
        InventoryLevel(item=item, location=place) for item in missing for place in places
    )


def _told() -> dict[str, Any]:
    from django.contrib.auth import get_user_model

    from channels.models import SalesChannel
    from inventory.models import InventoryItem
    from oms.web import api_keys
    from orders.models import Customer
    from orders.services import sales

    sales.sum_up_sales()  # as beat has it done
    channel = SalesChannel.objects.get(code="bench")
    scopes = ["orders:write", "orders:read", "gift_cards:read", "store_credit:read"]
    key = api_keys.create_api_key(title="bench", scopes=scopes)
    customer, _ = Customer.objects.get_or_create(email="ada@example.com", defaults={"first_name": "Ada"})
    user, _ = get_user_model().objects.get_or_create(
        username="bench", defaults={"is_staff": True, "is_superuser": True, "email": "bench@example.com"}
    )
    return {
        "channel": channel.code,
        "channel_id": str(channel.pk),
        "customer": str(customer.pk),
        "key": key.secret,
        "sessions": {"console": _log_in(user)}
        | {name: _log_in(_packer(name, code)) for name, code in PACKERS.items()}
        | {name: _log_in(_merchant(name, code)) for name, code in MERCHANTS.items()},
        "items": {item.sku: str(item.pk) for item in InventoryItem.objects.filter(sku__startswith="SKU-")},
        "hot": str(InventoryItem.objects.get(sku=HOT).pk),
    }


def _packer(name: str, code: str) -> Any:
    """Somebody of the warehouse who sees one location only."""
    from inventory.models import StockLocation
    from oms.web.roles import WAREHOUSE

    place, _ = StockLocation.objects.get_or_create(code=code, defaults={"name": code})
    return _limited(name, WAREHOUSE, {"location_ids": [place.pk]})


def _merchant(name: str, code: str) -> Any:
    """A merchant who sees one channel only."""
    from channels.models import SalesChannel
    from oms.web.roles import MERCHANT

    return _limited(name, MERCHANT, {"channel_ids": [SalesChannel.objects.get(code=code).pk]})


def _limited(name: str, role: str, limits: dict[str, Any]) -> Any:
    from django.contrib.auth import get_user_model
    from django.contrib.auth.models import Group

    from oms.web.models import StaffLimits

    user, _ = get_user_model().objects.get_or_create(username=name.replace(" ", "-"), defaults={"is_staff": True})
    user.groups.add(Group.objects.get(name=role))
    StaffLimits.objects.get_or_create(user=user, defaults=limits)
    return user


def _log_in(user: Any) -> str:
    """A session of the console as logging in makes it; its key."""
    from importlib import import_module

    from django.conf import settings
    from django.contrib.auth import login
    from django.http import HttpRequest

    request = HttpRequest()
    request.META["REMOTE_ADDR"] = "127.0.0.1"
    request.session = import_module(settings.SESSION_ENGINE).SessionStore()
    login(request, user, backend=settings.AUTHENTICATION_BACKENDS[0])
    request.session.save()
    return str(request.session.session_key)


if __name__ == "__main__":
    main()
