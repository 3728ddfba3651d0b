"""One record that the database does not take is left out; the others of the file come in."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, connection

from channels.models import ImportRun
from oms.core.models import OutboxEvent
from orders.models import CreditLine, Order
from tests.channels.importing import bring_in, ndjson_file, order, rejects, retail, retail_file, row
from tests.scenarios import shop

pytestmark = pytest.mark.django_db


def _rule(table: str, condition: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} ADD CONSTRAINT rule_of_test CHECK ({condition})")


REASON = "This cannot be stored: it breaks the rule rule_of_test (SQLSTATE 23514)."


@pytest.mark.parametrize("stock", ["skip", "update"])
def test_only_the_guilty_record_of_a_chunk_is_rejected(tmp_path, stock):
    house = shop({"W1": {"LAMP": 50}})
    _rule("orders_order", "email <> 'bad@example.com'")
    orders = [order(str(number), email=f"{'bad' if number == 2 else number}@example.com") for number in range(5)]
    path = ndjson_file(tmp_path / "f.ndjson", *orders)

    code, answer = bring_in(path, house.channel.code, stock=stock)
    again = bring_in(path, house.channel.code, stock=stock)[1]

    assert (code, answer["created"], answer["rejects"]) == (1, 4, 1)
    assert (again["created"], again["unchanged"], again["rejects"]) == (0, 4, 1)
    assert rejects() == [(3, "", "2", REASON)] * 2
    assert sorted(Order.objects.values_list("external_id", flat=True)) == ["0", "1", "3", "4"]


def test_it_stops_at_the_guilty_record_when_asked_to(tmp_path):
    house = shop({"W1": {"LAMP": 50}})
    _rule("orders_order", "external_id <> '2'")
    path = ndjson_file(tmp_path / "f.ndjson", *[order(str(number)) for number in range(5)])

    code, answer = bring_in(path, house.channel.code, on_error="stop")

    assert (answer["status"], answer["created"], rejects()) == ("stopped", 2, [(3, "", "2", REASON)])
    assert code == 2


def test_a_credit_and_a_revision_that_cannot_be_stored_are_rejected_alone(tmp_path):
    retail()
    sales = [row("1", "A", 6), row("2", "B", 6)]
    bring_in(retail_file(tmp_path / "1.csv", *sales))
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    _rule("orders_creditline", "amount < 5")
    _rule("orders_orderline", "quantity <> 7")
    changed = [row("1", "A", 6), row("2", "B", 7)]
    credits_ = [
        row(number, "A", units, InvoiceDate="2010-12-02 09:00:00")
        for number, units in (("C3", -1), ("C4", -3), ("C5", -1))
    ]

    answer = bring_in(retail_file(tmp_path / "2.csv", *changed, *credits_))[1]

    assert (answer["created"], answer["revised"], answer["unchanged"], answer["rejects"]) == (2, 0, 1, 2)
    assert [reject[2:] for reject in rejects()] == [("2", REASON), ("C4", REASON)]
    assert CreditLine.objects.count() == 2


def test_a_run_that_the_database_ends_tells_no_row(tmp_path):
    house = shop({"W1": {"LAMP": 50}})
    _rule("channels_importrun", "cursor < 1")
    path = ndjson_file(tmp_path / "bob@example.com", order("1", email="bob@example.com"))

    with pytest.raises(IntegrityError):
        bring_in(path, house.channel.code)

    run = ImportRun.objects.get()
    assert (run.status, run.error) == ("failed", "IntegrityError: it breaks the rule rule_of_test (SQLSTATE 23514)")
    assert OutboxEvent.objects.get(name="import.failed").data["error"] == run.error
