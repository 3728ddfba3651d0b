"""Where payments and collections stand, by their amounts."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.utils import timezone

from payments import policies, selectors
from payments.enums import CollectionStatus, PaymentStatus
from payments.models import Payment
from tests.scenarios import placed_order, shop


@pytest.mark.parametrize(
    ("amount", "held", "captured", "canceled", "tries", "status"),
    [
        (100, 0, 0, False, [], "not_paid"),
        (100, 0, 0, False, ["pending"], "awaiting"),
        (100, 0, 0, False, ["error", "requires_more"], "awaiting"),
        (100, 0, 0, False, ["error"], "failed"),
        (100, 0, 0, False, ["error", "canceled"], "failed"),
        (100, 0, 0, False, ["canceled"], "not_paid"),
        (100, 99, 0, False, ["authorized"], "partially_authorized"),
        (100, 100, 0, False, ["authorized"], "authorized"),
        (100, 40, 0, False, ["error", "authorized"], "partially_authorized"),
        (100, 100, 1, False, ["authorized"], "partially_captured"),
        (100, 100, 100, False, ["captured"], "completed"),
        (100, 120, 120, False, ["captured"], "completed"),
        (100, 0, 0, True, ["canceled"], "canceled"),
        (100, 40, 40, True, ["captured"], "partially_captured"),
        (0, 0, 0, False, [], "not_paid"),
    ],
)
def test_a_collection_stands_where_its_money_stands(amount, held, captured, canceled, tries, status):
    told = policies.collection_status(
        amount=Decimal(amount), held=Decimal(held), captured=Decimal(captured), canceled=canceled, tries=tries
    )

    assert told == CollectionStatus(status)


@pytest.mark.django_db
def test_sql_finds_payments_where_the_policy_says_they_stand():
    order = placed_order(shop({"W1": {"LAMP": 5}}), {"LAMP": 1})
    for captured, refunded, gone in [
        *[(0, 0, False), (0, 0, True), (4, 0, False), (4, 0, True), (10, 0, False)],
        *[(4, 1, False), (4, 4, False), (4, 4, True), (10, 9, False), (10, 10, False)],
    ]:
        Payment.objects.create(
            order=order,
            currency="USD",
            amount=10,
            captured=captured,
            refunded=refunded,
            canceled_at=timezone.now() if gone else None,
        )
    rows = list(Payment.objects.all())

    found = {status: set(Payment.objects.filter(selectors.in_status([status]))) for status in PaymentStatus}

    assert found == {
        status: {row for row in rows if policies.payment_status(row) == status} for status in PaymentStatus
    }
    assert all(found.values())
    assert sum(map(len, found.values())) == len(rows)
