"""What the description of the API shows: one order, from its placing to its parcel."""

from __future__ import annotations

from typing import Any, Final

ORDER_ID: Final = "order_01m82tqn5hhtjdz5ewkpj1x380"
LINE_ID: Final = "ordli_01m82tqn5jt2jdmjptaz4mvkr6"
FULFILLMENT_ID: Final = "ful_01m82tqp1phcqadsbxpvrh3bse"
LOCATION_ID: Final = "sloc_01m82tqm04gqk557vx11dsym2n"
AT: Final = "2026-11-22T23:51:16.914Z"

PLACE: Final[dict[str, Any]] = {
    "sales_channel": "web",
    "external_id": "W-1001",
    "currency_code": "USD",
    "email": "ada@example.com",
    "shipping_address": {
        "first_name": "Ada",
        "last_name": "Byron",
        "address_1": "1 Way",
        "city": "London",
        "country_code": "gb",
    },
    "items": [{"sku": "LAMP", "quantity": 2, "unit_price": 12.5, "tax_lines": [{"name": "VAT", "rate": 20}]}],
    "shipping_methods": [{"name": "Standard", "amount": 5}],
}
MINIMAL: Final[dict[str, Any]] = {
    "id": ORDER_ID,
    "display_id": 1001,
    "status": "pending",
    "external_id": "W-1001",
    "currency_code": "usd",
    "total": 35,
    "revision": 1,
}
ORDER: Final[dict[str, Any]] = MINIMAL | {
    "payment_status": "not_paid",
    "fulfillment_status": "not_fulfilled",
    "email": "ada@example.com",
    "subtotal": 30,
    "tax_total": 5,
    "discount_total": 0,
    "items": [{"id": LINE_ID, "variant_sku": "LAMP", "quantity": 2, "unit_price": 12.5, "total": 30}],
    "created_at": AT,
}
ONE: Final[dict[str, Any]] = {"order": ORDER}
PAGE: Final[dict[str, Any]] = {"orders": [ORDER], "count": 1, "limit": 20, "offset": 0}
CANCELED: Final[dict[str, Any]] = {"order": ORDER | {"status": "canceled", "total": 0, "revision": 2}}
PACKED: Final[dict[str, Any]] = {
    "order": ORDER
    | {
        "fulfillment_status": "fulfilled",
        "revision": 2,
        "fulfillments": [{"id": FULFILLMENT_ID, "location_id": LOCATION_ID, "status": "packed", "labels": []}],
    }
}
LABELS: Final[list[dict[str, Any]]] = [
    {"tracking_number": "1Z999", "tracking_url": "https://example.com/1Z999", "label_url": "https://example.com/l.pdf"}
]
ITEMS: Final[list[dict[str, Any]]] = [{"id": LINE_ID, "quantity": 2}]
ACTOR: Final[dict[str, Any]] = {"kind": "api_key", "id": "apk_01m82tqn5hhtjdz5ewkpj1x380", "label": "Storefront"}
HOLD: Final[dict[str, Any]] = {
    "id": "hold_01m82tqn5hhtjdz5ewkpj1x380",
    "reason": "fraud",
    "note": "",
    "placed_at": AT,
    "placed_by": ACTOR,
    "release_at": None,
    "released_at": None,
    "released_by": None,
}
TIMELINE: Final[dict[str, Any]] = {
    "timeline": [
        {
            "id": "tml_01m82tqn5hhtjdz5ewkpj1x380",
            "occurred_at": AT,
            "actor": ACTOR,
            "action": "order.placed",
            "facts": {"total": "35.00 USD", "lines": 1},
            "changes": {},
        }
    ],
    "count": 1,
    "limit": 20,
    "offset": 0,
}
SOURCING: Final[dict[str, Any]] = {
    "sourcing": {
        "id": "srcdec_01m82tqn5hhtjdz5ewkpj1x380",
        "strategy": "fewest_parcels",
        "parcels": 1,
        "created_at": AT,
        "candidates": [
            {
                "location_id": LOCATION_ID,
                "code": "w1",
                "name": "W1",
                "priority": 1,
                "units_available": 2,
                "items_covered": 1,
                "units_taken": 2,
                "chosen": True,
                "reason": "has_everything",
            }
        ],
    }
}
BATCH: Final[dict[str, Any]] = {"orders": [PLACE]}
BATCH_ANSWER: Final[dict[str, Any]] = {
    "created": 1,
    "existing": 0,
    "refused": 0,
    "results": [{"index": 0, "status": "created", "id": ORDER_ID, "display_id": 1001, "external_id": "W-1001"}],
}
