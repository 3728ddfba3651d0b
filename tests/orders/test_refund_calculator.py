"""What a refund comes to: its parts sum to the whole, however it is cut."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oms.core.money import quantum
from orders.refund_calculator import (
    Share,
    Sold,
    Tender,
    allot,
    in_order,
    left_of,
    of_shipping,
    portion,
    worth,
)
from orders.selectors.standing import Standing

currencies = st.sampled_from(["USD", "JPY", "KWD"])


def sold(quantity: int, total: str, credited: int = 0, loose: str = "0") -> Sold:
    return Sold(uuid4(), quantity, Decimal(total), credited, Decimal(loose))


@pytest.mark.parametrize(
    ("currency", "total", "expected"),
    [
        ("USD", "10.00", ["3.33", "3.34", "3.33"]),
        ("JPY", "100", ["33", "34", "33"]),
        ("KWD", "2.000", ["0.667", "0.666", "0.667"]),
    ],
)
def test_three_units_given_back_one_at_a_time(currency: str, total: str, expected: list[str]) -> None:
    """Scenario 28."""
    amounts = [worth(sold(3, total, credited), 1, currency) for credited in range(3)]

    assert amounts == [Decimal(each) for each in expected]


def test_what_one_payment_gave_of_a_unit_counts_when_the_other_declined() -> None:
    line = sold(1, "10.00", credited=0, loose="6.00")

    assert (worth(line, 1, "USD"), left_of(line, "USD")) == (Decimal("4.00"), Decimal("4.00"))


@given(currency=currencies, units=st.integers(0, 10**7), steps=st.lists(st.integers(1, 7), min_size=1, max_size=12))
def test_in_whatever_steps_units_are_given_back_they_sum_to_the_line(
    currency: str, units: int, steps: list[int]
) -> None:
    total, quantity = units * quantum(currency), sum(steps)
    line_id, credited, amounts = uuid4(), 0, []

    for step in steps:
        amounts.append(worth(Sold(line_id, quantity, total, credited), step, currency))
        credited += step

    assert sum(amounts) == total == worth(Sold(line_id, quantity, total), quantity, currency)
    assert all(each >= 0 and each % quantum(currency) == 0 for each in amounts)


@given(
    currency=currencies,
    totals=st.lists(st.integers(0, 10**5), min_size=1, max_size=4),
    asked=st.lists(st.integers(0, 10**5), min_size=1, max_size=6),
)
def test_shipping_is_given_back_in_parts_up_to_what_it_cost(currency: str, totals: list[int], asked: list[int]) -> None:
    unit = quantum(currency)
    lines = {each: Sold(each, 1, total * unit) for total in totals for each in [uuid4()]}
    given_back = Decimal(0)

    for amount in asked:
        left = sum((left_of(each, currency) for each in lines.values()), Decimal(0))
        shares = of_shipping(list(lines.values()), min(amount * unit, left), currency)
        given_back += sum((each.amount for each in shares), Decimal(0))
        for share in shares:
            before = lines[share.id]
            lines[share.id] = Sold(before.id, 1, before.total, 0, before.loose + share.amount)

    assert given_back == min(sum(asked), sum(totals)) * unit


@given(
    tenders=st.lists(st.tuples(st.sampled_from(["stripe", "gift_card", "manual"]), st.integers(0, 500)), max_size=5),
    parts=st.lists(st.tuples(st.integers(1, 5), st.integers(0, 300)), max_size=6),
    extra=st.integers(0, 50),
)
def test_payments_give_back_all_of_it_and_of_each_part_all_of_it(
    tenders: list[tuple[str, int]], parts: list[tuple[int, int]], extra: int
) -> None:
    holders = [Tender(uuid4(), provider, Decimal(left)) for provider, left in tenders]
    shares = [Share(uuid4(), units, Decimal(amount)) for units, amount in parts]
    amount = sum((each.amount for each in shares), Decimal(extra))

    allotted = allot(in_order(holders), amount)

    assert sum(each for _tender, each in allotted) == min(amount, sum(each.left for each in holders))
    if allotted and sum(each for _tender, each in allotted) == amount:
        portions = portion(shares, [each for _tender, each in allotted])
        assert [sum(each.amount for each in some) <= most for some, (_, most) in zip(portions, allotted, strict=True)]
        assert _by_id(portions) == {each.id: (each.units, each.amount) for each in shares}


def _by_id(portions: list[list[Share]]) -> dict[UUID, tuple[int, Decimal]]:
    found: dict[UUID, tuple[int, Decimal]] = {}
    for each in (share for some in portions for share in some):
        before = found.get(each.id, (each.units, Decimal(0)))
        assert before[0] == each.units
        found[each.id] = (each.units, before[1] + each.amount)
    return found


def test_what_only_buys_here_goes_back_first_then_what_was_paid_first() -> None:
    tenders = [Tender(uuid4(), code, Decimal(1)) for code in ("stripe", "store_credit", "manual", "gift_card")]

    assert [each.provider for each in in_order(tenders)] == ["gift_card", "store_credit", "stripe", "manual"]


def test_who_gives_back_all_or_nothing_is_passed_over_for_a_part() -> None:
    whole, other = Tender(uuid4(), "a", Decimal(5), whole=True), Tender(uuid4(), "b", Decimal(5))

    assert allot([whole, other], Decimal(3)) == [(other, Decimal(3))]
    assert allot([whole, other], Decimal(7)) == [(whole, Decimal(5)), (other, Decimal(2))]


@given(
    total=st.integers(0, 100),
    captured=st.integers(0, 150),
    back=st.lists(st.integers(1, 60), min_size=1, max_size=5),
)
def test_in_parts_or_at_once_the_order_is_worth_the_same(total: int, captured: int, back: list[int]) -> None:
    begun = Standing(Decimal(total), Decimal(captured), Decimal(0), Decimal(0))
    if sum(back) > captured:
        return

    parts = begun
    for each in back:
        parts = parts.after(Decimal(each))

    assert parts == begun.after(Decimal(sum(back)))
    assert parts.total >= 0
