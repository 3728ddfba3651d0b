"""Programs that hand out and erase what is kept about a customer: with a scope of their own."""

from __future__ import annotations

import pytest

from orders.models import Customer
from tests.api import Api, key, problem
from tests.orders.persons import a_house, found_in, somebody
from tests.scenarios import nothing_moves, placed_order

pytestmark = pytest.mark.django_db


def _privacy() -> Api:
    return Api(key("customers:privacy"))


def test_a_key_with_the_scope_reads_everything_and_no_cache_keeps_it(tmp_path):
    customer = somebody(a_house(), tmp_path)

    answer = _privacy().get(f"/admin/customers/{customer.public_id}/personal-data")

    assert (answer.status_code, answer["Cache-Control"]) == (200, "no-store")
    assert answer.json()["personal_data"]["customer"][0]["email"] == "ottoline.q@kontor.example"


def test_a_key_with_the_scope_erases_once_and_a_repeat_is_told_so(tmp_path):
    customer = somebody(a_house(), tmp_path)
    api, path = _privacy(), f"/admin/customers/{customer.public_id}/erase"

    first, again = api.post(path, {}, idempotency_key="once"), api.post(path, {})

    assert first.json() == {
        "customer": {"id": customer.public_id, "orders": 2, "already_erased": False, "same_email": []}
    }
    assert again.json()["customer"]["already_erased"] is True
    assert found_in() == {}


def test_an_open_order_refuses():
    order = placed_order(a_house(), {"LAMP": 1}, email="ada@example.org")

    with nothing_moves():
        answer = _privacy().post(f"/admin/customers/{order.customer.public_id}/erase", {})

    assert problem(answer) == (400, "not_allowed", "customer_has_open_orders")


def test_a_key_for_orders_may_neither_read_nor_erase():
    customer = Customer.objects.create(email="ada@example.org")
    api = Api(key("orders:read", "orders:write"))

    assert problem(api.get(f"/admin/customers/{customer.public_id}/personal-data"))[0] == 403
    assert problem(api.post(f"/admin/customers/{customer.public_id}/erase", {}))[0] == 403
    assert problem(_privacy().get("/admin/customers/cus_7/personal-data"))[0] == 404
    assert Customer.objects.get().email == "ada@example.org"
