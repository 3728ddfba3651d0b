"""What needs a person is few among very many rows: each kind is found by an index of its own."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib import admin
from django.db import connection
from django.test import RequestFactory

from oms.web.console import attention
from tests.factories import StaffFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("new_tables")]

INDEXES = {
    "captures-declined": "attempt_trouble",
    "refunds-declined": "attempt_trouble",
    "payments-unknown": "attempt_hanging",
    "payments-contradicted": "providerevent_trouble",
    "payments-disputed": "providerevent_trouble",
    "payment-webhooks": "webhook_trouble",
    "payments-unallocated": "payment_without_order",
    "payments-odd": "payment_with_problem",
    "authorizations": "payment_expiring",
    "authorizations-ended": "payment_expiring",
    "owed": "order_owed",
    "cancel-refused": "order_by_status",
}


def plan(rows: Any) -> str:
    """As of a table too large to be read from its beginning, by an index in whose order the rows come."""
    with connection.cursor() as cursor:
        for method in ("seqscan", "bitmapscan", "sort", "incremental_sort"):
            cursor.execute(f"SET LOCAL enable_{method} = off")
    explained: str = rows[: attention.PER_PAGE].explain()
    return explained


@pytest.mark.parametrize("name", INDEXES)
def test_each_kind_of_matter_about_money_is_found_by_its_index(name):
    request = RequestFactory().get("/")
    request.user = StaffFactory()
    kind = attention.kind_of(request, name)

    assert kind is not None
    assert admin.site.is_registered(kind.model)
    assert f"using {INDEXES[name]} " in plan(kind.rows(request))
