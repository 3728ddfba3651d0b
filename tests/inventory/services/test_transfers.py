"""Goods between two locations: no unit is ever nowhere, and none in two places."""

from __future__ import annotations

import pytest

from inventory.errors import InsufficientStock, MoreThanSent, NotPossibleNow
from inventory.models import Reservation, StockMovement
from inventory.services.papers import Line, Part
from inventory.services.transfers import (
    cancel_transfer,
    close_transfer,
    create_transfer,
    receive_transfer,
    send_transfer,
)
from inventory.services.verify import verify_stock
from oms.core.errors import InvalidInput
from tests.scenarios import STAFF, nothing_moves, place, placed_order, shop

pytestmark = pytest.mark.django_db


def house(units=10, **item):
    return shop({"W1": {"LAMP": units}, "W2": {"LAMP": 0}}, **item)


def draft(here, units=5):
    source, target = here.locations["W1"].pk, here.locations["W2"].pk
    lines = [Line(here.items["LAMP"].pk, units)]
    return create_transfer(source_id=source, target_id=target, lines=lines, actor=STAFF)


def sent(here, units=5):
    return send_transfer(transfer_id=draft(here, units).pk, actor=STAFF)


def receive(transfer, quantity, damaged=0):
    parts = [Part(transfer.lines.get().pk, quantity, damaged)]
    return receive_transfer(transfer_id=transfer.pk, parts=parts, actor=STAFF)


def where(here, transfer):
    """On hand and incoming at both places; status; received, lost, returned, outstanding."""
    line = transfer.lines.get()
    transfer.refresh_from_db()
    counters = [(level.on_hand, level.incoming) for level in (here.level("LAMP", "W1"), here.level("LAMP", "W2"))]
    figures = (line.quantity_received, line.quantity_lost, line.quantity_returned, line.outstanding)
    return counters, transfer.status, figures


def test_a_draft_moves_nothing():
    here = house()

    transfer = draft(here)

    assert where(here, transfer) == ([(10, 0), (0, 0)], "draft", (0, 0, 0, 0))


def test_sent_goods_are_incoming_at_the_target_with_a_ledger_row_on_each_side():
    here = house()

    transfer = sent(here)

    rows = StockMovement.objects.filter(cause_id=transfer.pk).order_by("level__location__priority")
    assert where(here, transfer) == ([(5, 0), (0, 5)], "sent", (0, 0, 0, 5))
    assert list(rows.values_list("kind", "delta_on_hand", "delta_incoming")) == [
        ("transfer", -5, 0),
        ("transfer", 0, 5),
    ]
    assert verify_stock().differences == []


def test_it_is_received_in_parts():
    here = house()
    transfer = sent(here)

    receive(transfer, 2)
    halfway = where(here, transfer)
    receive(transfer, 2, damaged=1)

    assert halfway == ([(5, 0), (2, 3)], "receiving", (2, 0, 0, 3))
    assert where(here, transfer) == ([(5, 0), (4, 0)], "received", (4, 1, 0, 0))
    assert verify_stock().differences == []


def test_what_does_not_come_is_lost_for_a_reason():
    here = house()
    transfer = sent(here)
    receive(transfer, 3)

    with nothing_moves(), pytest.raises(InvalidInput):
        close_transfer(transfer_id=transfer.pk, reason=" ", actor=STAFF)
    close_transfer(transfer_id=transfer.pk, reason="Fell off the lorry", actor=STAFF)

    assert where(here, transfer) == ([(5, 0), (3, 0)], "closed", (3, 2, 0, 0))
    assert transfer.loss_reason == "Fell off the lorry"
    assert verify_stock().differences == []


def test_a_sent_transfer_that_is_canceled_is_back_on_its_shelf():
    here = house()
    transfer = sent(here)
    receive(transfer, 1)

    cancel_transfer(transfer_id=transfer.pk, actor=STAFF)

    assert where(here, transfer) == ([(9, 0), (1, 0)], "canceled", (1, 0, 4, 0))
    assert verify_stock().differences == []
    for act in (cancel_transfer, send_transfer):
        with nothing_moves(), pytest.raises(NotPossibleNow):
            act(transfer_id=transfer.pk, actor=STAFF)


def test_what_is_reserved_or_not_there_is_not_sent():
    here = house(units=5)
    place(here, {"LAMP": 2})
    transfer = draft(here, 4)

    with nothing_moves(), pytest.raises(InsufficientStock) as refused:
        send_transfer(transfer_id=transfer.pk, actor=STAFF)

    assert refused.value.facts == {"sku": "LAMP", "requested": 4, "available": 3}


def test_no_more_comes_than_was_sent():
    here = house()
    transfer = sent(here)

    with nothing_moves(), pytest.raises(MoreThanSent) as refused:
        receive(transfer, 5, damaged=1)

    assert refused.value.facts == {"sku": "LAMP", "requested": 6, "open": 5}


def test_two_places_are_asked_for():
    here = house()
    there = here.locations["W1"].pk

    with nothing_moves(), pytest.raises(InvalidInput):
        create_transfer(source_id=there, target_id=there, lines=[Line(here.items["LAMP"].pk, 1)], actor=STAFF)


def test_received_goods_go_to_those_who_wait_at_the_target_and_returned_ones_at_the_source():
    here = house(units=4, allow_backorder=True)
    transfer = sent(here, 4)
    waiting = placed_order(here, {"LAMP": 3})  # at W1, which comes first

    receive(transfer, 1)
    at_target = here.sra("LAMP", "W2")
    cancel_transfer(transfer_id=transfer.pk, actor=STAFF)

    assert at_target == (1, 0, 1)
    assert Reservation.objects.values_list("order_id", "quantity", "backordered").get() == (waiting.pk, 3, 0)
    assert (here.sra("LAMP"), here.level("LAMP").backordered) == ((3, 3, 0), 0)
    assert verify_stock().differences == []
