"""What the description of the API shows: one payment, from its session to a refund."""

from __future__ import annotations

from typing import Any, Final

AT: Final = "2026-11-22T23:51:16.988Z"
ORDER_ID: Final = "order_01m82tqn5hhtjdz5ewkpj1x380"
PAYMENT_ID: Final = "pay_01m82tqn7w3tqt0d4bwh8xq78w"
COLLECTION_ID: Final = "pay_col_01m82tqn5hhtjdz5ewkpj1x380"
SESSION_ID: Final = "payses_01m82tqn2tyv08d9eh0x16xztd"
ACTOR: Final[dict[str, Any]] = {"kind": "staff", "id": "1", "label": "ada"}
CAPTURE: Final[dict[str, Any]] = {
    "id": "capt_01m82tqpmqgq92b96fnp66qhvt",
    "payment_id": PAYMENT_ID,
    "amount": 21,
    "created_by": "1",
    "created_at": AT,
    "updated_at": AT,
}
PAYMENT: Final[dict[str, Any]] = {
    "id": PAYMENT_ID,
    "payment_collection_id": COLLECTION_ID,
    "payment_session_id": SESSION_ID,
    "order_id": ORDER_ID,
    "currency_code": "usd",
    "amount": 41,
    "provider_id": "manual",
    "status": "authorized",
    "captured_amount": 0,
    "refunded_amount": 0,
    "capturable_amount": 41,
    "refundable_amount": 0,
    "pending_amount": 0,
    "captures": [],
    "refunds": [],
    "attempts": [],
    "captured_at": None,
    "created_at": AT,
}
CAPTURED: Final[dict[str, Any]] = PAYMENT | {
    "status": "partially_captured",
    "captured_amount": 21,
    "capturable_amount": 20,
    "refundable_amount": 21,
    "captures": [CAPTURE],
}
REASON: Final[dict[str, Any]] = {"id": "goodwill", "code": "goodwill", "label": "goodwill"}
REFUNDED: Final[dict[str, Any]] = CAPTURED | {
    "status": "partially_refunded",
    "refunded_amount": 5,
    "refundable_amount": 16,
    "refunds": [
        CAPTURE
        | {
            "id": "ref_01m82tqprgv7m0vzqd2jzjq5x1",
            "amount": 5,
            "note": "Scratched",
            "refund_reason_id": "goodwill",
            "refund_reason": REASON,
        }
    ],
}
ATTEMPT: Final[dict[str, Any]] = {
    "id": "payatt_01m82tqpmqgq92b96fnp66qhvt",
    "act": "capture",
    "state": "succeeded",
    "amount": 21,
    "currency_code": "usd",
    "payment_id": PAYMENT_ID,
    "payment_session_id": SESSION_ID,
    "code": None,
    "message": None,
    "actor": ACTOR,
    "created_at": AT,
    "settled_at": AT,
}
EVENT: Final[dict[str, Any]] = {
    "id": "payevt_01m82tqpmqgq92b96fnp66qhvt",
    "provider_id": "manual",
    "reference": "manual_payses_01m82tqn2tyv08d9eh0x16xztd",
    "act": "capture",
    "outcome": "succeeded",
    "amount": 21,
    "currency_code": "usd",
    "source": "call",
    "problem": None,
    "recorded_at": AT,
}
SESSION: Final[dict[str, Any]] = {
    "id": SESSION_ID,
    "payment_collection_id": COLLECTION_ID,
    "provider_id": "manual",
    "currency_code": "usd",
    "amount": 41,
    "status": "pending",
    "data": {},
    "context": {},
    "created_at": AT,
}
AUTHORIZED: Final[dict[str, Any]] = SESSION | {"status": "authorized", "authorized_at": AT, "payment": PAYMENT}
COLLECTION: Final[dict[str, Any]] = {
    "id": COLLECTION_ID,
    "order_id": ORDER_ID,
    "currency_code": "usd",
    "status": "not_paid",
    "amount": 41,
    "authorized_amount": 0,
    "captured_amount": 0,
    "refunded_amount": 0,
    "payments": [],
    "payment_sessions": [],
    "created_at": AT,
}
PAID: Final[dict[str, Any]] = COLLECTION | {
    "status": "completed",
    "authorized_amount": 41,
    "captured_amount": 41,
    "payments": [
        CAPTURED | {"status": "captured", "captured_amount": 41, "captures": [CAPTURE | {"amount": 41}]},
    ],
}
PROVIDER: Final[dict[str, Any]] = {
    "id": "manual",
    "is_enabled": True,
    "title": "Cash, bank transfer, cash on delivery",
    "can_capture_in_parts": True,
    "can_refund_in_parts": True,
    "can_void": True,
}
