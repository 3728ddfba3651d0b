"""What may follow what, and how statuses derive from lines and money."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from orders import policies

DRAFT, PENDING, ACTION, DONE, ARCHIVED, CANCELED = (
    "draft",
    "pending",
    "requires_action",
    "completed",
    "archived",
    "canceled",
)
NOW = datetime(2026, 11, 23, tzinfo=UTC)
ALL = (DRAFT, PENDING, ACTION, DONE, ARCHIVED, CANCELED)


@dataclass
class Line:
    """3 units, of which so many are packed, shipped, delivered."""

    quantity_fulfilled: int = 0
    quantity_shipped: int = 0
    quantity_delivered: int = 0
    kind: str = "goods"
    requires_shipping: bool = True
    quantity: int = 3


@dataclass
class Order:
    status: str = PENDING
    fulfillment_status: str = "not_fulfilled"
    open_holds: int = 0
    units_open: int = 3
    canceling_at: datetime | None = None


@pytest.mark.parametrize(
    ("status", "following"),
    [
        (DRAFT, {PENDING, ACTION, CANCELED}),
        (PENDING, {ACTION, DONE, CANCELED}),
        (ACTION, {PENDING, DONE, CANCELED}),
        (DONE, {ARCHIVED, PENDING}),
        (ARCHIVED, {DONE}),
        (CANCELED, {ARCHIVED}),
    ],
)
def test_a_status_is_followed_by_these_and_no_others(status, following):
    assert {each for each in ALL if policies.may_become(status, each)} == following


@pytest.mark.parametrize(
    ("order", "may"),
    [
        (Order(), {"hold", "cancel", "fulfill", "unpack"}),
        (Order(open_holds=1), {"hold", "cancel", "unpack"}),
        (Order(units_open=0), {"hold", "cancel", "complete", "unpack"}),
        (Order(fulfillment_status="partially_fulfilled", units_open=1), {"hold", "fulfill", "unpack"}),
        (Order(fulfillment_status="shipped", units_open=0), {"hold", "complete", "unpack"}),
        (Order(status=ACTION), {"hold", "cancel", "unpack", "keep"}),
        (Order(canceling_at=NOW), {"hold", "unpack"}),
        (Order(canceling_at=NOW, units_open=0), {"hold", "unpack"}),
        (Order(status=ACTION, canceling_at=NOW), {"hold", "unpack"}),
        (Order(status=DRAFT), {"cancel"}),
        (Order(status=DONE, units_open=0, fulfillment_status="delivered"), {"archive", "unpack"}),
        (Order(status=ARCHIVED, units_open=0), set()),
        (Order(status=CANCELED, units_open=0, fulfillment_status="canceled"), {"archive"}),
    ],
)
def test_what_may_be_done_with_an_order(order, may):
    rules = {
        "hold": policies.can_hold,
        "cancel": policies.can_cancel,
        "fulfill": policies.can_fulfill,
        "complete": policies.can_complete,
        "archive": policies.can_archive,
        "unpack": policies.can_unpack,
        "keep": policies.can_keep,
    }

    assert {act for act, rule in rules.items() if rule(order)} == may


@pytest.mark.parametrize(
    ("lines", "status"),
    [
        ([], "not_fulfilled"),
        ([Line()], "not_fulfilled"),
        ([Line(), Line()], "not_fulfilled"),
        ([Line(1)], "partially_fulfilled"),
        ([Line(3), Line()], "partially_fulfilled"),
        ([Line(3)], "fulfilled"),
        ([Line(3), Line(kind="fee")], "fulfilled"),
        ([Line(3, 1)], "partially_shipped"),
        ([Line(3, 3), Line()], "partially_shipped"),
        ([Line(3, 3), Line(3)], "partially_shipped"),
        ([Line(2, 2)], "partially_shipped"),
        ([Line(3, 3)], "shipped"),
        ([Line(3, 3), Line(kind="fee")], "shipped"),
        ([Line(3, 3, 1)], "partially_delivered"),
        ([Line(3, 3, 3), Line()], "partially_delivered"),
        ([Line(3, 3, 3), Line(3, 3)], "partially_delivered"),
        ([Line(2, 2, 2)], "partially_delivered"),
        ([Line(3, 3, 3)], "delivered"),
        ([Line(3, 3, 3), Line(kind="fee")], "delivered"),
        ([Line(kind="fee")], "not_fulfilled"),
        # What does not ship has arrived once it is packed.
        ([Line(3, requires_shipping=False)], "fulfilled"),
        ([Line(3, requires_shipping=False), Line()], "partially_fulfilled"),
        ([Line(3, requires_shipping=False), Line(3, 3)], "shipped"),
        ([Line(3, 3, 3), Line(3, requires_shipping=False)], "delivered"),
        ([Line(3, 3, 3, requires_shipping=False)], "delivered"),
        ([Line(3, 3, 3, requires_shipping=False), Line(3, 3)], "partially_delivered"),
    ],
)
def test_how_far_the_goods_have_come(lines, status):
    assert policies.fulfillment_status(lines, canceled=False) == status
    assert policies.fulfillment_status(lines, canceled=True) == "canceled"


def test_fees_are_not_packed():
    assert policies.units_open([Line(), Line(1), Line(kind="fee"), Line(kind="gift_card")]) == 3 + 2 + 3


@pytest.mark.parametrize(
    ("total", "authorized", "captured", "refunded", "status", "when_canceled"),
    [
        (100, 0, 0, 0, "not_paid", "canceled"),
        (0, 0, 0, 0, "captured", "canceled"),
        (100, 60, 0, 0, "partially_authorized", "canceled"),
        (100, 100, 0, 0, "authorized", "canceled"),
        (100, 120, 0, 0, "authorized", "canceled"),
        (100, 100, 60, 0, "partially_captured", "captured"),
        (100, 100, 100, 0, "captured", "captured"),
        (100, 120, 120, 0, "captured", "captured"),
        (100, 100, 100, 30, "partially_refunded", "partially_refunded"),
        (100, 100, 60, 30, "partially_refunded", "partially_refunded"),
        (30, 100, 100, 70, "partially_refunded", "partially_refunded"),
        (100, 100, 100, 100, "refunded", "refunded"),
        (0, 100, 100, 100, "refunded", "refunded"),
    ],
)
def test_what_is_paid(total, authorized, captured, refunded, status, when_canceled):
    amounts = {
        "total": Decimal(total),
        "authorized": Decimal(authorized),
        "captured": Decimal(captured),
        "refunded": Decimal(refunded),
    }

    assert policies.payment_status(**amounts, canceled=False) == status
    assert policies.payment_status(**amounts | {"total": Decimal(0)}, canceled=True) == when_canceled
