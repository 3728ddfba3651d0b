"""One search box: whatever a person has at hand leads to the order, in one query."""

from __future__ import annotations

import pytest
from django.db import connection

from orders.models import Customer, Order
from orders.requests import AddressRequest, CustomerRequest
from orders.selectors import search
from orders.selectors.search import find_customers, find_orders
from orders.services import notes
from tests.api import Api
from tests.scenarios import STAFF, placed_order, shop

pytestmark = pytest.mark.django_db


@pytest.fixture
def house():
    return shop({"W1": {"LAMP": 100, "mug-red": 100}})


def _customer(**fields):
    return {"email": "ada@example.com", "customer": CustomerRequest(**fields)}


def _found(term):
    return {order.external_id for order in Order.objects.filter(pk__in=find_orders(term))}


@pytest.mark.parametrize("stored", ["+44 (0)20 7946-0958", "02079460958", "442079460958", "0044 20 7946 0958 ext. 12"])
def test_a_telephone_number_is_found_in_any_form_by_any_form_and_by_its_end(house, stored):
    placed_order(house, {"LAMP": 1}, external_id="by-order", phone=stored)
    placed_order(house, {"LAMP": 1}, external_id="by-address", shipping_address=AddressRequest(phone=stored))
    theirs = placed_order(house, {"LAMP": 1}, external_id="by-customer", **_customer(last_name="Doe"))
    Customer.objects.filter(pk=theirs.customer_id).update(phone=stored)
    placed_order(house, {"LAMP": 1}, external_id="other", phone="+44 20 7946 0959")

    asked = ["+44 (0)20 7946-0958", "020 7946 0958", "442079460958", "+442079460958", "0044 20 79460958", "460958"]

    for term in asked:
        assert _found(term) == {"by-order", "by-address", "by-customer"}, term
    assert _found("60958") == set()


def test_a_number_of_another_country_is_another_number(house):
    placed_order(house, {"LAMP": 1}, external_id="london", phone="+44 20 7946 0958")
    placed_order(house, {"LAMP": 1}, external_id="unsaid", phone="020 7946 0958")

    assert _found("+49 20 7946 0958") == {"unsaid"}


def test_names_are_found_by_their_words_in_any_order_and_by_how_they_begin(house):
    ada = _customer(first_name="Ada", last_name="Byron-Lovelace", company_name="Analytical Ltd")
    placed_order(house, {"LAMP": 1}, external_id="customer", **ada)
    there = AddressRequest(first_name="Ingrid", last_name="Müller O'Brien", company="Acme 24 GmbH")
    placed_order(house, {"LAMP": 1}, external_id="address", shipping_address=there)

    for term in ("ada lovelace", "Lovelace Ada", "byron", "Ada Byron-Love", "analytical", "ANALYTICAL LT"):
        assert _found(term) == {"customer"}, term
    for term in ("ingrid müller", "müller ing", "O'Brien Ingrid", "acme 24", "gmbh acme"):
        assert _found(term) == {"address"}, term
    assert _found("ada müller") == set()
    assert [each.last_name for each in find_customers("lovelace ada")] == ["Byron-Lovelace"]


def test_tags_notes_skus_and_tracking_numbers_are_found(house):
    order = placed_order(house, {"mug-red": 1}, external_id="it", tags=["Gift wrap"])
    notes.add_note(order_id=order.pk, body="Ring the bell twice, please: Mrs. O'Hara is deaf.", actor=STAFF)

    for term in ("Gift wrap", "ring twice", "bell", "o'hara", "MUG-RED".lower(), str(order.number), f"#{order.number}"):
        assert _found(term) == {"it"}, term
    assert _found("wrap") == set()
    assert _found("ring thrice") == set()


def test_what_a_person_types_is_never_a_pattern_or_a_query_of_its_own(house):
    placed_order(house, {"LAMP": 1}, external_id="A%B", **_customer(last_name="Doe"))

    for term in ("%", "_", "' | 'doe", "doe' & !'x", "\\", "'''", "!!", "doe:* | x", "(doe", "\x00", " ", "é" * 300):
        find_orders(term)
    assert _found("A%") == {"A%B"}
    assert _found("A_B") == set()


def test_a_search_is_one_query_bounded_in_each_way(house, django_assert_num_queries, monkeypatch):
    for number in range(3):
        placed_order(house, {"LAMP": 1}, external_id=f"X-{number}", tags=["LAMP"])
    newest = list(Order.objects.order_by("-pk").values_list("pk", flat=True))

    with django_assert_num_queries(1):
        everything = find_orders("LAMP")
    monkeypatch.setattr(search, "MOST_FOUND", 2)
    with django_assert_num_queries(1):
        some = find_orders("020 7946 0958")

    assert set(everything) == set(newest)
    assert some == []
    assert len(find_orders("X-")) == 2


def test_every_way_of_searching_has_an_index_of_its_own(new_tables):
    """With tables this small only the ban of sequential scans shows whether an index could serve."""
    plans = []
    for term in ("#1001", "+44 20 7946 0958", "ada lovelace", "ada@example.com", "LAMP"):
        sql, values = search._bounded(search._ways(term))
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute(f"EXPLAIN {sql}", values)
            plans.append("\n".join(row[0] for row in cursor.fetchall()))

    assert [plan for plan in plans if "Seq Scan" in plan] == []
    for name in (
        *("order_by_phone", "orderaddress_by_phone", "customer_by_phone", "orderaddress_by_name", "customer_by_name"),
        *("note_by_words", "order_by_tag", "orderline_by_sku_and_order", "order_by_email"),
    ):
        assert any(name in plan for plan in plans), name


def test_the_api_searches_in_the_same_way(house):
    placed_order(house, {"LAMP": 1}, external_id="it", phone="+44 (0)20 7946-0958")
    placed_order(house, {"LAMP": 1}, external_id="other")

    answer = Api().get("/admin/orders?q=020%207946%200958")

    assert [order["external_id"] for order in answer.json()["orders"]] == ["it"]
