"""Refunds of goods and shipping over HTTP, and the small statement that every order tells."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from inventory.models import StockLocation
from orders.models import Order
from orders.requests import AddressRequest, CreditRequest, LineRequest, PaymentRequest, ShippingRequest, TaxRequest
from orders.services import collecting, fulfilling
from payments.models import Payment, PaymentAttempt
from payments.providers.base import Outcome
from tests.api import Api, key, pointers, problem
from tests.bank import Bank, open_bank, pay_by_card
from tests.scenarios import STAFF, items_of, nothing_moves, placed_order, shop

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _bank() -> Iterator[None]:
    with open_bank():
        yield


def paid_order() -> Order:
    """Three lamps at 10.00 and shipping at 6.00, paid by card; two lamps are packed."""
    here = shop({"W1": {"LAMP": 9}})
    order = placed_order(here, {"LAMP": 3}, shipping_methods=[ShippingRequest(name="Post", amount=Decimal(6))])
    pay_by_card(order)
    fulfilling.create_fulfillment(order_id=order.pk, items=items_of(order, {"LAMP": 2}), actor=STAFF)
    order.refresh_from_db()
    return order


def url(order: Order, more: str = "") -> str:
    return f"/admin/orders/{order.public_id}/refunds{more}"


def body(order: Order, quantity: int = 3, **more: Any) -> dict[str, Any]:
    items = [{"id": order.lines.get().public_id, "quantity": quantity, "restock": True}]
    return {"items": items, "refund_reason_id": "damaged"} | more


def test_a_refund_comes_to_what_was_told_before() -> None:
    api, order = Api(), paid_order()
    wanted = body(order, shipping=2.5, amount=1)

    with nothing_moves():
        told = api.post(url(order, "/preview"), wanted).json()["refund_preview"]
    done = api.post(url(order), wanted)

    place = StockLocation.objects.get().public_id
    payment = Payment.objects.get()
    assert told == {
        "order_id": order.public_id,
        "currency_code": "usd",
        "amount": 33.5,
        "items": [
            {
                "id": order.lines.get().public_id,
                "quantity": 3,
                "amount": 30,
                "restocked": 2,
                "location_id": place,
            }
        ],
        "shipping": 2.5,
        "extra": 1,
        "payments": [
            {"payment_id": payment.public_id, "provider_id": "bank", "amount": 33.5, "credit_line_amount": 33.5}
        ],
        "credit_line_amount": 33.5,
        "order_total": 36,
        "order_total_after": 2.5,
        "balance": 0,
        "balance_after": 0,
    }
    assert done.status_code == 200
    answer = done.json()
    assert (answer["refund"]["amount"], [each["state"] for each in answer["refund"]["attempts"]]) == (
        33.5,
        ["succeeded"],
    )
    assert (answer["order"]["total"], answer["order"]["summary"]["refunded_total"]) == (2.5, 33.5)
    assert done["ETag"] == f'"{answer["order"]["revision"]}"'


def test_a_repeat_gives_nothing_back_and_tells_what_has_become_of_it() -> None:
    api, order = Api(), paid_order()
    Bank.answers = [None]

    first = api.post(url(order), body(order, 1), idempotency_key="r1")
    PaymentAttempt.objects.filter(act="refund").update(state="pending")
    again = api.post(url(order), body(order, 1), idempotency_key="r1")

    states = [answer.json()["refund"]["attempts"][0]["state"] for answer in (first, again)]
    assert (states, again["Idempotent-Replayed"]) == (["unknown", "pending"], "true")
    assert PaymentAttempt.objects.filter(act="refund").count() == 1


def test_a_provider_that_declines_is_a_402_and_gives_nothing_back() -> None:
    api, order = Api(), paid_order()
    Bank.answers = [Outcome.DECLINED]

    refused = api.post(url(order), body(order, 1))

    assert problem(refused)[0::2] == (402, "payment_declined")
    order.refresh_from_db()
    assert (order.total, order.refunded_total) == (36, 0)


@pytest.mark.parametrize(
    ("wrong", "code", "pointer"),
    [
        ({"items": [{"id": "LINE", "quantity": 4}]}, "credits_more_than_left", "/items/0/quantity"),
        ({"items": [{"id": "nonsense", "quantity": 1}]}, "invalid_input", "/items/0/id"),
        ({"shipping": 7}, "shipping_credits_more_than_left", "/shipping"),
        ({"amount": 37}, "refund_exceeds_capture", "/amount"),
        ({"amount": 0.001}, "amount_not_positive", "/amount"),
        ({"amount": 1, "refund_reason_id": "provider"}, "invalid_input", "/refund_reason_id"),
        ({"amount": 1, "payment_id": "pay_x"}, "invalid_input", "/payment_id"),
    ],
)
@pytest.mark.parametrize("step", ["", "/preview"])
def test_what_cannot_be_is_refused_where_it_stands(wrong: Any, code: str, pointer: str, step: str) -> None:
    api, order = Api(), paid_order()
    line = order.lines.get().public_id
    items = [each | {"id": line if each["id"] == "LINE" else each["id"]} for each in wrong.get("items", [])]

    with nothing_moves():
        refused = api.post(url(order, step), wrong | {"items": items})

    assert (problem(refused)[2], pointers(refused)) == (code, [pointer])


def test_who_has_seen_another_state_is_refused() -> None:
    api, order = Api(), paid_order()

    with nothing_moves():
        stale = api.post(url(order), body(order, 1), if_match='"1"')

    assert problem(stale)[0] == 412


def test_giving_money_back_takes_a_scope_of_its_own() -> None:
    order = paid_order()

    with nothing_moves():
        refused = Api(key("orders:read", "orders:write", "payments:capture")).post(url(order), body(order, 1))

    assert problem(refused)[0] == 403


def _orders() -> Iterator[Order]:
    """Of every kind: with and without taxes in the prices, other currencies, imported with credits and a difference."""
    here = shop({"W1": {"LAMP": 99}})
    tax = [TaxRequest(name="VAT", rate=Decimal(20))]
    line = [LineRequest(sku="LAMP", quantity=3, unit_price=Decimal("9.99"), tax_lines=tax)]
    post = [ShippingRequest(name="Post", amount=Decimal(5), tax_lines=tax)]
    yield placed_order(here, line, shipping_methods=post)
    yield placed_order(here, line, prices_include_tax=True)
    yield placed_order(here, {"LAMP": 2}, currency_code="JPY")
    yield placed_order(here, {"LAMP": 3}, currency_code="KWD")
    yield placed_order(
        here,
        line,
        total=Decimal("36.50"),
        credit_lines=[CreditRequest(amount=Decimal(4))],
        payments=[PaymentRequest(amount=Decimal(40), refunded=Decimal(4))],
        shipping_address=AddressRequest(country_code="GB"),
    )
    in_parts = placed_order(here, {"LAMP": 4})
    collecting.mark_as_paid(order_id=in_parts.pk, amount=in_parts.money(Decimal(15)), actor=STAFF)
    pay_by_card(in_parts, "20", capture=False)
    yield in_parts


def test_the_statement_of_every_order_adds_up() -> None:
    api = Api()

    told = [api.get(f"/admin/orders/{order.public_id}").json()["order"]["statement"] for order in _orders()]

    for each in (exact(one) for one in told):
        worth = each["ordered"] + each["shipping"] - each["discounted"] + each["taxed"]
        assert worth + each["adjusted"] - each["credited"] == each["total"]
        assert each["total"] - each["captured"] + each["refunded"] == each["due"] - each["owed"]
    assert {name: value for name, value in told[-1].items() if value} == {
        "ordered": 40,
        "total": 40,
        "authorized": 20,
        "captured": 15,
        "due": 25,
    }
    assert (told[4]["credited"], told[4]["refunded"], told[4]["owed"]) == (4, 4, 3.5)


def exact(statement: dict[str, Any]) -> dict[str, Decimal]:
    return {name: Decimal(str(value)) for name, value in statement.items()}
