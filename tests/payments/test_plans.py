"""Lists and tasks of payments look at what they find, however many rows there are that they do not find.

Plans are asked for without sequential scans: then an index that only has the rows that are meant is taken where there
is one, whatever PostgreSQL thinks of a small table.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from django.contrib import admin
from django.db import connection
from django.db.models import QuerySet
from django.http import QueryDict
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext

from oms.core import ids
from oms.web.limits import Limits, narrow
from oms.web.models import StaffLimits
from oms.web.queries import Asked, filtered
from payments.api.filters import PaymentFilters
from payments.models import (
    GiftCard,
    GiftCardEntry,
    Payment,
    PaymentAttempt,
    PaymentSession,
    ProviderEvent,
    ProviderWebhook,
    StoreCreditAccount,
)
from payments.services import expiring, resuming
from tests.console import changelist
from tests.factories import StaffFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("new_tables")]

OR = (" OR ", "SubPlan")  # rows are looked at one by one
SOME_ID = ids.new_id()

LISTS = {
    (PaymentAttempt, "state__in=pending"): "attempt_pending",
    (PaymentAttempt, "act__in=refund"): "attempt_back",
    (PaymentAttempt, "act__in=void"): "attempt_back",
    (ProviderWebhook, "problem__in=failed"): "webhook_with_problem",
    (GiftCard, "status=disabled"): "giftcard_disabled",
    (Payment, "waits=open"): "attempt_open_of_payment",
    (Payment, "waits=capture"): "payment_to_capture",
}
STATUSES = {
    "authorized": "payment_to_capture",
    "canceled": "payment_let_go",
    "partially_captured": "payment_taken_in_part",
    "partially_refunded": "payment_refunded",
    "refunded": "payment_refunded",
}
FILTERS = {
    "captured_at[$lt]=2020-01-01": "payment_captured_at",
    "reference=ch_1": "payment_reference",
    "waiting=true": "attempt_open_of_payment",
} | {f"status={status}": index for status, index in STATUSES.items()}


def plan(rows: QuerySet[Any]) -> str:
    return explained(*rows.query.sql_with_params())


def explained(sql: str, values: Sequence[Any] = ()) -> str:
    with connection.cursor() as cursor:
        for method in ("seqscan", "bitmapscan"):
            cursor.execute(f"SET LOCAL enable_{method} = off")
        cursor.execute(f"EXPLAIN {sql}", values or None)
        return "\n".join(line for (line,) in cursor.fetchall())


def listed(client: Client, model: Any, query: str) -> QuerySet[Any]:
    """What the console lists, in no order."""
    client.force_login(StaffFactory())
    rows: QuerySet[Any] = client.get(changelist(model), QueryDict(query).dict()).context["cl"].queryset
    return rows.order_by()


def searched(model: Any, term: str) -> QuerySet[Any]:
    request = RequestFactory().get("/")
    request.user = StaffFactory()
    shown = admin.site.get_model_admin(model)
    rows, _ = shown.get_search_results(request, shown.get_queryset(request), term)
    return rows


def asked(query: str) -> QuerySet[Any]:
    wanted = Asked(query, mutable=True)
    wanted.limits = Limits()
    return filtered(PaymentFilters, wanted, Payment.objects.order_by())


@pytest.mark.parametrize(("model", "query"), LISTS)
def test_what_few_rows_are_is_listed_from_an_index_of_these(client, model, query):
    assert f"using {LISTS[model, query]} " in plan(listed(client, model, query))


@pytest.mark.parametrize("query", FILTERS)
def test_what_the_api_is_asked_for_is_found_by_an_index(query):
    assert f"using {FILTERS[query]} " in plan(asked(query))


def test_an_amount_is_looked_for_among_payments_of_the_time_that_is_given():
    assert "Index Cond: (id >= '" in plan(asked("amount=7.77&created_at[$gte]=2026-01-01"))


@pytest.mark.parametrize(
    ("model", "term"),
    [
        (Payment, "1001"),
        (Payment, "ch_1"),
        pytest.param(GiftCardEntry, str(SOME_ID), id="GiftCardEntry-id"),
        (GiftCardEntry, "7H2K"),
        (StoreCreditAccount, "Ada@example.com"),
    ],
)
def test_a_search_over_two_tables_asks_each_by_its_index(model, term):
    found = plan(searched(model, term).order_by())

    assert [word for word in (*OR, "upper(", "Seq Scan on payments_payment ") if word in found] == []


def test_a_collections_payments_are_asked_for_by_both_of_its_indexes():
    found = plan(asked("payment_collection_id=" + ids.encode(ids.PAYMENT_COLLECTION, SOME_ID)))

    assert [word for word in OR if word in found] == []


@pytest.mark.parametrize("model", [PaymentSession, PaymentAttempt, ProviderEvent])
def test_who_sees_one_channel_is_led_from_a_record_to_its_order_on_one_way(model):
    found = plan(narrow(model.objects.order_by(), Limits(channels=frozenset([SOME_ID]))))

    assert [word for word in OR if word in found] == []


def test_what_some_see_of_the_records_is_counted_in_the_order_of_the_list():
    request = RequestFactory().get("/")
    request.user = StaffFactory(is_superuser=False)
    StaffLimits.objects.create(user=request.user, channel_ids=[])
    shown = admin.site.get_model_admin(ProviderEvent)

    with CaptureQueriesContext(connection) as queries:
        paginator = shown.get_paginator(request, ProviderEvent.objects.order_by("-id"), 50)
        assert (paginator.count, paginator.most) == (0, 1000)

    assert 'ORDER BY "payments_providerevent"."id" DESC LIMIT 1000' in queries.captured_queries[-1]["sql"]


def test_the_day_on_which_a_card_was_issued_is_found_by_its_id(client):
    found = plan(listed(client, GiftCard, "created_at_from=2020-01-01&created_at_to=2020-01-02"))

    assert "Index Cond: ((id >= '" in found


def test_what_hangs_is_found_among_what_is_looked_at_again():
    with CaptureQueriesContext(connection) as queries:
        resuming.due_attempts()

    assert "using attempt_awaited " in explained(queries.captured_queries[0]["sql"])


def test_what_ends_is_found_without_a_look_at_every_capture():
    assert "using attempt_last_capture " in plan(expiring.held(Payment.objects.order_by()))
