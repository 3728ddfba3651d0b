"""Customers, listed and written down by programs as clients of the contract do it."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from orders.models import Customer
from tests.api import Api, key, pointers, problem
from tests.scenarios import placed_order, shop

pytestmark = pytest.mark.django_db


def _made(api, **fields):
    answer = api.post("/admin/customers", fields)
    assert answer.status_code == 200, answer.content
    return answer.json()["customer"]


def _emails(answer):
    assert answer.status_code == 200, answer.content
    return [customer["email"] for customer in answer.json()["customers"]]


def test_a_customer_is_written_down_read_and_corrected():
    api = Api()

    made = _made(api, email="ada@example.com", first_name="Ada", metadata={"tier": 1, "since": 2020})
    here = f"/admin/customers/{made['id']}"
    changed = api.post(here, {"phone": "123", "first_name": None, "metadata": {"tier": 2, "since": None}}).json()

    row = Customer.objects.get()
    assert made == {
        "id": row.public_id,
        "email": "ada@example.com",
        "first_name": "Ada",
        "last_name": None,
        "company_name": None,
        "phone": None,
        "external_id": None,
        "has_account": False,
        "metadata": {"tier": 1, "since": 2020},
        "created_at": made["created_at"],
        "updated_at": made["updated_at"],
        "created_by": None,
        "deleted_at": None,
        "addresses": [],
        "default_billing_address_id": None,
        "default_shipping_address_id": None,
    }
    assert changed["customer"] == made | {
        "phone": "123",
        "first_name": None,
        "metadata": {"tier": 2},
        "updated_at": changed["customer"]["updated_at"],
    }
    assert api.get(here).json() == changed


def test_an_address_names_one_person():
    api = Api()
    ada, bob = _made(api, email="ada@example.com"), _made(api, email="bob@example.com")

    again = api.post("/admin/customers", {"email": "ADA@example.com"})
    taken = api.post(f"/admin/customers/{bob['id']}", {"email": "ada@example.com", "phone": "1"})

    assert problem(again) == problem(taken) == (400, "invalid_data", "customer_exists")
    assert [api.get(f"/admin/customers/{each['id']}").json()["customer"] for each in (ada, bob)] == [ada, bob]


def test_an_order_with_the_address_belongs_to_who_was_written_down():
    made = _made(Api(), email="ada@example.com")

    order = placed_order(shop({"W1": {"LAMP": 9}}), {"LAMP": 1}, email="Ada@example.com")

    assert order.customer.public_id == made["id"]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"email": "nobody"}, "/email"),
        ({"first_name": "x" * 121}, "/first_name"),
        ({"metadata": []}, "/metadata"),
        ({"nickname": "A"}, "/nickname"),
        ({"phone": "\0"}, ""),
    ],
)
def test_what_cannot_be_kept_is_refused_by_field(body, pointer):
    answer = Api().post("/admin/customers", body)

    assert (answer.status_code, pointers(answer)[0]) == (400, pointer)
    assert not Customer.objects.exists()


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("", ["cy@x.example", "bob@x.example", "ada@x.example"]),
        ("?order=created_at&limit=2", ["ada@x.example", "bob@x.example"]),
        ("?email=BOB@x.example", ["bob@x.example"]),
        ("?last_name[]=byron&last_name[]=young", ["cy@x.example", "ada@x.example"]),
        ("?company_name=acme", ["bob@x.example"]),
        ("?q=byr", ["ada@x.example"]),
        ("?q=acm", ["bob@x.example"]),
        ("?q=cy@x.example", ["cy@x.example"]),
        ("?has_account=true", []),
        ("?has_account=false&created_at[$lt]=2020-01-01", []),
        ("?id[0]=cus_00000000000000000000000000", []),
    ],
)
def test_customers_are_found(asked, found):
    api = Api()
    _made(api, email="ada@x.example", last_name="Byron")
    _made(api, email="bob@x.example", company_name="Acme")
    _made(api, email="cy@x.example", last_name="Young")
    for position, row in enumerate(Customer.objects.order_by("pk")):
        Customer.objects.filter(pk=row.pk).update(created_at=f"2026-01-0{position + 1}T10:00:00Z")

    assert _emails(api.get(f"/admin/customers{asked}")) == found


@pytest.mark.parametrize("rows", [1, 3])
def test_a_list_of_customers_takes_the_same_queries_whatever_its_length(rows):
    api = Api()
    for number in range(rows):
        _made(api, email=f"{number}@x.example")

    with CaptureQueriesContext(connection) as captured:
        answer = api.get("/admin/customers")

    assert (len(captured), answer.json()["count"]) == (3, rows)


def test_who_was_forgotten_is_in_no_list_and_is_not_written_down_again():
    api = Api()
    made = _made(api, email="ada@example.com")
    here = f"/admin/customers/{made['id']}"
    api.post(f"{here}/erase", {})

    again = api.post(here, {"email": "ada@example.com"})

    assert problem(again) == (400, "not_allowed", "customer_is_erased")
    assert _emails(api.get("/admin/customers")) == []
    assert api.get(here).json()["customer"]["email"] is None


def test_reading_and_writing_customers_are_scopes_of_their_own():
    reader, writer = Api(key("customers:read")), Api(key("customers:write"))

    assert problem(reader.post("/admin/customers", {}))[0] == 403
    assert problem(writer.get("/admin/customers"))[0] == 403
    assert reader.get("/admin/customers").status_code == 200
    assert problem(reader.get("/admin/customers/cus_x"))[0] == 404
