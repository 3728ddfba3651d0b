"""What the description of the API shows of gift cards and store credit."""

from __future__ import annotations

from typing import Any, Final

AT: Final = "2026-11-22T23:51:16.988Z"
CODE: Final = "7H2K-0QXV-M94T-ZC3D"
_BY: Final = {"kind": "staff", "id": "1", "label": "clerk"}
_CUSTOMER_ID: Final = "cus_01m82tqn5hhtjdz5ewkpj1x380"

GIFT_CARD: Final[dict[str, Any]] = {
    "id": "gcard_01m82tqn7w3tqt0d4bwh8xq78w",
    "code": "",
    "last_four": "ZC3D",
    "status": "active",
    "currency_code": "usd",
    "value": 50,
    "balance": 35.5,
    "available": 35.5,
    "expires_at": None,
    "disabled_at": None,
    "recipient": "",
    "note": "",
    "order_id": None,
    "line_item_id": None,
    "created_by": _BY,
    "created_at": AT,
    "updated_at": AT,
}
ACCOUNT: Final[dict[str, Any]] = {
    "id": "scacc_01m82tqn7w3tqt0d4bwh8xq78w",
    "customer_id": _CUSTOMER_ID,
    "currency_code": "usd",
    "balance": 20,
    "created_at": AT,
    "updated_at": AT,
}
ENTRY: Final[dict[str, Any]] = {
    "id": "gcardent_01m82tqn7w3tqt0d4bwh8xq78w",
    "number": 2,
    "kind": "redeemed",
    "amount": -14.5,
    "balance": 35.5,
    "reason": "",
    "note": "",
    "reference": "gift_card_payses_01m82tqn5hhtjdz5ewkpj1x380",
    "attempt_id": "payatt_01m82tqn5hhtjdz5ewkpj1x380",
    "created_by": {"kind": "system", "id": "system", "label": "System"},
    "created_at": AT,
}
CREATE_GIFT_CARD: Final[dict[str, Any]] = {"value": 50, "currency_code": "usd", "recipient": "ada@example.com"}
ADJUST: Final[dict[str, Any]] = {"amount": -5, "reason": "correction", "note": "Issued twice"}
ISSUE: Final[dict[str, Any]] = {
    "customer_id": _CUSTOMER_ID,
    "amount": 20,
    "currency_code": "usd",
    "reason": "goodwill",
    "note": "Parcel was late",
}
MOVE: Final[dict[str, Any]] = {"amount": 5, "reason": "goodwill"}


def page(name: str, row: dict[str, Any]) -> dict[str, Any]:
    return {name: [row], "count": 1, "limit": 20, "offset": 0}
