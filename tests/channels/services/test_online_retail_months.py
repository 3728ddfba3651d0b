"""Three months of a real retailer come in to the penny. What must come out is computed by `tests.channels.oracle`."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

import pytest
from django.db.models import Sum

from channels.models import CreditMatch, SourceDocument
from oms.core.models import OutboxEvent
from orders.models import CreditLine, Order, OrderLine, ShippingLine
from payments.models import Payment
from tests.channels import oracle
from tests.channels.importing import bring_in, retail

pytestmark = [pytest.mark.django_db, pytest.mark.slow, pytest.mark.usefixtures("new_tables")]


def _sum(rows, field):
    return rows.aggregate(sum=Sum(field))["sum"] or Decimal(0)


def _expected(path):
    return {
        kind: {"count": count, "lines": lines, "total": str(total)}
        for kind, (count, lines, total) in oracle.figures(path).items()
    }


def _reported(answer):
    return {
        kind: {"count": part["count"], "lines": part["lines"], "total": part["totals"]["GBP"]}
        for kind, part in answer.items()
        if kind in ("sales", "credits", "write_offs", "samples")
    }


@pytest.mark.parametrize("name", oracle.MONTHS)
def test_a_month_comes_in_to_the_penny(name):
    path = oracle.month(name)
    retail()

    code, answer = bring_in(path)

    matched = oracle.matched(path)
    assert (code, _reported(answer)) == (0, _expected(path))
    assert answer["totals"]["GBP"] == str(sum(total for _, _, total in oracle.figures(path).values()))
    assert answer["credits"]["matched"]["GBP"] == str(sum(matched.values()))
    assert Decimal(answer["credits"]["matched"]["GBP"]) + Decimal(
        answer["credits"]["left_for_staff"]["GBP"]
    ) == Decimal(answer["credits"]["totals"]["GBP"])
    _assert_the_database_says_so(path, matched)


def _assert_the_database_says_so(path, matched):
    expected = {invoice.number: invoice for invoice in oracle.invoices(path)}
    sales = {number: each.total for number, each in expected.items() if each.kind in ("sales", "samples")}
    documents = {number: each.total for number, each in expected.items() if each.kind in ("credits", "write_offs")}
    assert dict(Order.objects.values_list("external_id", "original_total")) == sales
    assert dict(SourceDocument.objects.values_list("external_id", "total")) == documents
    credited = SourceDocument.objects.filter(kind="credit").values_list("external_id", "matched_total")
    assert dict(credited) == matched
    rows = OrderLine.objects.count() + ShippingLine.objects.count()
    assert rows == sum(len(each.lines) for each in expected.values() if each.kind in ("sales", "samples"))
    assert Order.objects.filter(is_sample=True).count() == sum(each.kind == "samples" for each in expected.values())
    assert {order.balance.amount for order in Order.objects.all()} == {Decimal(0)}
    given = -sum(matched.values())
    assert (_sum(CreditLine.objects, "amount"), _sum(Payment.objects, "refunded")) == (given, given)
    assert _sum(CreditMatch.objects, "amount") == given
    assert set(Order.objects.values_list("status", flat=True)) == {"completed"}
    names = Counter(OutboxEvent.objects.values_list("name", flat=True))
    assert (names["import.completed"], names["order.placed"]) == (1, 0)


def test_three_months_one_after_the_other_and_again_change_nothing_the_second_time():
    paths = [oracle.month(name) for name in oracle.MONTHS]
    retail()
    first = [bring_in(path)[1] for path in paths]
    events = OutboxEvent.objects.exclude(name="import.completed").count()

    again = [bring_in(path) for path in paths]

    assert [code for code, _ in again] == [0, 0, 0]
    assert [_reported(answer) for _, answer in again] == [_reported(answer) for answer in first]
    assert [(answer["created"], answer["revised"], answer["rejects"]) for _, answer in again] == [(0, 0, 0)] * 3
    assert [answer["credits"]["matched"] for _, answer in again] == [answer["credits"]["matched"] for answer in first]
    assert OutboxEvent.objects.exclude(name="import.completed").count() == events
