"""Money that staff take and give themselves, over the API."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from orders.models import CreditLine, Order
from payments.models import Payment, PaymentAttempt, PaymentCollection
from tests.api import Api, key, pointers, problem
from tests.paying import promised
from tests.scenarios import nothing_moves, placed_order, recorded_events, shop

pytestmark = pytest.mark.django_db


@pytest.fixture
def order() -> Order:
    """Worth 100.00."""
    return placed_order(shop({"W1": {"LAMP": 50}}), {"LAMP": 10})


def ask(path: str, body: Any = None, name: str = "payment", **headers: str) -> Any:
    answer = Api().post(path, body or {}, **headers)
    assert answer.status_code == 200, answer.content
    return answer.json()[name]


def money(order: Order) -> tuple[str, Decimal, Decimal]:
    """Payment status, total and balance."""
    order.refresh_from_db()
    return order.payment_status, order.total, order.balance.amount


def test_what_is_authorized_is_taken_in_parts_and_the_order_shows_them(order):
    payment = promised(order)
    here = f"/admin/payments/{payment.public_id}"

    first = ask(f"{here}/capture", {"amount": 70})
    rest = ask(f"{here}/capture")

    (collection,) = Api().get(f"/admin/orders/{order.public_id}").json()["order"]["payment_collections"]
    assert ([each["amount"] for each in first["captures"]], first["captured_at"]) == ([70], None)
    assert (first["status"], first["capturable_amount"], first["refundable_amount"]) == ("partially_captured", 30, 70)
    assert [each["amount"] for each in rest["captures"]] == [70, 30]
    assert (rest["status"], rest["captured_at"] is not None, rest["attempts"]) == ("captured", True, [])
    assert (collection["status"], collection["captured_amount"], collection["payments"]) == ("completed", 100, [rest])
    assert money(order) == ("captured", 100, 0)
    assert {each["id"].partition("_")[2] for each in rest["captures"]} == {
        each.public_id.partition("_")[2] for each in PaymentAttempt.objects.filter(act="capture")
    }


@pytest.mark.parametrize(
    ("step", "body", "refused"),
    [
        ("capture", {"amount": 100.01}, (400, "invalid_data", "capture_exceeds_authorization")),
        ("capture", {"amount": 0}, (400, "invalid_data", "amount_not_positive")),
        ("capture", {"amount": -1}, (400, "invalid_data", "amount_not_positive")),
        ("capture", {"amount": 0.001}, (400, "invalid_data", "amount_not_positive")),
        ("capture", {"amount": "NaN"}, (400, "invalid_data", "invalid_input")),
        ("capture", {"amount": 1e300}, (400, "invalid_data", "invalid_input")),
        ("capture", {"amount": 1, "amuont": 1}, (400, "invalid_data", "invalid_input")),
        ("refund", {"amount": 60.01}, (400, "invalid_data", "refund_exceeds_capture")),
        ("refund", {"amount": 1, "refund_reason_id": "provider"}, (400, "invalid_data", "invalid_input")),
        ("refund-preview", {"amount": 60.01}, (400, "invalid_data", "refund_exceeds_capture")),
    ],
)
def test_wrong_amounts_are_refused_and_nothing_moves(order, step, body, refused):
    payment = promised(order, captured=[60])
    api = Api()

    with nothing_moves():
        answer = api.post(f"/admin/payments/{payment.public_id}/{step}", body)

    assert problem(answer) == refused


def test_what_was_taken_elsewhere_is_moved_there(order):
    payment = Payment.objects.create(order=order, currency="USD", amount=50, captured=50)
    api = Api()

    with nothing_moves():
        told = [api.post(f"/admin/payments/{payment.public_id}/{step}") for step in ("capture", "refund", "void")]

    assert {problem(each) for each in told} == {(400, "not_allowed", "payment_recorded_elsewhere")}


def test_a_refund_lowers_what_the_order_is_worth_by_what_was_not_owed_as_its_preview_says(order):
    payment = promised(order, captured=[100])
    here = f"/admin/payments/{payment.public_id}"
    body = {"amount": 30, "refund_reason_id": "damaged", "note": "Scratched"}

    with nothing_moves():
        preview = ask(f"{here}/refund-preview", body, "refund_preview")
    refunded = ask(f"{here}/refund", body)

    assert preview == {
        "payment_id": payment.public_id,
        "order_id": order.public_id,
        "currency_code": "usd",
        "amount": 30,
        "credit_line_amount": 30,
        "refundable_after": 70,
        "order_total": 100,
        "order_total_after": 70,
        "balance": 0,
        "balance_after": 0,
    }
    (refund,) = refunded["refunds"]
    assert (refund["amount"], refund["refund_reason_id"], refund["note"]) == (30, "damaged", "Scratched")
    assert refund["created_by"].startswith("apk_")
    assert (refunded["status"], refunded["refundable_amount"]) == ("partially_refunded", 70)
    assert money(order) == ("partially_refunded", 70, 0)
    assert list(CreditLine.objects.values_list("amount", flat=True)) == [30]


def test_what_is_owed_anyway_needs_no_credit_line(order):
    payment = promised(order, 150, captured=[150])
    here = f"/admin/payments/{payment.public_id}"

    preview = ask(f"{here}/refund-preview", {"amount": 60}, "refund_preview")

    assert (preview["balance"], preview["credit_line_amount"], preview["balance_after"]) == (-50, 10, 0)


def test_what_was_not_taken_is_let_go_once(order):
    payment = promised(order, captured=[40])
    here = f"/admin/payments/{payment.public_id}"

    told = ask(f"{here}/void")
    again = Api().post(f"{here}/void")

    assert (told["status"], told["capturable_amount"], told["canceled_at"] is not None) == (
        "partially_captured",
        0,
        True,
    )
    assert problem(again) == (400, "not_allowed", "nothing_to_void")


@pytest.mark.parametrize("step", ["capture", "refund"])
def test_a_repeat_under_its_key_moves_nothing_and_tells_how_it_stands(order, step):
    payment = promised(order, captured=[50])
    here = f"/admin/payments/{payment.public_id}/{step}"
    api = Api()

    first = api.post(here, {"amount": 10}, Idempotency_Key="k")
    other = api.post(here, {"amount": 5}, Idempotency_Key="l")
    again = api.post(here, {"amount": 10}, Idempotency_Key="k")
    reused = api.post(here, {"amount": 11}, Idempotency_Key="k")

    moved = [each["amount"] for each in again.json()["payment"][f"{step}s"]]
    assert "Idempotent-Replayed" not in first
    assert again["Idempotent-Replayed"] == "true"
    assert moved == ([50] if step == "capture" else []) + [10, 5]
    assert again.json() == other.json()
    assert problem(reused) == (422, "conflict", "idempotency_key_reused")


def test_a_collection_is_made_marked_as_paid_and_no_second_one_is_due(order):
    body = {"order_id": order.public_id}
    made = ask("/admin/payment-collections", body | {"amount": 60}, "payment_collection")
    here = f"/admin/payment-collections/{made['id']}"

    paid = ask(f"{here}/mark-as-paid", body | {"method": "cash", "note": "At the door"}, "payment_collection")
    again = Api().post(f"{here}/mark-as-paid", body)
    too_much = Api().post("/admin/payment-collections", body | {"amount": 40.01})
    rest = ask("/admin/payment-collections", body, "payment_collection")

    (payment,) = paid["payments"]
    assert (made["status"], made["amount"], made["order_id"]) == ("not_paid", 60, order.public_id)
    assert made["id"] == order.public_id.replace("order_", "pay_col_")
    assert (paid["status"], paid["captured_amount"]) == ("completed", 60)
    assert (payment["provider_id"], payment["method"], payment["captured_amount"]) == ("manual", "cash", 60)
    assert problem(again) == (400, "not_allowed", "nothing_due")
    assert problem(too_much) == (400, "invalid_data", "collects_more_than_due")
    assert too_much.json()["errors"] == [
        {
            "pointer": "/amount",
            "code": "collects_more_than_due",
            "message": "$40.01 cannot be collected: $40.00 is due.",
            "requested": "40.01",
            "available": "40",
            "currency": "USD",
        }
    ]
    assert (rest["amount"], rest["id"] == made["id"]) == (40, False)
    shown = Api().get(f"/admin/orders/{order.public_id}").json()["order"]["payment_collections"]
    assert [(each["id"], each["status"], each["amount"]) for each in shown] == [
        (made["id"], "completed", 60),
        (rest["id"], "not_paid", 40),
    ]
    assert money(order) == ("partially_captured", 100, 40)


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"amount": 5, "currency_code": "eur"}, "/currency_code"),
        ({"currency_code": "eur"}, "/currency_code"),
        ({"order_id": f"order_{'0' * 26}"}, "/order_id"),
        ({"amount": "NaN"}, "/amount"),
    ],
)
def test_a_collection_that_cannot_be_is_refused_where_it_says_so(order, body, pointer):
    with nothing_moves():
        refused = Api().post("/admin/payment-collections", {"order_id": order.public_id} | body)

    assert problem(refused) == (400, "invalid_data", "invalid_input")
    assert pointers(refused) == [pointer]


def test_the_collection_that_an_order_shows_can_be_marked_as_paid_though_nobody_made_it(order):
    (shown,) = Api().get(f"/admin/orders/{order.public_id}").json()["order"]["payment_collections"]
    assert (shown["status"], shown["amount"], PaymentCollection.objects.count()) == ("not_paid", 100, 0)

    paid = ask(
        f"/admin/payment-collections/{shown['id']}/mark-as-paid", {"order_id": order.public_id}, "payment_collection"
    )

    assert (paid["id"], paid["status"], paid["captured_amount"]) == (shown["id"], "completed", 100)
    assert money(order) == ("captured", 100, 0)


def test_a_collection_without_money_is_deleted_and_shown_as_canceled(order):
    made = ask("/admin/payment-collections", {"order_id": order.public_id}, "payment_collection")
    here = f"/admin/payment-collections/{made['id']}"
    ask(f"{here}/payment-sessions", {"provider_id": "manual"}, "payment_session")
    begun = Api().get(here).json()["payment_collection"]

    gone = Api().delete(here).json()
    read = Api().get(here).json()["payment_collection"]

    assert (begun["status"], [each["status"] for each in begun["payment_sessions"]]) == ("awaiting", ["pending"])
    assert gone == {"id": made["id"], "object": "payment-collection", "deleted": True}
    assert (read["status"], [each["status"] for each in read["payment_sessions"]]) == ("canceled", ["canceled"])
    assert problem(Api().post(f"{here}/payment-sessions", {"provider_id": "manual"}))[2] == "payment_collection_closed"


def test_a_collection_that_holds_money_is_not_deleted(order):
    payment = promised(order)
    api = Api()

    with nothing_moves():
        refused = api.delete(f"/admin/payment-collections/{payment.collection.public_id}")

    assert problem(refused) == (400, "not_allowed", "payment_collection_holds_money")


def test_a_session_is_begun_and_authorized(order):
    made = ask("/admin/payment-collections", {"order_id": order.public_id}, "payment_collection")
    path = f"/admin/payment-collections/{made['id']}/payment-sessions"

    session = ask(path, {"provider_id": "manual", "amount": 70}, "payment_session")
    authorized = ask(f"/admin/payment-sessions/{session['id']}/authorize", {}, "payment_session")
    unknown = Api().post(path, {"provider_id": "nobody"})

    assert (session["status"], session["amount"], session["payment"]) == ("pending", 70, None)
    assert (authorized["status"], authorized["payment"]["amount"]) == ("authorized", 70)
    assert authorized["payment"]["payment_session"] == {"id": session["id"]}
    assert (problem(unknown), pointers(unknown)) == ((400, "invalid_data", "unknown_provider"), ["/provider_id"])
    assert money(order) == ("partially_authorized", 100, 100)
    assert recorded_events()[-1] == "order.payment_authorized"


def test_what_was_tried_and_told_is_listed_and_bears_no_secret(order):
    payment = promised(order, captured=[5])
    PaymentAttempt.objects.update(data={"token": "tok_1"})
    here = f"/admin/payments/{payment.public_id}"
    api = Api()

    attempts, events = (api.get(f"{here}/{name}").json()[name] for name in ("attempts", "events"))

    assert [(each["act"], each["state"]) for each in attempts] == [("capture", "succeeded"), ("authorize", "succeeded")]
    assert [(each["act"], each["outcome"], each["source"]) for each in events] == [
        ("capture", "succeeded", "call"),
        ("authorize", "succeeded", "call"),
    ]
    assert "tok_1" not in str(attempts)


def test_providers_and_reasons_are_listed():
    api = Api()

    told, reasons = (api.get(f"/admin/{path}").json() for path in ("payments/payment-providers", "refund-reasons"))

    assert {"manual"} <= {each["id"] for each in told["payment_providers"]}
    words = [each["id"] for each in reasons["refund_reasons"]]
    assert words == ["goodwill", "return", "damaged", "duplicate", "fraud", "overpaid", "other"]
    assert api.get("/admin/refund-reasons/fraud").json()["refund_reason"]["code"] == "fraud"
    assert problem(api.get("/admin/refund-reasons/provider"))[0] == 404


def test_taking_and_giving_back_are_two_scopes(order):
    payment = promised(order, captured=[50])
    here = f"/admin/payments/{payment.public_id}"
    taker, giver = Api(key("payments:capture")), Api(key("payments:refund"))

    with nothing_moves():
        refused = [
            giver.post(f"{here}/capture", {}),
            giver.post(f"{here}/void", {}),
            giver.post(f"/admin/payment-collections/{payment.collection.public_id}/mark-as-paid", {}),
            taker.post(f"{here}/refund", {}),
            taker.post(f"{here}/refund-preview", {}),
        ]

    assert {problem(each) for each in refused} == {(403, "forbidden", "forbidden")}
    assert taker.post(f"{here}/capture", {}).status_code == giver.post(f"{here}/refund", {}).status_code == 200
