"""One service, one transaction: who joins sets no savepoint, and a refusal takes the whole down."""

from __future__ import annotations

from contextlib import suppress

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from inventory.models import StockLocation
from oms.core.transactions import atomic, held_locks, in_service_transaction
from tests.factories import StockLocationFactory

pytestmark = pytest.mark.django_db


@atomic()
def make_location(name: str) -> StockLocation:
    return StockLocationFactory(code=name, name=name)


def statements(act):
    with CaptureQueriesContext(
        connection,
    ) as captured:
        act()
    return [query["sql"].split()[0] for query in captured.captured_queries]


def test_a_service_that_calls_another_joins_its_transaction_without_a_savepoint():
    def both():
        with atomic():
            make_location("a")
            make_location("b")

    assert statements(both) == ["SAVEPOINT", "INSERT", "INSERT", "RELEASE"]  # the test's own transaction is around it


@atomic()
def refuse_after_making(name: str) -> None:
    make_location(name)
    raise ValueError("refused")


@atomic()
def make_and_go_on(*names: str, after_refusal: str) -> None:
    """What no service should do: catch a refusal of another, and write on."""
    for name in names:
        make_location(name)
    with suppress(ValueError):
        refuse_after_making("b")
    make_location(after_refusal)


def test_a_refusal_rolls_back_everything_also_what_an_outer_service_wrote():
    with pytest.raises(ValueError, match="refused"), atomic():
        (make_location("a"), refuse_after_making("b"))

    assert StockLocation.objects.count() == 0


def test_a_refusal_of_an_inner_service_cannot_be_swallowed():
    with pytest.raises(transaction.TransactionManagementError):
        make_and_go_on("a", after_refusal="c")

    assert StockLocation.objects.count() == 0


def test_with_a_savepoint_a_refusal_can_be_caught_and_what_came_before_it_stays():
    with atomic():
        make_location("a")
        with pytest.raises(ValueError, match="refused"), atomic(savepoint=True):
            refuse_after_making("b")
        make_location("c")

    assert list(StockLocation.objects.order_by("code").values_list("code", flat=True)) == ["a", "c"]


def test_whether_a_transaction_is_open_does_not_depend_on_the_test_around_it():
    before = in_service_transaction()
    with atomic():
        inside = in_service_transaction()

    assert (before, inside, in_service_transaction()) == (False, True, False)


def test_locks_are_remembered_within_a_service_also_when_somebody_else_opened_the_transaction():
    with transaction.atomic():
        assert held_locks() is None
        with atomic():
            assert held_locks() == {}
            with atomic():
                assert held_locks() == {}
            assert held_locks() == {}
        assert held_locks() is None


def test_after_a_refusal_nothing_is_remembered():
    with pytest.raises(ValueError, match="refused"), atomic():
        raise ValueError("refused")

    assert held_locks() is None
