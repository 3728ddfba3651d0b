"""Rows are locked in one order, so that two services cannot wait for each other."""

from __future__ import annotations

from contextlib import nullcontext

import pytest
from django.db import transaction

from inventory.models import StockLocation
from oms.core.locks import LockOrderViolation, Rank, lock, made
from oms.core.transactions import atomic
from tests.factories import StockLocationFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def rows():
    return sorted((StockLocationFactory() for _ in range(3)), key=lambda row: row.pk)


def these(*rows):
    return StockLocation.objects.filter(pk__in=[row.pk for row in rows])


def test_rows_are_locked_and_read_in_the_order_of_their_ids(rows, django_assert_num_queries):
    with atomic(), django_assert_num_queries(1) as captured:
        found = lock(Rank.LEVEL, these(*rows).order_by("-code"))

    assert found == rows
    assert captured.captured_queries[-1]["sql"].endswith(
        'ORDER BY "inventory_stocklocation"."id" ASC FOR UPDATE OF "inventory_stocklocation"'
    )


@pytest.mark.parametrize(
    ("first", "then"),
    [(before, after) for before in Rank for after in Rank if before > after],
)
def test_a_lower_rank_is_not_locked_after_a_higher_one(rows, first, then):
    with atomic():
        lock(first, these(rows[1]))
        with pytest.raises(LockOrderViolation, match=f"{then.name} is locked after {first.name}"):
            lock(then, these(rows[2]))


def test_ranks_are_locked_upwards(rows):
    with atomic():
        locked = [lock(rank, these(rows[0]))[0] for rank in Rank]

    assert locked == [rows[0]] * len(Rank)


def test_within_a_rank_rows_are_not_locked_against_the_order_of_their_ids(rows):
    with atomic():
        lock(Rank.LEVEL, these(rows[1]))
        with pytest.raises(LockOrderViolation, match="not in the order of their ids"):
            lock(Rank.LEVEL, these(rows[0]))


def test_what_is_locked_already_may_be_locked_again_at_any_time(rows):
    with atomic():
        lock(Rank.ORDER, these(rows[0], rows[1]))
        lock(Rank.LEVEL, these(rows[2]))
        again = lock(Rank.ORDER, these(rows[0]))

    assert again == [rows[0]]


def test_a_lock_is_forgotten_when_its_service_ends(rows):
    with atomic():
        lock(Rank.LEVEL, these(rows[0]))

    with atomic():
        assert lock(Rank.ORDER, these(rows[0])) == [rows[0]]


@pytest.mark.parametrize("around", [nullcontext, transaction.atomic])
def test_outside_of_a_service_nothing_is_locked(rows, around):
    with around(), pytest.raises(LockOrderViolation, match="inside a transaction"):
        lock(Rank.ORDER, these(rows[0]))


def test_what_was_locked_after_a_savepoint_is_forgotten_on_the_way_back_to_it(rows):
    """PostgreSQL lets go of it too, so that one may begin anew with more, in order."""

    @atomic(savepoint=True)
    def lock_and_go_back():
        lock(Rank.LEVEL, these(rows[1]))
        raise RuntimeError("once more")

    with atomic():
        with pytest.raises(RuntimeError, match="once more"):
            lock_and_go_back()
        lock(Rank.ORDER, these(rows[0]))
        found = lock(Rank.LEVEL, these(rows[1]))

    assert found == [rows[1]]


def test_a_row_that_was_just_made_may_be_locked_whatever_else_is(rows):
    with atomic():
        lock(Rank.LEVEL, these(rows[0]))
        fresh = StockLocationFactory()
        made(Rank.ORDER, [fresh.pk])

        assert lock(Rank.ORDER, these(fresh)) == [fresh]
        with pytest.raises(LockOrderViolation):
            lock(Rank.ORDER, these(rows[1]))
