"""What an order's source says later is taken over together with what was done here."""

from __future__ import annotations

from decimal import Decimal

import pytest

from orders.models import Order
from payments.models import Payment
from tests.channels.importing import bring_in, ndjson_file, order, rejects, retail, retail_file, row

pytestmark = pytest.mark.django_db
D = Decimal
PAID = {"customer": {"external_id": "17850"}, "payments": [{"amount": 20}]}
CANCELED = PAID | {"canceled_at": "2024-05-03T00:00:00Z"}


def _sold_and_credited(tmp_path) -> Order:
    """Two lamps for 20, paid; one of them given back for 10 since."""
    retail()
    bring_in(ndjson_file(tmp_path / "1.ndjson", order("1", **PAID)))
    bring_in(retail_file(tmp_path / "2.csv", row("C9", "LAMP", -1, "10", InvoiceDate="2024-05-02 09:00:00")))
    sold = Order.objects.get()
    assert (sold.total, sold.credit_total, sold.refunded_total) == (10, 10, 10)
    return sold


@pytest.mark.parametrize("stated", [0, 4])
def test_a_source_that_calls_off_an_order_credited_here_takes_off_what_the_credit_left(tmp_path, stated):
    sold = _sold_and_credited(tmp_path)
    said = CANCELED | ({"credit_lines": [{"amount": stated}]} if stated else {})

    code, answer = bring_in(ndjson_file(tmp_path / "3.ndjson", order("1", **said)))

    sold.refresh_from_db()
    assert (code, answer["revised"]) == (0, 1)
    assert (sold.status, sold.total, sold.credit_total, sold.balance.amount) == ("canceled", 0, 20, -10)
    credits_ = sorted(sold.credit_lines.values_list("reason", "amount"))
    assert credits_ == sorted(
        [("cancellation", D(10) - stated), ("credit_note", D(10))] + ([("goodwill", D(stated))] if stated else [])
    )
    assert list(Payment.objects.values_list("captured", "refunded")) == [(20, 10)]


@pytest.mark.parametrize("less", [{"unit_price": "4.99"}, {"credit": 11}])
def test_a_source_that_calls_off_less_than_was_credited_is_left_to_staff(tmp_path, less):
    sold = _sold_and_credited(tmp_path)
    said = order("1", **CANCELED)
    if "credit" in less:
        said["credit_lines"] = [{"amount": less["credit"]}]
    else:
        said["items"][0] |= less

    code, answer = bring_in(ndjson_file(tmp_path / "3.ndjson", said))

    before = sold.revision, sold.status, sold.total, sold.credit_total
    sold.refresh_from_db()
    assert (code, answer["revised"]) == (1, 0)
    assert (sold.revision, sold.status, sold.total, sold.credit_total) == before
    assert "credited with more than it was worth" in rejects()[0][3]
