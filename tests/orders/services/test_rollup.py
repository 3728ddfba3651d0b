"""What an order derives is what placing it said already, and the same each time."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from channels.services.selling import selling
from oms.core.money import round_amount
from oms.core.transactions import atomic
from orders import totals
from orders.locks import lock_order
from orders.models import Order
from orders.requests import (
    CreditRequest,
    DiscountRequest,
    LineRequest,
    OrderRequest,
    PaymentRequest,
    ShippingRequest,
    TaxRequest,
    require_sound,
)
from orders.services import rollup
from orders.services.placement import Options, Stock, place_orders
from tests.factories import InventoryItemFactory
from tests.scenarios import STAFF, placed_order, shop

amounts = st.decimals(0, 500, places=4)


@st.composite
def order_lines(draw: st.DrawFn) -> LineRequest:
    quantity = draw(st.integers(1, 4))
    return LineRequest(
        sku=draw(st.sampled_from(["LAMP", "ADVICE", "NOBODY-KNOWS", ""])),
        title="Thing",
        quantity=quantity,
        quantity_fulfilled=draw(st.sampled_from([0, 0, quantity, quantity // 2])),
        unit_price=draw(amounts),
        kind=draw(st.sampled_from(["goods", "goods", "gift_card", "fee"])),
        requires_shipping=draw(st.sampled_from([None, True, False])),
        discounts=[
            DiscountRequest(percent=percent) for percent in draw(st.lists(st.decimals(0, 50, places=2), max_size=1))
        ],
        tax_lines=[
            TaxRequest(name="VAT", rate=rate) for rate in draw(st.lists(st.decimals(0, 30, places=2), max_size=2))
        ],
    )


@st.composite
def payments(draw: st.DrawFn) -> PaymentRequest:
    amount = draw(amounts)
    captured = draw(st.sampled_from([None, amount, amount / 2, Decimal(0)]))
    most = amount if captured is None else captured
    return PaymentRequest(
        amount=amount, captured=captured, refunded=draw(st.sampled_from([Decimal(0), round(most / 3, 4), most]))
    )


def credited_within_its_worth(request: OrderRequest) -> OrderRequest:
    """The same request without the credit lines that go beyond what it is worth: such a one is refused."""
    wanted, request.credit_lines = request.credit_lines, []
    left = totals.compute(request).total
    for credit in wanted:
        if round_amount(credit.amount, request.currency) <= left:
            left -= round_amount(credit.amount, request.currency)
            request.credit_lines.append(credit)
    return request


requests = st.builds(
    OrderRequest,
    currency_code=st.sampled_from(["USD", "JPY", "KWD"]),
    items=st.lists(order_lines(), max_size=4),
    shipping_methods=st.lists(
        st.builds(ShippingRequest, name=st.just("Parcel"), amount=amounts), min_size=1, max_size=2
    ),
    payments=st.lists(payments(), max_size=3),
    credit_lines=st.lists(st.builds(CreditRequest, amount=amounts), max_size=2),
    total=st.none() | amounts,
    canceled_at=st.sampled_from([None, None, datetime(2026, 1, 1, tzinfo=UTC)]),
    prices_include_tax=st.booleans(),
).map(credited_within_its_worth)


class TestEveryRequest(TestCase):
    """Placed with and without stock, by one statement and by COPY."""

    @classmethod
    def setUpTestData(cls) -> None:
        cls.shop = shop({"W1": {"LAMP": 3}}, allow_backorder=True)
        InventoryItemFactory(sku="ADVICE", is_stocked=False, requires_shipping=False)

    @settings(max_examples=60, deadline=None)
    @given(batch=st.lists(requests, min_size=1, max_size=4), stock=st.sampled_from(Stock), copy=st.booleans())
    def test_is_placed_with_the_statuses_and_totals_that_its_rows_derive(self, batch, stock, copy):
        for request in batch:
            require_sound(request)
        options = Options(stock=stock, keep_unknown_skus=True, copy=copy)

        placed = place_orders(requests=batch, selling=selling(self.shop.channel.code), actor=STAFF, options=options)

        for each in placed:
            assert each.refusal is None
            assert_settled(each.order_id)


def assert_settled(order_id: Any) -> None:
    """Deriving everything anew, twice, changes nothing but the revision."""
    before = Order.objects.filter(pk=order_id).values().get()
    with atomic():
        order = lock_order(order_id)
        changes = [rollup.refresh(order), rollup.refresh(order)]
    after = Order.objects.filter(pk=order_id).values().get()

    assert changes == [{}, {}]
    assert after == before | {"revision": before["revision"] + 2, "updated_at": after["updated_at"]}
    owed = after["total"] - (after["captured_total"] - after["refunded_total"])
    assert Order.objects.get(pk=order_id).balance.amount == owed


WRONG = {
    "order_total_is_its_sum": {"total": Decimal("9.99")},
    "order_refunded_within_captured": {"refunded_total": Decimal(1)},
    "order_canceled_is_worth_0": {"status": "canceled"},
}


@pytest.mark.django_db
@pytest.mark.parametrize(("constraint", "fields"), WRONG.items())
def test_the_database_refuses_an_order_that_does_not_add_up(constraint, fields):
    order = placed_order(shop({"W1": {"LAMP": 1}}), {"LAMP": 1})

    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Order.objects.filter(pk=order.pk).update(**fields)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "fields",
    [
        {"quantity_fulfilled": 3},
        {"quantity_shipped": 1},
        {"quantity_fulfilled": 1, "quantity_shipped": 1, "quantity_delivered": 2},
        {"quantity_returned": 3},
        {"quantity": 0},
        {"total": 1},
    ],
)
def test_the_database_refuses_a_line_that_runs_ahead_of_itself(fields):
    order = placed_order(shop({"W1": {"LAMP": 2}}), {"LAMP": 2})

    with pytest.raises(IntegrityError), transaction.atomic():
        order.lines.update(**fields)
