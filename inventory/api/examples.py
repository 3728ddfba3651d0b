"""What the description of the API shows of stock."""

from __future__ import annotations

from typing import Any, Final

AT: Final = "2026-11-22T23:51:15.747Z"
ITEM_ID: Final = "iitem_01m82tqm127nestv60stk3a73b"
LOCATION_ID: Final = "sloc_01m82tqm04gqk557vx11dsym2n"
RESERVATION_ID: Final = "resitem_01m82tqm2r199p396q0v09mmty"

ITEM: Final[dict[str, Any]] = {
    "id": ITEM_ID,
    "sku": "LAMP",
    "title": "Lantern",
    "requires_shipping": True,
    "stocked_quantity": 5,
    "reserved_quantity": 1,
    "location_levels": [],
    "is_kit": False,
    "components": [],
    "location_kits": [],
    "created_at": AT,
}
LOCATION: Final[dict[str, Any]] = {
    "id": LOCATION_ID,
    "name": "W1",
    "code": "w1",
    "is_active": True,
    "priority": 100,
    "address": {"address_1": "1 Quay", "country_code": "us"},
    "created_at": AT,
}
LEVEL: Final[dict[str, Any]] = {
    "id": "ilev_01m82tqm1zh4h9gr3527x9czsa",
    "inventory_item_id": ITEM_ID,
    "location_id": LOCATION_ID,
    "stocked_quantity": 5,
    "reserved_quantity": 1,
    "available_quantity": 4,
    "incoming_quantity": 0,
}
RESERVATION: Final[dict[str, Any]] = {
    "id": RESERVATION_ID,
    "inventory_item_id": ITEM_ID,
    "location_id": LOCATION_ID,
    "quantity": 1,
    "line_item_id": None,
    "description": "set aside",
    "expires_at": None,
    "is_kept": False,
    "created_at": AT,
}
CREATE_ITEM: Final[dict[str, Any]] = {"sku": "LAMP", "title": "Lantern"}
CREATE_LOCATION: Final[dict[str, Any]] = {"name": "W1", "address": {"address_1": "1 Quay", "country_code": "us"}}
STOCK: Final[dict[str, Any]] = {"create": [{"location_id": LOCATION_ID, "stocked_quantity": 5}]}
RESERVE: Final[dict[str, Any]] = {
    "inventory_item_id": ITEM_ID,
    "location_id": LOCATION_ID,
    "quantity": 1,
    "description": "set aside",
}


def page(name: str, row: dict[str, Any]) -> dict[str, Any]:
    return {name: [row], "count": 1, "limit": 20, "offset": 0}
