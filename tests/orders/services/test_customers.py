"""Who orders is known by what the database takes for the same e-mail address."""

from __future__ import annotations

import pytest

from orders.models import Customer
from orders.selectors.search import find_customers, find_orders
from tests.api import Api
from tests.scenarios import placed_order, shop


@pytest.mark.parametrize(
    ("first", "second"), [("İlkay@example.com", "İlkay@example.com"), ("ANN@example.com", "ann@EXAMPLE.com")]
)
def test_two_orders_of_one_address_are_of_one_customer_whatever_its_letters(db, first, second):
    house = shop({"W1": {"LAMP": 5}})

    orders = [placed_order(house, {"LAMP": 1}, email=email) for email in (first, second)]

    customer = Customer.objects.get()
    assert [order.customer_id for order in orders] == [customer.pk] * 2
    assert customer.email == first
    assert [list(find_customers(email)) for email in (first, second)] == [[customer]] * 2
    assert set(find_orders(second)) == {order.pk for order in orders}
    assert Api().get("/admin/orders").json()["count"] == 2
    assert Api().client.get("/admin/orders", {"email": second}, headers=Api().headers).json()["count"] == 2


def test_one_batch_with_an_address_in_two_spellings_makes_one_customer(db):
    house = shop({"W1": {"LAMP": 5}})
    rows = [
        {
            "currency_code": "USD",
            "sales_channel": house.channel.code,
            "email": email,
            "items": [{"sku": "LAMP", "quantity": 1, "unit_price": 1}],
        }
        for email in ("bob@example.com", "BOB@example.com")
    ]

    answer = Api().post("/admin/orders/batch", {"orders": rows}).json()

    assert (answer["created"], Customer.objects.get().email) == (2, "bob@example.com")
    assert Customer.objects.get().orders.count() == 2
