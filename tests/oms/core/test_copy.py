"""Rows that are copied arrive as they are, whatever stands in them."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from oms.core import actors, bulk, ids
from oms.core.transactions import rehearsal
from orders.models import Order, OrderLine, TimelineEntry
from orders.rows import LineRow, TimelineRow
from tests.factories import SalesChannelFactory

pytestmark = pytest.mark.django_db

TEXTS = [
    "",
    "null",
    "NULL",
    "plain",
    'say "so"',
    "back\\slash",
    "\\n is no line break",
    "a\nb\r\nc\td",
    "\\.",
    "\x01\x1f\x7f",
    "a,b;c",
    "]\n[",
    "é 茶 🎁 \u2028",
    "ends in \\",
    '\\"',
]


def _order() -> Order:
    return Order.objects.create(channel=SalesChannelFactory(), currency="GBP")


def _line(order: Order, position: int, text: str) -> LineRow:
    return LineRow(
        id=ids.new_id(),
        order_id=order.pk,
        position=position,
        kind="goods",
        sku=text[:100],
        title=text,
        item_id=None if position % 2 else ids.new_id(),
        is_stocked=bool(position % 2),
        requires_shipping=True,
        quantity=3,
        unit_price=Decimal("0.333333"),
        subtotal=Decimal("1E+3"),
        discount_total=Decimal("0.00"),
        tax_total=Decimal(0),
        total=Decimal(1000),
        quantity_fulfilled=0,
        quantity_shipped=0,
        quantity_delivered=0,
        metadata={text: [text, None, 1.5, {"deep": text}]} if position % 3 else {},
    )


@pytest.mark.parametrize("write", [bulk.copy, bulk.insert])
def test_texts_numbers_and_objects_arrive_as_they_are(write):
    order = _order()
    rows = [_line(order, position, text) for position, text in enumerate(TEXTS)]

    write(rows)

    found = OrderLine.objects.filter(order=order).order_by("position")
    assert [line.title for line in found] == TEXTS
    assert [line.metadata for line in found] == [row.metadata for row in rows]
    assert [(line.pk, line.item_id, line.is_stocked) for line in found] == [
        (row.id, row.item_id, row.is_stocked) for row in rows
    ]
    assert {(line.unit_price, line.subtotal) for line in found} == {(Decimal("0.333333"), Decimal(1000))}


@pytest.mark.parametrize("text", TEXTS)
def test_each_text_arrives_alone_too(text):
    order = _order()

    bulk.copy([_line(order, 1, text)])

    line = OrderLine.objects.get(order=order)
    assert (line.title, line.metadata) == (text, {text: [text, None, 1.5, {"deep": text}]})


def test_times_keep_their_microseconds():
    order, moment = _order(), datetime(2024, 2, 29, 23, 59, 59, 123456, tzinfo=UTC)
    row = TimelineRow(
        id=ids.new_id(),
        order_id=order.pk,
        occurred_at=moment,
        actor=actors.SYSTEM.as_dict(),
        action="x",
        facts={"said": 'a "b"\n'},
        changes={},
    )

    bulk.copy([row])

    entry = TimelineEntry.objects.get(order=order)
    assert (entry.occurred_at, entry.actor, entry.facts, entry.changes) == (
        moment,
        actors.SYSTEM.as_dict(),
        {"said": 'a "b"\n'},
        {},
    )


def test_a_rehearsal_leaves_nothing():
    with rehearsal():
        _order()
        during = Order.objects.count()

    assert (during, Order.objects.count()) == (1, 0)
