from __future__ import annotations

import pytest
from django.db import IntegrityError, connection, transaction

from inventory.enums import MovementKind
from inventory.models import StockMovement
from inventory.services import ledger
from oms.core import ids
from oms.core.transactions import atomic
from tests.scenarios import STAFF, place, shop

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE inventory_stockmovement SET note = 'rewritten'",
        "UPDATE inventory_stockmovement SET delta_on_hand = 0",
        "DELETE FROM inventory_stockmovement",
    ],
)
def test_the_database_refuses_to_rewrite_the_ledger(statement):
    here = shop({"W1": {"LAMP": 2}})
    place(here, {"LAMP": 1})
    before = list(StockMovement.objects.order_by("seq").values())

    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)

    assert list(StockMovement.objects.order_by("seq").values()) == before


def test_rows_count_without_gaps_and_carry_what_was_there_after_them():
    here = shop({"W1": {"LAMP": 9}})

    place(here, {"LAMP": 2})
    place(here, {"LAMP": 3})

    rows = StockMovement.objects.order_by("seq").values_list("seq", "kind", "on_hand_after", "reserved_after")
    assert list(rows) == [(1, "opening", 9, 0), (2, "reserve", 9, 2), (3, "reserve", 9, 5)]
    times = list(StockMovement.objects.order_by("seq").values_list("occurred_at", flat=True))
    assert times == sorted(times)


@pytest.mark.parametrize("change", [{"on_hand": -3}, {"reserved": 3}, {"reserved": -1}, {"backordered": -1}])
def test_the_database_refuses_a_counter_that_cannot_be(change):
    here = shop({"W1": {"LAMP": 2}})
    movement = ledger.Movement(level_id=here.level("LAMP").pk, kind=MovementKind.ADJUST, **change)

    with pytest.raises(IntegrityError), atomic():
        ledger.post([movement], actor=STAFF)

    assert here.sra("LAMP") == (2, 0, 2)
    assert StockMovement.objects.count() == 1


def test_a_movement_of_a_level_that_does_not_exist_or_comes_twice_is_a_mistake():
    here = shop({"W1": {"LAMP": 2}})
    known = ledger.Movement(level_id=here.level("LAMP").pk, kind=MovementKind.ADJUST, on_hand=1)
    twice = ledger.Movement(level_id=known.level_id, kind=MovementKind.ADJUST, on_hand=1)
    unknown = ledger.Movement(level_id=ids.new_id(), kind=MovementKind.ADJUST, on_hand=1)

    for movements in ([known, unknown], [known, twice]):
        with pytest.raises(ValueError, match="does not exist, or one level twice"), atomic():
            ledger.post(movements, actor=STAFF)

    assert here.sra("LAMP") == (2, 0, 2)
