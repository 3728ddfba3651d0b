"""What is kept about a customer is handed out whole, and to nobody else."""

from __future__ import annotations

import pytest

from oms.core.errors import NotFound
from oms.core.ids import new_id
from oms.core.models import OutboxEvent
from oms.web.rendering import encode
from orders.models import Order
from orders.services.personal_data import export_customer
from tests.orders.persons import WORDS, a_house, somebody, somebody_else
from tests.scenarios import STAFF

pytestmark = pytest.mark.django_db


def test_an_export_holds_every_trace_of_a_customer_and_none_of_their_neighbour(tmp_path):
    house = a_house()
    customer = somebody(house, tmp_path)
    neighbour = somebody_else(house)

    found = export_customer(customer_id=customer.pk, actor=STAFF)

    text = encode(found).decode()
    assert [word for word in WORDS if word not in text] == []
    assert {table: len(rows) for table, rows in found.items()} == {
        "customer": 1,
        "orders": 2,
        "console_log": 1,
        "addresses": 4,
        "lines": 2,
        "shipping_lines": 0,
        "tax_lines": 0,
        "adjustments": 0,
        "credit_lines": 1,
        "holds": 1,
        "notes": 2,
        "timeline": 13,
        "bulk_jobs": 0,
        "import_rejects": 2,
        "import_uploads": 1,
        "source_runs": 1,
        "source_files": 1,
        "source_documents": 1,
        "kept_answers": 2,
        "gift_cards": 2,
        "gift_card_entries": 3,
        "store_credit_accounts": 1,
        "store_credit_entries": 1,
        "fulfillments": 1,
        "parcels": 1,
        "payments": 3,
        "payment_sessions": 1,
        "payment_attempts": 3,
        "payment_webhooks": 0,
        "reservations": 1,
        "saved_views": 1,
    }
    assert str(neighbour) not in text
    assert "Nebelgasse 19" not in text


def test_handing_it_out_is_told_without_saying_what(tmp_path):
    customer = somebody(a_house(), tmp_path)

    export_customer(customer_id=customer.pk, actor=STAFF)

    told = OutboxEvent.objects.order_by("-id").first()
    assert (told.name, told.data, told.actor) == (
        "customer.exported",
        {"customer_id": customer.public_id},
        STAFF.as_dict(),
    )


def test_a_customer_with_more_orders_costs_no_more_statements(tmp_path, django_assert_max_num_queries):
    house = a_house()
    customer = somebody(house, tmp_path)
    for order in Order.objects.all():  # six orders instead of two
        for number in range(2):
            twin = Order.objects.get(pk=order.pk)
            twin.pk, twin.number, twin.external_id = new_id(), None, f"{order.external_id}-{number}"
            twin.number = 100_000 + Order.objects.count()
            twin.save(force_insert=True)

    with django_assert_max_num_queries(39):
        export_customer(customer_id=customer.pk, actor=STAFF)


def test_of_nobody_there_is_nothing_to_hand_out():
    with pytest.raises(NotFound):
        export_customer(customer_id=new_id(), actor=STAFF)
