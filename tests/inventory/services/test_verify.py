from __future__ import annotations

import json
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from inventory.enums import AdjustmentReason
from inventory.errors import UnknownSku
from inventory.models import InventoryLevel, Reservation, StockMovement
from inventory.providers.base import Difference, Proof, StockThen
from inventory.services.adjustments import adjust_stock
from inventory.services.verify import stock_at, verify_stock
from orders.services.fulfilling import create_fulfillment
from tests.scenarios import STAFF, Shop, items_of, place, placed_order, shop

pytestmark = pytest.mark.django_db


@pytest.fixture
def tampering(db):
    """The ledger without its guard, as somebody with the database's password could have it."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE inventory_stockmovement DISABLE TRIGGER inventory_ledger_is_append_only")


def busy() -> Shop:
    """Opening stock, an order over both locations that is partly backordered, a fulfillment, a correction."""
    here = shop({"W1": {"LAMP": 3}, "W2": {"LAMP": 2}}, allow_backorder=True)
    order = placed_order(here, {"LAMP": 7})
    create_fulfillment(
        order_id=order.pk, items=items_of(order, {"LAMP": 2}), location_id=here.locations["W1"].pk, actor=STAFF
    )
    adjust_stock(
        item_id=here.items["LAMP"].pk,
        location_id=here.locations["W2"].pk,
        delta=5,
        reason=AdjustmentReason.RECEIVED,
        actor=STAFF,
    )
    return here


def difference(level: InventoryLevel, what: str, expected: object, found: object, row: int | None = None) -> Difference:
    return Difference(level.public_id, level.item.sku, level.location.code, what, str(expected), str(found), row)


def test_stock_that_went_through_the_services_adds_up():
    busy()

    assert verify_stock() == Proof(levels=2, ledger_rows=6, differences=[])


def test_a_house_without_stock_adds_up():
    assert verify_stock() == Proof(levels=0, ledger_rows=0, differences=[])


def test_a_counter_that_moved_without_the_ledger_is_named():
    level = busy().level("LAMP")
    InventoryLevel.objects.filter(pk=level.pk).update(on_hand=9, incoming=4)

    assert verify_stock().differences == [
        difference(level, "on hand and the sum of the ledger", level.on_hand, 9),
        difference(level, "incoming and the sum of the ledger", 0, 4),
        difference(level, "incoming and the open arrivals and transfers", 0, 4),
    ]


def test_a_reservation_that_the_counters_do_not_know_is_named():
    level = busy().level("LAMP")
    Reservation.objects.create(level=level, quantity=1, backordered=2)

    assert verify_stock().differences == [
        difference(level, "reserved and the open reservations", level.reserved + 1, level.reserved),
        difference(level, "backordered and the open reservations", level.backordered + 2, level.backordered),
    ]


def test_a_forged_ledger_row_is_named_by_its_number(tampering):
    level = busy().level("LAMP", "W2")
    StockMovement.objects.filter(level=level, seq=3).update(delta_on_hand=6)

    assert verify_stock().differences == [
        difference(level, "on hand and the sum of the ledger", level.on_hand + 1, level.on_hand),
        difference(level, "running on hand of the ledger", level.on_hand + 1, level.on_hand, row=3),
    ]


def test_a_ledger_row_that_is_gone_is_named_by_the_one_behind_it(tampering):
    level = busy().level("LAMP", "W2")
    StockMovement.objects.filter(level=level, seq=2).delete()

    found = verify_stock().differences

    assert [(each.what, each.expected, each.found, each.row) for each in found] == [
        ("reserved and the sum of the ledger", "0", "2", None),
        ("numbers of the ledger without gaps", "2", "3", 3),
        ("running reserved of the ledger", "0", "2", 3),
    ]


def test_a_time_that_goes_back_is_named(tampering):
    level = busy().level("LAMP", "W2")
    first, last = StockMovement.objects.filter(level=level, seq__in=[2, 3]).order_by("seq")
    earlier = first.occurred_at - timedelta(hours=1)
    StockMovement.objects.filter(pk=last.pk).update(occurred_at=earlier)

    assert verify_stock().differences == [
        difference(level, "times of the ledger that do not go back", first.occurred_at, earlier, row=3)
    ]


def test_one_item_is_proven_without_the_others():
    here = shop({"W1": {"LAMP": 1, "BULB": 1}})
    InventoryLevel.objects.filter(pk=here.level("BULB").pk).update(on_hand=7)

    assert verify_stock(sku="LAMP") == Proof(levels=1, ledger_rows=1, differences=[])
    with pytest.raises(UnknownSku):
        verify_stock(sku="NONE")


def test_stock_of_the_past_is_told_from_the_ledger():
    here = shop({"W1": {"LAMP": 3}, "W2": {"BULB": 1}})
    place(here, {"LAMP": 2})
    then = StockMovement.objects.order_by("occurred_at").last().occurred_at
    adjust_stock(
        item_id=here.items["LAMP"].pk, location_id=here.locations["W1"].pk, delta=5, reason="received", actor=STAFF
    )

    assert list(stock_at(then)) == [StockThen("BULB", "w2", 1, 0, 0), StockThen("LAMP", "w1", 3, 2, 0)]
    assert list(stock_at(then, sku="LAMP")) == [StockThen("LAMP", "w1", 3, 2, 0)]
    assert list(stock_at(then - timedelta(days=1))) == []


def run(*args: str) -> tuple[int, str]:
    out = StringIO()
    try:
        call_command("verify_stock", *args, stdout=out)
    except SystemExit as end:
        return int(end.code), out.getvalue()
    return 0, out.getvalue()


def test_the_command_exits_with_0_when_proven_and_1_when_not():
    level = busy().level("LAMP")

    proven = run("--json")
    InventoryLevel.objects.filter(pk=level.pk).update(on_hand=9)
    broken, told = run("--json")

    assert proven[0] == 0
    assert json.loads(proven[1]) | {"seconds": 0} == {
        "levels": 2,
        "ledger_rows": 6,
        "seconds": 0,
        "differences": [],
    }
    assert broken == 1
    assert json.loads(told)["differences"] == [
        {
            "level": level.public_id,
            "sku": "LAMP",
            "location": "w1",
            "what": "on hand and the sum of the ledger",
            "expected": "1",
            "found": "9",
            "row": None,
        }
    ]


def test_the_command_prints_the_stock_of_an_instant():
    shop({"W1": {"LAMP": 3}})
    now = StockMovement.objects.get().occurred_at.isoformat()

    assert json.loads(run("--at", now, "--json")[1]) == [
        {"sku": "LAMP", "location": "w1", "on_hand": 3, "reserved": 0, "backordered": 0}
    ]
    assert [line.split() for line in run("--at", now)[1].splitlines()] == [
        ["sku", "location", "on", "hand", "reserved", "backordered"],
        ["LAMP", "w1", "3", "0", "0"],
    ]


@pytest.mark.parametrize(
    ("args", "reason"),
    [
        (["--at", "2026-01-31T18:00:00"], "without a zone"),
        (["--at", "yesterday"], "not a time"),
        (["--item", "NONE"], "no inventory item with sku NONE"),
    ],
)
def test_a_question_that_cannot_be_answered_exits_with_2(args, reason):
    with pytest.raises(CommandError, match=reason) as refused:
        run(*args)

    assert refused.value.returncode == 2
