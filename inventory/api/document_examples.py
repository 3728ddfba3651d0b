"""What the description of the API shows of documents of stock."""

from __future__ import annotations

from typing import Any, Final

from inventory.api.examples import AT, ITEM_ID, LOCATION_ID

ARRIVAL_LINE_ID: Final = "sarrli_01m82tqm127nestv60stk3a73c"
OTHER_LOCATION_ID: Final = "sloc_01m82tqm04gqk557vx11dsym2p"
_HEAD: Final[dict[str, Any]] = {
    "number": 1001,
    "revision": 2,
    "reference": "PO-7",
    "note": "",
    "created_at": AT,
    "updated_at": AT,
}
_ITEM: Final[dict[str, Any]] = {"inventory_item_id": ITEM_ID, "sku": "LAMP"}

ARRIVAL: Final[dict[str, Any]] = {
    **_HEAD,
    "id": "sarr_01m82tqm127nestv60stk3a73d",
    "status": "receiving",
    "location_id": LOCATION_ID,
    "expected_on": "2026-12-01",
    "items": [
        {
            **_ITEM,
            "id": ARRIVAL_LINE_ID,
            "expected_quantity": 10,
            "received_quantity": 4,
            "damaged_quantity": 1,
            "outstanding_quantity": 5,
        }
    ],
    "closed_at": None,
}
TRANSFER: Final[dict[str, Any]] = {
    **_HEAD,
    "id": "stra_01m82tqm127nestv60stk3a73e",
    "status": "sent",
    "source_location_id": LOCATION_ID,
    "target_location_id": OTHER_LOCATION_ID,
    "loss_reason": "",
    "items": [
        {
            **_ITEM,
            "id": "strali_01m82tqm127nestv60stk3a73f",
            "quantity": 5,
            "received_quantity": 0,
            "lost_quantity": 0,
            "returned_quantity": 0,
            "outstanding_quantity": 5,
        }
    ],
    "sent_at": AT,
    "closed_at": None,
}
COUNT: Final[dict[str, Any]] = {
    **_HEAD,
    "id": "scnt_01m82tqm127nestv60stk3a73g",
    "status": "open",
    "location_id": LOCATION_ID,
    "items": [
        {
            **_ITEM,
            "id": "scntli_01m82tqm127nestv60stk3a73h",
            "expected_quantity": 5,
            "counted_quantity": 4,
            "difference": -1,
            "counted_at": AT,
        }
    ],
    "applied_at": None,
}
SHORTAGE: Final[dict[str, Any]] = {
    **_ITEM,
    "id": "sshort_01m82tqm127nestv60stk3a73j",
    "location_id": LOCATION_ID,
    "stock_count_id": COUNT["id"],
    "reservation_id": "resitem_01m82tqm2r199p396q0v09mmty",
    "order_id": None,
    "line_item_id": None,
    "quantity": 1,
    "note": "",
    "raised_at": AT,
    "settled_at": None,
}
ALERT: Final[dict[str, Any]] = {
    **_ITEM,
    "id": "slow_01m82tqm127nestv60stk3a73k",
    "location_id": LOCATION_ID,
    "threshold": 4,
    "available_quantity": 4,
    "raised_at": AT,
    "cured_at": None,
}
ITEMS: Final[list[dict[str, Any]]] = [{"inventory_item_id": ITEM_ID, "quantity": 5}]
EXPECT: Final[dict[str, Any]] = {"location_id": LOCATION_ID, "reference": "PO-7", "items": ITEMS}
SEND: Final[dict[str, Any]] = {
    "source_location_id": LOCATION_ID,
    "target_location_id": OTHER_LOCATION_ID,
    "items": ITEMS,
}
RECEIVE: Final[dict[str, Any]] = {"items": [{"id": ARRIVAL_LINE_ID, "quantity": 4, "damaged_quantity": 1}]}
COUNTED: Final[dict[str, Any]] = {"location_id": LOCATION_ID, "items": ITEMS}
