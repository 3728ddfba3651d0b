"""A customer is forgotten: in the whole database nothing tells who they were, and the books still add up."""

from __future__ import annotations

import json

import pytest
from django.forms.models import model_to_dict

from channels.models import ImportReject, ImportRun
from channels.services.imports import Wish, import_file
from inventory.services.verify import verify_stock
from oms.core.models import Delivery, IdempotencyKey, OutboxEvent
from orders.errors import CustomerHasOpenOrders
from orders.models import Customer, Note, Order, OrderAddress
from orders.services.erasure import erase_customer
from orders.services.personal_data import export_customer, find_by_email
from tests.api import Api
from tests.orders.persons import SAID, WORDS, a_house, body, found_in, somebody, somebody_else
from tests.scenarios import STAFF, nothing_moves, placed_order

pytestmark = pytest.mark.django_db

MONEY = (
    "number",
    "status",
    "payment_status",
    "fulfillment_status",
    "currency",
    "total",
    "original_total",
    "captured_total",
    "refunded_total",
    "external_id",
    "placed_at",
)


def _books():
    return list(Order.objects.order_by("number").values(*MONEY))


def test_nothing_in_the_whole_database_tells_who_an_erased_customer_was(tmp_path):
    house = a_house()
    customer = somebody(house, tmp_path)
    before = found_in()
    books = _books()

    done = erase_customer(customer_id=customer.pk, actor=STAFF)

    assert set(before) >= {
        "orders_customer",
        "orders_order",
        "orders_orderaddress",
        "orders_orderline",
        "orders_note",
        "orders_hold",
        "orders_timelineentry",
        "payments_payment",
        "payments_paymentattempt",
        "payments_paymentsession",
        "payments_giftcard",
        "payments_giftcardentry",
        "payments_storecreditentry",
        "fulfillment_parcel",
        "inventory_reservation",
        "channels_importreject",
        "channels_sourcedocument",
        "channels_importupload",
        "channels_sourcerun",
        "channels_sourcefile",
        "core_idempotencykey",
        "core_delivery",
        "django_admin_log",
        "web_savedview",
    }
    assert {word for words in before.values() for word in words} == set(WORDS)
    assert found_in() == {}
    assert _books() == books
    assert (done.orders, done.already, done.same_email) == (2, False, ())


def test_what_happened_to_the_orders_stays_readable(tmp_path):
    house = a_house()
    customer = somebody(house, tmp_path)
    order = Order.objects.get(external_id="W-1")
    acts = list(order.timeline.order_by("occurred_at", "pk").values_list("action", flat=True))
    revision = order.revision

    erase_customer(customer_id=customer.pk, actor=STAFF)

    order.refresh_from_db()
    newest = order.timeline.order_by("-occurred_at", "-pk").first()
    assert list(order.timeline.order_by("occurred_at", "pk").values_list("action", flat=True)) == [
        *acts,
        "order.updated",
    ]
    assert (newest.facts, newest.changes, newest.actor) == ({"act": "customer.erased"}, {}, STAFF.as_dict())
    assert order.timeline.get(action="order.hold_placed").facts == {"reason": "address", "note": "[erased]"}
    assert (order.tags, order.metadata, order.revision) == (["vip"], {}, revision + 1)
    assert set(OrderAddress.objects.values_list("country_code", flat=True)) == {"de"}
    assert set(Note.objects.values_list("body", flat=True)) == {"[erased]"}
    assert order.fulfillments.get().parcels.get().tracking_number == "1Z999"
    assert str(Customer.objects.get(pk=customer.pk)) == "Erased customer"


def test_the_news_names_nobody(tmp_path):
    customer = somebody(a_house(), tmp_path)
    since = OutboxEvent.objects.count()

    erase_customer(customer_id=customer.pk, actor=STAFF)

    told = OutboxEvent.objects.order_by("id")[since:]
    assert [(event.name, event.data) for event in told] == [
        *(
            ("order.updated", {"order_id": order.public_id, "changed": ["personal_data"]})
            for order in Order.objects.order_by("pk")
        ),
        ("customer.erased", {"customer_id": customer.public_id, "orders": 2}),
    ]


def test_a_second_time_nothing_happens(tmp_path):
    customer = somebody(a_house(), tmp_path)
    erase_customer(customer_id=customer.pk, actor=STAFF)

    with nothing_moves():
        again = erase_customer(customer_id=customer.pk, actor=STAFF)

    assert (again.already, again.orders, again.rows) == (True, 0, {})


def test_what_was_filled_in_again_is_erased_the_next_time(tmp_path):
    customer = somebody(a_house(), tmp_path)
    erase_customer(customer_id=customer.pk, actor=STAFF)
    Order.objects.filter(external_id="W-1").update(email="ottoline.q@kontor.example")

    again = erase_customer(customer_id=customer.pk, actor=STAFF)

    assert (again.already, again.orders) == (False, 1)
    assert found_in() == {}


def test_a_customer_with_an_open_order_is_not_erased():
    house = a_house()
    order = placed_order(house, {"LAMP": 1}, email="ottoline.q@kontor.example")

    with nothing_moves(), pytest.raises(CustomerHasOpenOrders) as refused:
        erase_customer(customer_id=order.customer_id, actor=STAFF)

    assert refused.value.facts == {"count": 1, "numbers": f"#{order.number}"}


def test_nobody_else_loses_anything(tmp_path):
    house = a_house()
    customer = somebody(house, tmp_path)
    other = Order.objects.get(pk=somebody_else(house))
    before = (model_to_dict(other), export_customer(customer_id=other.customer_id, actor=STAFF))

    erase_customer(customer_id=customer.pk, actor=STAFF)

    other.refresh_from_db()
    assert (model_to_dict(other), export_customer(customer_id=other.customer_id, actor=STAFF)) == before


def test_a_repeat_of_the_request_that_placed_an_order_places_no_second_one_and_tells_nothing():
    house, api = a_house(), Api()
    placed = body(house, "W-1")
    api.post("/admin/orders", placed, idempotency_key="once")
    order = Order.objects.get()
    api.post(f"/admin/orders/{order.public_id}/cancel", {})
    erase_customer(customer_id=order.customer_id, actor=STAFF)

    repeated = api.post("/admin/orders", placed, idempotency_key="once")

    assert (repeated.status_code, repeated.json(), repeated["Idempotent-Replayed"]) == (200, {"erased": True}, "true")
    assert Order.objects.count() == 1
    assert found_in() == {}


def test_importing_the_same_orders_again_brings_nobody_back_and_their_next_order_is_of_a_new_customer(tmp_path):
    house = a_house()
    file = tmp_path / "orders.ndjson"
    record = body(house, "W-1", canceled_at="2026-01-02T00:00:00Z")
    file.write_text(json.dumps(record) + "\n")
    wish = Wish(path=file, channel=house.channel.code)
    import_file(wish=wish, actor=STAFF)
    order = Order.objects.get()
    erase_customer(customer_id=order.customer_id, actor=STAFF)

    import_file(wish=wish, actor=STAFF)
    file.write_text(json.dumps(record | {"phone": "+49 40 55501235"}) + "\n")
    changed = import_file(wish=wish, actor=STAFF)

    assert changed.figures.rejects == 0
    assert found_in() == {}
    again = placed_order(house, {"LAMP": 1}, email="ottoline.q@kontor.example")
    assert again.customer_id != order.customer_id


def test_the_rejects_and_the_error_of_a_run_lose_their_rows(tmp_path):
    customer = somebody(a_house(), tmp_path)
    erase_customer(customer_id=customer.pk, actor=STAFF)

    assert set(ImportReject.objects.values_list("reason", "raw__row", "external_id")) == {("[erased]", None, "W-3")}
    assert [SAID in run.error for run in ImportRun.objects.all()] == [False, False]
    assert Delivery.objects.get().error == "[erased]"
    assert {bytes(kept.body) for kept in IdempotencyKey.objects.all()} == {b'{"erased":true}'}


def test_the_books_of_stock_still_add_up(tmp_path):
    customer = somebody(a_house(), tmp_path)

    erase_customer(customer_id=customer.pk, actor=STAFF)

    assert list(verify_stock().differences) == []


def test_customers_are_found_by_email_in_any_case_and_by_channel():
    here = a_house()
    guest = placed_order(here, {"LAMP": 1}, email="Ada@Example.org").customer
    known = Customer.objects.create(channel=here.channel, external_id="7", email="ada@example.org")
    elsewhere = Customer.objects.create(email="ada@example.org", has_account=True)

    assert find_by_email("ADA@example.org") == sorted([guest, known, elsewhere], key=lambda each: each.pk)
    assert find_by_email("ada@example.org", here.channel.pk) == sorted([guest, known], key=lambda each: each.pk)
    assert find_by_email("") == []
