from __future__ import annotations

import csv
import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inventory.models import InventoryItem, InventoryLevel, StockLocation, StockMovement
from inventory.services.adjustments import set_safety_stock
from inventory.services.deletion import delete_level
from inventory.services.importing import Outcome, import_stock
from inventory.services.verify import verify_stock
from inventory.stock_file import Reject
from oms.core.errors import DomainError
from oms.core.models import OutboxEvent
from tests.factories import StockLocationFactory
from tests.scenarios import STAFF, kit, place, shop

pytestmark = pytest.mark.django_db
HEADER = "sku,title,location,on_hand"


def run(tmp_path: Path, *rows: str, header: str = HEADER, dry_run: bool = False) -> tuple[Outcome, list[Reject]]:
    path = tmp_path / "stock.csv"
    path.write_text("\n".join([header, *rows]) + "\n")
    rejects: list[Reject] = []
    return import_stock(path, actor=STAFF, reject=rejects.append, dry_run=dry_run), rejects


def stock() -> list[tuple[str, str, int, int]]:
    rows = InventoryLevel.objects.kept().order_by("item__sku", "location__code")
    return list(rows.values_list("item__sku", "location__code", "on_hand", "safety_stock"))


def test_items_locations_and_counts_are_made(tmp_path):
    header = f"{HEADER},location_name,priority,allow_backorder,is_stocked,requires_shipping,safety_stock,barcode"

    outcome, rejects = run(
        tmp_path,
        "LAMP,Lamp,w1,3,West,1,yes,,,2,400",
        "LAMP,,w2,4,,,,,,,",
        "GIFT,Gift card,,,,,,no,no,,",
        header=header,
    )

    assert rejects == []
    assert outcome == Outcome(rows=3, unchanged=1, levels_changed=2, items_created=2, locations_created=2)
    assert stock() == [("LAMP", "w1", 3, 2), ("LAMP", "w2", 4, 0)]
    items = InventoryItem.objects.values_list(
        "sku", "title", "is_stocked", "allow_backorder", "requires_shipping", "barcode"
    )
    assert list(items) == [("GIFT", "Gift card", False, False, False, ""), ("LAMP", "Lamp", True, True, True, "400")]
    assert list(StockLocation.objects.values_list("code", "name", "priority")) == [("w1", "West", 1), ("w2", "w2", 100)]
    ledger = StockMovement.objects.order_by("level__location__code").values_list(
        "kind", "delta_on_hand", "reason", "note", "actor"
    )
    assert list(ledger) == [
        ("opening", 3, "import", "stock.csv line 2", STAFF.as_dict()),
        ("opening", 4, "import", "stock.csv line 3", STAFF.as_dict()),
    ]
    assert verify_stock().differences == []


def test_a_repeat_changes_nothing(tmp_path):
    rows = ["LAMP,Lamp,w1,3", "BULB,Bulb,w1,0", "BULB,Bulb,w2,5"]
    run(tmp_path, *rows)

    before = (
        InventoryItem.objects.get(sku="LAMP").updated_at,
        StockMovement.objects.count(),
        OutboxEvent.objects.count(),
    )
    again, _ = run(tmp_path, *rows)

    assert again == Outcome(rows=3, unchanged=3)
    assert before == (InventoryItem.objects.get(sku="LAMP").updated_at, 2, 2)


def test_a_recount_is_one_ledger_row_and_one_event_for_each_level_that_differs(tmp_path):
    here = shop({"w1": {"LAMP": 3, "BULB": 2}})

    outcome, _ = run(tmp_path, "LAMP,,w1,7", "BULB,,w1,2")

    level = here.level("LAMP", "w1")
    movement = StockMovement.objects.get(level=level, seq=2)
    assert outcome == Outcome(rows=2, unchanged=1, levels_changed=1)
    assert (movement.kind, movement.delta_on_hand, movement.on_hand_after) == ("count", 4, 7)
    (event,) = OutboxEvent.objects.all()
    assert (event.name, event.stream, event.sequence) == ("inventory.level_changed", level.pk, 2)
    assert event.data == {
        "level_id": level.public_id,
        "item_id": level.item.public_id,
        "location_id": level.location.public_id,
        "sku": "LAMP",
        "kind": "count",
        "reason": "import",
        "delta_on_hand": 4,
        "on_hand": 7,
        "reserved": 0,
        "safety_stock": 0,
        "available": 7,
        "backordered": 0,
        "incoming": 0,
    }


def test_filled_cells_change_what_is_known_and_empty_ones_leave_it(tmp_path):
    header = f"{HEADER},location_name,safety_stock,allow_backorder"
    run(tmp_path, "LAMP,Lamp,w1,3,West,1,yes", header=header)

    outcome, _ = run(tmp_path, "LAMP,,w1,3,,,", "LAMP,Lantern,w2,1,,,no", header=header)
    safety, _ = run(tmp_path, "LAMP,,w1,3,Far West,2,", header=header)

    assert outcome == Outcome(rows=2, unchanged=1, levels_changed=1, items_updated=1, locations_created=1)
    assert safety == Outcome(rows=1, levels_changed=1, locations_updated=1)
    item = InventoryItem.objects.get()
    assert (item.title, item.allow_backorder) == ("Lantern", False)
    assert StockLocation.objects.get(code="w1").name == "Far West"
    assert stock() == [("LAMP", "w1", 3, 2), ("LAMP", "w2", 1, 0)]
    assert StockMovement.objects.filter(kind="safety").count() == 1
    assert verify_stock().differences == []


def test_bad_rows_are_named_in_the_order_of_the_file_and_the_others_are_done(tmp_path):
    here = shop({"w1": {"LAMP": 3, "GONE": 5}})
    place(here, {"LAMP": 2})
    InventoryItem.objects.create(sku="GIFT", is_stocked=False)
    header = f"{HEADER},is_stocked"

    outcome, rejects = run(
        tmp_path,
        "LAMP,Lamp,w1,1,",
        "BULB,Bulb,w1,x,",
        "TWIN,Twin,w1,1,",
        "GIFT,Gift,w1,4,",
        "GOOD,Good,w1,6,",
        "GONE,Gone,w1,,no",
        "TWIN,Twin,w1,2,",
        header=header,
    )

    assert rejects == [
        Reject(2, "on_hand", "on_hand: 2 of LAMP are reserved at w1, so there cannot be only 1.", "LAMP,Lamp,w1,1,"),
        Reject(3, "on_hand", "on_hand: 'x' is not a whole number.", "BULB,Bulb,w1,x,"),
        Reject(4, "sku, location", "TWIN at w1 stands in lines 4, 8.", "TWIN,Twin,w1,1,"),
        Reject(5, "on_hand", "on_hand: GIFT is not stocked.", "GIFT,Gift,w1,4,"),
        Reject(7, "is_stocked", "is_stocked: there is stock of GONE, so it stays stocked.", "GONE,Gone,w1,,no"),
        Reject(8, "sku, location", "TWIN at w1 stands in lines 4, 8.", "TWIN,Twin,w1,2,"),
    ]
    assert (outcome.rejected, outcome.levels_changed) == (6, 1)
    assert here.sra("LAMP", "w1") == (3, 2, 1)
    assert not InventoryItem.objects.filter(sku__in=["TWIN", "BULB"]).exists()
    assert verify_stock().differences == []


def test_a_kit_is_not_counted_and_what_it_consists_of_stays_stocked(tmp_path):
    here = shop({"w1": {"LAMP": 0}})
    kit(here, "GIFT", {"LAMP": 2})

    outcome, rejects = run(tmp_path, "GIFT,Gift,w1,4,", "LAMP,Lamp,w1,,no", header=f"{HEADER},is_stocked")

    assert [(each.line, each.reason) for each in rejects] == [
        (2, "on_hand: GIFT is a kit: its components are counted."),
        (3, "is_stocked: LAMP is a kit or a component of one: it stays stocked."),
    ]
    assert outcome.levels_changed == 0
    assert here.sra("LAMP", "w1") == (0, 0, 0)


def test_a_dry_run_tells_the_same_and_writes_nothing(tmp_path):
    here = shop({"w1": {"LAMP": 3}})
    place(here, {"LAMP": 2})
    rows = ["LAMP,Lantern,w1,9", "BULB,Bulb,w2,1", "VASE,Vase,w2,0", "TWIN,,w1,1", "TWIN,,w1,1"]
    before = (stock(), StockMovement.objects.count(), OutboxEvent.objects.count(), InventoryItem.objects.count())

    dry, dry_rejects = run(tmp_path, *rows, dry_run=True)
    after = (stock(), StockMovement.objects.count(), OutboxEvent.objects.count(), InventoryItem.objects.count())
    wet, wet_rejects = run(tmp_path, *rows)

    assert before == after
    assert (dry, dry_rejects) == (wet, wet_rejects)
    assert wet == Outcome(
        rows=5, rejected=2, unchanged=1, levels_changed=2, items_created=2, items_updated=1, locations_created=1
    )


def test_a_count_brings_a_deleted_level_back(tmp_path):
    here = shop({"w1": {"LAMP": 0, "BULB": 0}})
    place_id = here.locations["w1"].pk
    set_safety_stock(item_id=here.items["LAMP"].pk, location_id=place_id, safety_stock=3, actor=STAFF)
    for item in here.items.values():
        delete_level(item_id=item.pk, location_id=place_id)

    run(tmp_path, "LAMP,,w1,2", "BULB,,w1,0")

    assert stock() == [("BULB", "w1", 0, 0), ("LAMP", "w1", 2, 0)]
    assert verify_stock().differences == []


def test_thousands_of_rows_take_as_many_statements_as_one(tmp_path):
    for number in range(3):
        StockLocationFactory(code=f"w{number}")

    def statements(count: int) -> int:
        with CaptureQueriesContext(connection) as captured:
            run(tmp_path, *(f"S{count}-{number},Thing,w{number % 3},{number + 1}" for number in range(count)))
        return len(captured)

    few, many = statements(3), statements(1900)

    assert few == many
    assert StockMovement.objects.count() == 1903


def command(*args: object) -> tuple[int, str]:
    out = StringIO()
    try:
        call_command("import_stock", *map(str, args), stdout=out)
    except SystemExit as end:
        return int(end.code), out.getvalue()
    return 0, out.getvalue()


def test_the_command_keeps_every_refused_row_and_exits_with_1(tmp_path):
    path, out = tmp_path / "stock.csv", tmp_path / "rejects.csv"
    path.write_text(f'{HEADER}\nLAMP,"Lamp, big",w1,3\nBULB,"Bulb, old",w1,x\n')

    code, told = command(path, "--json", "--rejects", out)

    reason = "on_hand: 'x' is not a whole number."
    assert code == 1
    assert json.loads(told)["rejects"] == [
        {"line": 3, "column": "on_hand", "reason": reason, "raw": 'BULB,"Bulb, old",w1,x'}
    ]
    assert list(csv.reader(out.open(newline=""))) == [
        ["line", "column", "reason", "raw"],
        ["3", "on_hand", reason, 'BULB,"Bulb, old",w1,x'],
    ]
    assert stock() == [("LAMP", "w1", 3, 0)]


def test_the_command_says_what_it_did(tmp_path):
    path = tmp_path / "stock.csv"
    path.write_text(f"{HEADER}\nLAMP,Lamp,w1,3\n")

    assert command(path) == (
        0,
        "1 rows: 1 counts changed, 0 unchanged, 0 refused. Items created 1, changed 0. "
        "Locations created 1, changed 0.\n",
    )


def test_a_file_without_a_usable_row_exits_with_2(tmp_path):
    path = tmp_path / "stock.csv"
    path.write_text(f"{HEADER}\nLAMP,Lamp,w1,x\n")

    with pytest.raises(CommandError) as unreadable:
        command(tmp_path / "none.csv")

    assert command(path)[0] == 2
    assert unreadable.value.returncode == 2
    assert InventoryItem.objects.count() == 0


def test_of_two_imports_at_once_the_second_is_told_to_wait_and_does_nothing(tmp_path):
    path = tmp_path / "stock.csv"
    path.write_text(f"{HEADER}\nLAMP,Lamp,w1,3\n")
    other = connection.copy()
    with other.cursor() as first:
        first.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", ["import_stock"])

    try:
        with pytest.raises(CommandError, match="Stock is being imported already") as refused:
            call_command("import_stock", path)
        looked = import_stock(path, actor=STAFF, dry_run=True)
    finally:
        with other.cursor() as first:  # closing alone frees it a moment later
            first.execute("SELECT pg_advisory_unlock_all()")
        other.close()
    nothing = stock()
    done = import_stock(path, actor=STAFF)

    assert (refused.value.returncode, nothing) == (2, [])
    assert (looked.levels_changed, done.levels_changed, stock()) == (1, 1, [("LAMP", "w1", 3, 0)])


def test_a_file_that_cannot_be_read_leaves_the_way_free_for_the_next(tmp_path):
    (tmp_path / "bad.csv").write_text("what,is,this\n1,2,3\n")
    other = connection.copy()

    with pytest.raises(DomainError):
        import_stock(tmp_path / "bad.csv", actor=STAFF)
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", ["import_stock"])
            free = cursor.fetchone()
    finally:
        other.close()

    assert free == (True,)


def test_a_threshold_of_the_file_counts_at_once_and_writes_no_ledger_row(tmp_path):
    house = shop({"W1": {"LAMP": 5, "MUG": 9}})
    header = f"{HEADER},low_stock_threshold"
    rows = ["LAMP,,w1,5,5", "MUG,,w1,8,"]

    rehearsed, _ = run(tmp_path, *rows, header=header, dry_run=True)
    outcome, rejects = run(tmp_path, *rows, header=header)
    repeat, _ = run(tmp_path, *rows, header=header)

    lamp, mug = house.level("LAMP"), house.level("MUG")
    assert (rejects, rehearsed.levels_changed, outcome.levels_changed, repeat.levels_changed) == ([], 2, 2, 0)
    assert (lamp.low_stock_threshold, lamp.is_low, lamp.ledger_seq) == (5, True, 1)
    assert (mug.low_stock_threshold, mug.is_low, mug.on_hand) == (None, False, 8)
    assert OutboxEvent.objects.filter(name="inventory.low_stock").count() == 1
    assert verify_stock().differences == []
