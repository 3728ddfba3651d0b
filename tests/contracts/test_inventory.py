"""What every inventory must do, wherever it keeps its quantities. The same under load: tests/concurrency."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from channels.selectors import available_in_channel
from channels.services.selling import selling
from inventory import holdings, providers
from inventory.errors import InsufficientStock, KitHasNoStock, NegativeStock, TooMuchStock
from inventory.providers.base import LineDemand, OrderDemand, StockThen, TakenLine
from inventory.services.kits import Part, set_components
from inventory.services.levels import MOST
from oms.core import checks
from oms.core.errors import DomainError
from oms.core.transactions import atomic, rehearsal
from orders import recipes
from orders.enums import CancelReason
from orders.errors import FulfillsMoreThanOrdered
from orders.models import Order
from orders.services.cancellation import cancel_order
from orders.services.fulfilling import cancel_fulfillment, create_fulfillment, proposals
from orders.services.placement import Options, Stock, place_order, place_orders
from tests.contracts.inventories import HOUSES, House
from tests.scenarios import STAFF, Shop, items_of, kit, nothing_moves, placed_order, recorded_events, request, state

pytestmark = pytest.mark.django_db


@pytest.fixture(params=sorted(HOUSES))
def house(request, settings) -> Iterator[House]:
    found = HOUSES[request.param]
    settings.OMS = settings.OMS | {"INVENTORY": found.path}
    yield found
    assert providers.current().verify().differences == []


def test_one_that_lacks_something_is_named_at_start_up(settings):
    settings.OMS = settings.OMS | {"INVENTORY": "builtins.dict", "STOCK_LOCATIONS": "builtins.dict"}

    stock, places = checks.replaceable_parts(None)

    assert (stock.id, places.id) == ("oms.E002", "oms.E002")
    assert "consume, fill_backorders, has_places, held_at, hold_anew, holds, move, put_back" in stock.msg
    assert places.msg == "settings.OMS['STOCK_LOCATIONS'] names 'builtins.dict', which lacks all, names."


def shortages(refusal: DomainError) -> list[tuple[str, str, int, int]]:
    """Pointer, sku, asked, available of each."""
    return [
        (each.pointer, each.facts["sku"], each.facts["requested"], each.facts["available"]) for each in refusal.errors
    ]


def held(order: Order) -> list[tuple[str, int, int]]:
    skus = {line.pk: line.sku for line in order.lines.all()}
    return [(skus[each.line_id], each.quantity, each.backordered) for each in providers.current().holds(order.pk)]


def anew(here: Shop, order: Order, quantity: int, *, only_if_held: bool = False) -> None:
    (line,) = order.lines.all()
    item = here.items["LAMP"]
    wanted = [LineDemand(line.pk, item.pk, "LAMP", quantity, item.allow_backorder, "/items/0/quantity")]
    with atomic():
        providers.current().hold_anew(
            OrderDemand(order.pk, wanted if quantity else []),
            selling(here.channel.code).location_ids,
            only_if_held=only_if_held,
            actor=STAFF,
        )


def test_an_order_holds_what_it_sells_and_lets_go_of_it_when_it_is_canceled(house):
    here = house.open({"LAMP": 5, "BULB": 5})

    order = placed_order(here, {"LAMP": 2, "BULB": 5})
    placed = house.books("LAMP"), house.books("BULB"), sorted(held(order))
    cancel_order(order_id=order.pk, reason=CancelReason.CUSTOMER, actor=STAFF)
    with atomic():
        providers.current().release(order.pk, actor=STAFF)  # again: there is nothing

    assert placed == ((5, 2, 0), (5, 5, 0), [("BULB", 5, 0), ("LAMP", 2, 0)])
    assert (house.books("LAMP"), house.books("BULB"), held(order)) == ((5, 0, 0), (5, 0, 0), [])


def test_what_is_short_is_refused_all_of_it_in_one_error_and_nothing_moves(house):
    """Scenario 4."""
    here = house.open({"LAMP": 2, "BULB": 1, "VASE": 9})

    with nothing_moves(), pytest.raises(InsufficientStock) as refusal:
        placed_order(here, {"LAMP": 3, "VASE": 1, "BULB": 2})

    assert shortages(refusal.value) == [("/items/0/quantity", "LAMP", 3, 2), ("/items/2/quantity", "BULB", 2, 1)]


def test_what_was_never_counted_is_refused_with_none_available(house):
    here = house.open({"LAMP": 0})

    with nothing_moves(), pytest.raises(InsufficientStock) as refusal:
        placed_order(here, {"LAMP": 1})

    assert shortages(refusal.value) == [("/items/0/quantity", "LAMP", 1, 0)]


def test_what_may_be_backordered_is_held_as_far_as_it_is_there_and_waits_for_the_rest(house):
    """Scenario 4."""
    here = house.open({"LAMP": 2}, allow_backorder=True)

    order = placed_order(here, {"LAMP": 3})

    assert (house.books("LAMP"), held(order)) == ((2, 2, 1), [("LAMP", 2, 1)])


def test_goods_that_come_go_to_the_oldest_order_that_waits(house):
    """Scenario 14."""
    here = house.open({"LAMP": 0}, allow_backorder=True)
    first, second = placed_order(here, {"LAMP": 1}), placed_order(here, {"LAMP": 1})

    house.bring("LAMP", 1)
    after_one = held(first), held(second)
    house.bring("LAMP", 2)

    assert after_one == ([("LAMP", 1, 0)], [("LAMP", 0, 1)])
    assert (held(first), held(second), house.books("LAMP")) == ([("LAMP", 1, 0)], [("LAMP", 1, 0)], (3, 2, 0))
    assert recorded_events(second.pk) == ["order.placed", "inventory.backorder_filled"]


def test_who_comes_later_does_not_pass_those_who_wait(house):
    here = house.open({"LAMP": 1}, allow_backorder=True)
    placed_order(here, {"LAMP": 2})
    canceled = placed_order(here, {"LAMP": 1})

    late = placed_order(here, {"LAMP": 1})
    available = available_in_channel(here.channel.pk, [here.items["LAMP"].pk])
    cancel_order(order_id=canceled.pk, reason=CancelReason.CUSTOMER, actor=STAFF)
    house.bring("LAMP", 1)

    assert available == {here.items["LAMP"].pk: 0}
    assert (held(late), house.books("LAMP")) == ([("LAMP", 0, 1)], (2, 2, 1))


def test_what_is_let_go_is_handed_on_after_the_commit_or_by_the_sweep(house, django_capture_on_commit_callbacks):
    here = house.open({"LAMP": 2}, allow_backorder=True)
    holding, waiting, last = (placed_order(here, {"LAMP": units}) for units in (2, 1, 1))

    with django_capture_on_commit_callbacks() as later:
        cancel_order(order_id=holding.pk, reason=CancelReason.CUSTOMER, actor=STAFF)
    before = held(waiting), held(last)
    providers.current().fill_backorders()
    for callback in later:
        callback()

    assert before == ([("LAMP", 0, 1)], [("LAMP", 0, 1)])
    assert (held(waiting), held(last), house.books("LAMP")) == ([("LAMP", 1, 0)], [("LAMP", 1, 0)], (2, 2, 0))


def test_orders_taken_by_force_wait_for_what_may_not_be_backordered(house):
    here = house.open({"LAMP": 2})

    placed = place_order(
        request=request({"LAMP": 3}),
        selling=selling(here.channel.code),
        actor=STAFF,
        options=Options(stock=Stock.FORCE),
    )

    assert (house.books("LAMP"), held(Order.objects.get(pk=placed.order_id))) == ((2, 2, 1), [("LAMP", 2, 1)])


def test_many_orders_are_served_first_come_first_served_each_for_itself(house):
    here = house.open({"LAMP": 3, "BULB": 9})

    placed = place_orders(
        requests=[request(lines) for lines in ({"LAMP": 2}, {"LAMP": 2, "BULB": 1}, {"LAMP": 1}, {"BULB": 2})],
        selling=selling(here.channel.code),
        actor=STAFF,
    )

    assert [each.refusal is None for each in placed] == [True, False, True, True]
    assert shortages(placed[1].refusal) == [("/items/0/quantity", "LAMP", 2, 1)]
    assert (house.books("LAMP"), house.books("BULB")) == ((3, 3, 0), (9, 2, 0))


def test_kits_and_lines_that_share_an_item_are_summed_before_the_check(house):
    here = house.open({"LAMP": 5, "BULB": 9})
    kit(here, "GIFT", {"LAMP": 2, "BULB": 1})

    order = placed_order(here, {"GIFT": 1, "LAMP": 2})
    promised = available_in_channel(here.channel.pk, [kit_id := order.lines.get(sku="GIFT").item_id])
    with nothing_moves(), pytest.raises(InsufficientStock) as refusal:
        placed_order(here, {"LAMP": 1, "GIFT": 1})

    assert (house.books("LAMP"), house.books("BULB"), promised) == ((5, 4, 0), (9, 1, 0), {kit_id: 0})
    (problem,) = [each for each in refusal.value.errors if each.facts["sku"] == "GIFT"]
    assert {"sku": "LAMP", "requested": 3, "available": 1} in problem.facts["components"]


def test_a_kit_is_packed_and_put_back_by_its_components(house):
    here = house.open({"LAMP": 5, "BULB": 9})
    kit(here, "GIFT", {"LAMP": 2, "BULB": 1})
    order = placed_order(here, {"GIFT": 2})
    recipe = {here.items["LAMP"].pk: 2, here.items["BULB"].pk: 1}
    ready = holdings.by_line(providers.current().holds(order.pk), {order.lines.get().pk: recipe})

    packed = create_fulfillment(order_id=order.pk, items=items_of(order, {"GIFT": 1}), actor=STAFF)
    between = house.books("LAMP"), house.books("BULB")
    cancel_fulfillment(order_id=order.pk, fulfillment_id=packed.pk, actor=STAFF)

    assert list(ready[order.lines.get().pk].values()) == [2]
    assert between == ((3, 2, 0), (8, 1, 0))
    assert (house.books("LAMP"), house.books("BULB")) == ((5, 4, 0), (9, 2, 0))


def test_packing_takes_the_goods_off_the_shelf_and_unpacking_puts_them_back_reserved(house):
    """Scenario 16."""
    here = house.open({"LAMP": 2})
    order = placed_order(here, {"LAMP": 1})
    (proposal,) = proposals(order, list(order.lines.all()))

    packed = create_fulfillment(order_id=order.pk, items=proposal.items, location_id=proposal.location_id, actor=STAFF)
    after_packing = house.books("LAMP")
    cancel_fulfillment(order_id=order.pk, fulfillment_id=packed.pk, actor=STAFF)

    assert (after_packing, house.books("LAMP"), held(order)) == ((1, 0, 0), (2, 1, 0), [("LAMP", 1, 0)])


def test_a_part_is_packed_and_more_than_is_open_is_refused(house):
    """Scenario 16."""
    here = house.open({"LAMP": 5})
    order = placed_order(here, {"LAMP": 3})

    create_fulfillment(order_id=order.pk, items=items_of(order, {"LAMP": 1}), actor=STAFF)
    with nothing_moves(), pytest.raises(FulfillsMoreThanOrdered):
        create_fulfillment(order_id=order.pk, items=items_of(order, {"LAMP": 3}), actor=STAFF)

    assert (state(order)[2], house.books("LAMP"), held(order)) == ("partially_fulfilled", (4, 2, 0), [("LAMP", 2, 0)])


def test_what_waits_cannot_be_packed_until_it_is_there(house):
    here = house.open({"LAMP": 1, "BULB": 0}, allow_backorder=True)
    order = placed_order(here, {"LAMP": 2, "BULB": 1})
    where = next(iter(here.locations.values())).pk if here.locations else None

    with nothing_moves(), pytest.raises(InsufficientStock) as refusal:
        create_fulfillment(order_id=order.pk, items=items_of(order), location_id=where, actor=STAFF)
    house.bring("LAMP", 1)
    house.bring("BULB", 1)
    create_fulfillment(order_id=order.pk, items=items_of(order), location_id=where, actor=STAFF)

    assert shortages(refusal.value) == [("/items/0/quantity", "LAMP", 2, 1), ("/items/1/quantity", "BULB", 1, 0)]
    assert (house.books("LAMP"), house.books("BULB"), held(order)) == ((0, 0, 0), (0, 0, 0), [])


def test_an_order_holds_more_or_less_than_before(house):
    """Scenario 31's reservations."""
    here = house.open({"LAMP": 9})
    order = placed_order(here, {"LAMP": 3})

    seen = [(house.books("LAMP"), held(order))]
    for quantity in (5, 2, 0, 9):
        anew(here, order, quantity)
        seen.append((house.books("LAMP"), held(order)))
    with nothing_moves(), pytest.raises(InsufficientStock) as refusal:
        anew(here, order, 10)

    assert seen == [((9, units, 0), [("LAMP", units, 0)] if units else []) for units in (3, 5, 2, 0, 9)]
    assert shortages(refusal.value) == [("/items/0/quantity", "LAMP", 10, 9)]


def test_an_order_that_holds_nothing_may_go_on_so(house):
    here = house.open({"LAMP": 9})
    order = placed_order(here, {"LAMP": 3})
    anew(here, order, 0)

    with nothing_moves():
        anew(here, order, 3, only_if_held=True)


def test_a_revision_keeps_what_is_held_and_the_place_of_what_waits(house):
    here = house.open({"LAMP": 3}, allow_backorder=True)
    first, second = placed_order(here, {"LAMP": 4}), placed_order(here, {"LAMP": 2})

    with nothing_moves():
        anew(here, first, 4)
    anew(here, first, 5)
    seen = [held(first) + held(second)]
    anew(here, first, 4)
    house.bring("LAMP", 1)
    seen.append(held(first) + held(second))
    anew(here, first, 3)
    providers.current().fill_backorders()

    assert seen == [[("LAMP", 3, 2), ("LAMP", 0, 2)], [("LAMP", 4, 0), ("LAMP", 0, 2)]]
    assert (held(first) + held(second), house.books("LAMP")) == ([("LAMP", 3, 0), ("LAMP", 1, 1)], (4, 4, 1))


def test_what_was_made_to_wait_goes_on_waiting_though_its_goods_may_not(house):
    here = house.open({"LAMP": 1})
    forced = Options(stock=Stock.FORCE)
    placed = place_order(request=request({"LAMP": 3}), selling=selling(here.channel.code), actor=STAFF, options=forced)
    order = Order.objects.get(pk=placed.order_id)

    anew(here, order, 2)
    with nothing_moves(), pytest.raises(InsufficientStock) as refusal:
        anew(here, order, 3)

    assert shortages(refusal.value) == [("/items/0/quantity", "LAMP", 3, 1)]
    assert (house.books("LAMP"), held(order)) == ((1, 1, 1), [("LAMP", 1, 1)])


def test_what_others_wait_for_is_packed_for_nobody_else(house, django_capture_on_commit_callbacks):
    here = house.open({"LAMP": 2}, allow_backorder=True)
    holding, waiting, late = (placed_order(here, {"LAMP": units}) for units in (2, 1, 2))
    where = next(iter(here.locations.values())).pk if here.locations else None
    with django_capture_on_commit_callbacks():
        cancel_order(order_id=holding.pk, reason=CancelReason.CUSTOMER, actor=STAFF)

    with nothing_moves(), pytest.raises(InsufficientStock) as refusal:
        create_fulfillment(order_id=late.pk, items=items_of(late), location_id=where, actor=STAFF)
    providers.current().fill_backorders()
    create_fulfillment(order_id=waiting.pk, items=items_of(waiting), location_id=where, actor=STAFF)

    assert shortages(refusal.value) == [("/items/0/quantity", "LAMP", 2, 1)]
    assert (house.books("LAMP"), held(late)) == ((1, 1, 1), [("LAMP", 1, 1)])


def back_on_the_shelf(here: Shop, order: Order, sku: str, quantity: int) -> None:
    line = order.lines.get(sku=sku)
    assert line.item_id is not None
    lines = [TakenLine(line.pk, line.item_id, sku, quantity, components=recipes.kept(line.components))]
    place = here.locations["W1"].pk if providers.current().has_places else None
    with atomic():
        providers.current().restock(order.pk, {place: lines}, actor=STAFF)


def test_goods_that_came_back_lie_on_the_shelf_for_anybody(house):
    here = house.open({"LAMP": 5})
    kit(here, "PAIR", {"LAMP": 2})
    order = placed_order(here, {"LAMP": 1, "PAIR": 2})
    create_fulfillment(order_id=order.pk, items=items_of(order), actor=STAFF)
    gone = house.books("LAMP")

    back_on_the_shelf(here, order, "LAMP", 1)
    back_on_the_shelf(here, order, "PAIR", 1)

    assert (gone, house.books("LAMP")) == ((0, 0, 0), (3, 0, 0))
    rows = house.ledger.objects.filter(reason="returned").order_by("pk")
    assert list(rows.values_list("kind", "delta_on_hand", "cause_id")) == [
        ("receipt", 1, order.pk),
        ("receipt", 2, order.pk),
    ]


def test_goods_that_came_back_go_to_who_waits_after_the_commit(house, django_capture_on_commit_callbacks):
    here = house.open({"LAMP": 1}, allow_backorder=True)
    order = placed_order(here, {"LAMP": 1})
    create_fulfillment(order_id=order.pk, items=items_of(order), actor=STAFF)
    waiting = placed_order(here, {"LAMP": 1})

    with django_capture_on_commit_callbacks(execute=True):
        back_on_the_shelf(here, order, "LAMP", 1)

    assert (held(waiting), house.books("LAMP")) == ([("LAMP", 1, 0)], (1, 1, 0))


def test_a_parcel_of_what_is_a_kit_by_now_is_not_unpacked(house):
    here = house.open({"LAMP": 1, "BULB": 5})
    order = placed_order(here, {"LAMP": 1})
    packed = create_fulfillment(order_id=order.pk, items=items_of(order), actor=STAFF)
    set_components(item_id=here.items["LAMP"].pk, components=[Part(here.items["BULB"].pk, 1)])

    with nothing_moves(), pytest.raises(KitHasNoStock):
        cancel_fulfillment(order_id=order.pk, fulfillment_id=packed.pk, actor=STAFF)

    assert house.books("LAMP") == (0, 0, 0)


def test_more_than_can_be_counted_is_refused(house):
    here = house.open({"LAMP": 1})
    order = placed_order(here, {"LAMP": 1})
    packed = create_fulfillment(order_id=order.pk, items=items_of(order), actor=STAFF)
    house.bring("LAMP", MOST)

    with nothing_moves(), pytest.raises(NegativeStock):
        house.bring("LAMP", MOST)
    with nothing_moves(), pytest.raises(TooMuchStock):
        cancel_fulfillment(order_id=order.pk, fulfillment_id=packed.pk, actor=STAFF)

    assert house.books("LAMP") == (MOST, 0, 0)


def test_everything_is_undone_with_the_transaction_of_the_caller(house):
    here = house.open({"LAMP": 5, "BULB": 0}, allow_backorder=True)
    order = placed_order(here, {"LAMP": 2})

    with nothing_moves(), rehearsal():
        create_fulfillment(order_id=order.pk, items=items_of(order), actor=STAFF)
        other = placed_order(here, {"LAMP": 4, "BULB": 1})
        house.bring("LAMP", 1)
        cancel_order(order_id=other.pk, reason=CancelReason.CUSTOMER, actor=STAFF)
        anew(here, placed_order(here, {"LAMP": 1}), 3)


def test_what_has_happened_to_stock_cannot_be_rewritten(house):
    placed_order(house.open({"LAMP": 5}), {"LAMP": 2})

    for change in (lambda rows: rows.update(delta_reserved=7), lambda rows: rows.delete()):
        with nothing_moves(), pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            change(house.ledger.objects.all())


def test_the_ledger_tells_of_every_change_and_of_every_past_instant(house):
    here = house.open({"LAMP": 5})
    order = placed_order(here, {"LAMP": 2})
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        (then,) = cursor.fetchone()
    create_fulfillment(order_id=order.pk, items=items_of(order), actor=STAFF)

    inventory = providers.current()
    kinds = list(house.ledger.objects.order_by("seq").values_list("kind", "seq"))
    assert kinds == [("opening", 1), ("reserve", 2), ("consume", 3)]
    assert (inventory.verify().levels, inventory.verify(sku="LAMP").ledger_rows) == (1, 3)
    (past,), (now,) = inventory.stock_at(then), inventory.stock_at(timezone.now(), sku="LAMP")
    assert (past.sku, past.on_hand, past.reserved, now.on_hand, now.reserved) == ("LAMP", 5, 2, 3, 0)
    assert isinstance(past, StockThen)


def test_a_counter_that_was_changed_behind_the_ledger_is_named(house):
    house.open({"LAMP": 5})

    with transaction.atomic():
        house.forge("LAMP")
        proof = providers.current().verify()
        transaction.set_rollback(True)

    found = [(each.sku, each.what, each.expected, each.found) for each in proof.differences]
    assert found == [
        ("LAMP", "reserved and the sum of the ledger", "0", "1"),
        ("LAMP", "reserved and the open reservations", "0", "1"),
    ]


def test_who_looks_at_some_places_only_finds_the_orders_held_there(house):
    where = house.open({"LAMP": 3})
    order = placed_order(where, {"LAMP": 1})
    here, elsewhere = [place.pk for place in where.locations.values()], [where.channel.pk]

    held_at = providers.current().held_at
    found = [set(held_at(places).values_list("order_id", flat=True)) for places in (here, elsewhere)]

    assert found == [{order.pk} if providers.current().has_places else set(), set()]


def test_asking_takes_one_query_however_much_is_held(house, django_assert_num_queries):
    skus = [f"SKU-{number}" for number in range(3)]
    here = house.open(dict.fromkeys(skus, 5))
    one, three = placed_order(here, {"SKU-0": 1}), placed_order(here, dict.fromkeys(skus, 1))
    inventory = providers.current()

    for order in (one, three):
        with django_assert_num_queries(2):
            inventory.holds(order.pk)
            _ask(here, skus)


def _ask(here: Shop, skus: Sequence[str]) -> None:
    found = available_in_channel(here.channel.pk, [here.items[sku].pk for sku in skus])
    assert found == {here.items[sku].pk: 5 - (2 if sku == "SKU-0" else 1) for sku in skus}


def test_orders_that_wait_for_goods_are_told(house):
    here = house.open({"LAMP": 2}, allow_backorder=True)
    waiting = [placed_order(here, {"LAMP": quantity}) for quantity in (2, 3)][1]
    stock = providers.current()

    told = [row["order_id"] for row in stock.waiting()]
    house.bring("LAMP", 3)

    assert told == [waiting.pk]
    assert list(stock.waiting()) == []
