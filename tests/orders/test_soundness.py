"""Numbers that cannot be kept as they were sent are refused at the door, each with its place."""

from __future__ import annotations

import json
import time
from decimal import Decimal

import pytest

from oms.core.errors import DomainError, InvalidInput
from orders.requests import parse
from orders.totals import CreditExceedsTotal, compute

LINE = {"title": "Lamp", "quantity": 1, "unit_price": 10}


def _body(**fields):
    return json.dumps({"currency_code": "USD", "items": [LINE]} | fields)


def _told(refusal: DomainError) -> list[tuple[str, str]]:
    return [(error.pointer, error.code) for error in refusal.errors]


def test_an_order_of_more_units_than_can_be_counted_is_refused():
    lines = [LINE | {"quantity": 1_000_000}] * 2001

    with pytest.raises(InvalidInput) as refused:
        parse(_body(items=lines))

    assert _told(refused.value) == [("/items", "quantity")]
    assert len(parse(_body(items=lines[:2000])).items) == 2000


@pytest.mark.parametrize("number", ["1e-3000000", "1.0000004", "0e-3000000", "0e3000000", "1." + "0" * 40 + "1"])
@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"items": [LINE | {"unit_price": "N"}]}, "/items/0/unit_price"),
        ({"items": [LINE | {"tax_lines": [{"name": "VAT", "rate": "N"}]}]}, "/items/0/tax_lines/0/rate"),
        (
            {"items": [LINE | {"tax_lines": [{"name": "VAT", "rate": 1, "amount": "N"}]}]},
            "/items/0/tax_lines/0/amount",
        ),
        ({"discounts": [{"percent": "N"}]}, "/discounts/0/percent"),
        ({"discounts": [{"amount": "N"}]}, "/discounts/0/amount"),
        ({"shipping_methods": [{"name": "Post", "amount": "N"}]}, "/shipping_methods/0/amount"),
        ({"payments": [{"amount": "N"}]}, "/payments/0/amount"),
        ({"payments": [{"amount": 5, "captured": "N"}]}, "/payments/0/captured"),
        ({"payments": [{"amount": 5, "refunded": "N"}]}, "/payments/0/refunded"),
        ({"credit_lines": [{"amount": "N"}]}, "/credit_lines/0/amount"),
        ({"total": "N"}, "/total"),
    ],
)
def test_a_number_of_more_than_six_decimals_is_refused_at_once_with_its_field(number, body, pointer):
    started = time.monotonic()

    with pytest.raises(InvalidInput) as refused:
        compute(parse(_body(**body).replace('"N"', number)))

    assert _told(refused.value) == [(pointer, "decimals")]
    assert time.monotonic() - started < 0.5


@pytest.mark.parametrize("number", ["1.5", "1.5000000000", "1.500001", "0.0000000000", "15e-1", "150000e-5"])
def test_zeros_behind_the_last_decimal_do_no_harm(number):
    request = parse(_body(items=[LINE | {"unit_price": "N"}]).replace('"N"', number))

    assert compute(request).total == Decimal(number).quantize(Decimal("0.01"))


@pytest.mark.parametrize("stated", [{}, {"canceled_at": "2024-05-01T00:00:00Z"}, {"total": 4}])
def test_more_credit_than_an_order_is_worth_is_refused(stated):
    body = {"credit_lines": [{"amount": 8}, {"amount": "2.01"}], **stated}

    with pytest.raises(CreditExceedsTotal) as refused:
        compute(parse(_body(**body)))

    assert _told(refused.value) == [("/credit_lines", "credit_exceeds_total")]


def test_all_that_an_order_is_worth_can_be_credited():
    assert compute(parse(_body(credit_lines=[{"amount": 10}]))).total == 10
