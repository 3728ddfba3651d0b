"""An order's money, against a second calculation of it in whole minor units."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders.requests import DiscountRequest, LineRequest, OrderRequest, ShippingRequest, TaxRequest
from orders.totals import AmountTooLarge, DiscountExceedsPrice, Priced, TaxExceedsPrice, Totals, compute

D = Decimal


def request(*items: LineRequest, currency: str = "USD", **fields: Any) -> OrderRequest:
    return OrderRequest(currency_code=currency, items=list(items), **fields)


def line(price: str, quantity: int = 1, **fields: Any) -> LineRequest:
    return LineRequest(unit_price=D(price), quantity=quantity, **fields)


def tax(rate: str, amount: str | None = None) -> TaxRequest:
    return TaxRequest(name="VAT", rate=D(rate), amount=None if amount is None else D(amount))


def off(amount: str | None = None, percent: str | None = None) -> DiscountRequest:
    return DiscountRequest(
        amount=None if amount is None else D(amount), percent=None if percent is None else D(percent)
    )


def money(part: Priced) -> tuple[str, str, str, str]:
    return str(part.subtotal), str(part.discount), str(part.tax), str(part.total)


def sums(totals: Totals) -> dict[str, str]:
    return {
        name: str(getattr(totals, name))
        for name in ("item_subtotal", "shipping_subtotal", "discount", "tax", "difference", "total")
        if getattr(totals, name)
    }


def test_a_discount_is_taken_off_before_tax():
    totals = compute(request(line("100", discounts=[off("10")], tax_lines=[tax("6")])))

    assert sums(totals) == {"item_subtotal": "100.00", "discount": "10.00", "tax": "5.40", "total": "95.40"}


@pytest.mark.parametrize(
    ("prices", "discount", "currency", "shares"),
    [
        (["50", "50", "50"], "10", "USD", ["3.34", "3.33", "3.33"]),
        (["43", "14", "23"], "2.99", "USD", ["1.61", "0.52", "0.86"]),
        (["100", "100", "100"], "100", "JPY", ["34", "33", "33"]),
    ],
)
def test_a_discount_on_the_order_is_shared_by_its_lines(prices, discount, currency, shares):
    totals = compute(request(*[line(price) for price in prices], currency=currency, discounts=[off(discount)]))

    assert [str(priced.order_discounts[0]) for priced in totals.lines] == shares
    assert totals.total == sum(map(D, prices)) - D(discount)


def test_three_decimals_of_kuwait_are_kept():
    totals = compute(request(line("1.000", 3, discounts=[off(percent="33.333")]), currency="KWD"))

    assert money(totals.lines[0]) == ("3.000", "1.000", "0", "2.000")
    assert str(totals.total) == "2.000"


def test_of_a_price_that_includes_tax_the_net_is_rounded_and_the_tax_is_the_rest():
    totals = compute(request(line("9.99", 3, tax_lines=[tax("20")]), prices_include_tax=True))

    assert money(totals.lines[0]) == ("24.98", "0.00", "4.99", "29.97")
    assert sums(totals) == {"item_subtotal": "24.98", "tax": "4.99", "total": "29.97"}


@pytest.mark.parametrize(
    ("discount", "expected"),
    [
        (off("6"), ("50.00", "5.00", "9.00", "54.00")),
        (off(percent="50"), ("50.00", "25.00", "5.00", "30.00")),
        (off(percent="100"), ("50.00", "50.00", "0.00", "0.00")),
    ],
)
@pytest.mark.parametrize("on_order", [False, True])
def test_with_prices_that_include_tax_price_and_discount_are_told_net(discount, expected, on_order):
    own, shared = ([], [discount]) if on_order else ([discount], [])

    totals = compute(
        request(line("60", discounts=own, tax_lines=[tax("20")]), prices_include_tax=True, discounts=shared)
    )

    assert money(totals.lines[0]) == expected


def test_shipping_is_taxed_and_discounted_like_a_line_but_has_no_share_of_the_orders_discount():
    shipping = ShippingRequest(name="Parcel", amount=D(10), discounts=[off(percent="50")], tax_lines=[tax("20")])

    totals = compute(request(line("90"), shipping_methods=[shipping], discounts=[off("9")]))

    assert money(totals.shipping[0]) == ("10.00", "5.00", "1.00", "6.00")
    assert sums(totals) == {
        "item_subtotal": "90.00",
        "shipping_subtotal": "10.00",
        "discount": "14.00",
        "tax": "1.00",
        "total": "87.00",
    }


def test_a_fee_has_no_share_of_the_orders_discount():
    totals = compute(request(line("90"), line("10", kind="fee"), discounts=[off(percent="10")]))

    assert [str(priced.total) for priced in totals.lines] == ["81.00", "10.00"]


def test_an_order_of_fees_alone_has_nothing_to_discount():
    totals = compute(request(line("10", kind="fee"), discounts=[off(percent="10")]))

    assert sums(totals) == {"item_subtotal": "10.00", "total": "10.00"}


@pytest.mark.parametrize(("inclusive", "expected"), [(False, "110.33"), (True, "100.00")])
def test_taxes_that_the_source_states_are_kept(inclusive, expected):
    totals = compute(request(line("100", tax_lines=[tax("5", "7.11"), tax("3", "3.22")]), prices_include_tax=inclusive))

    assert [str(each) for each in totals.lines[0].taxes] == ["7.11", "3.22"]
    assert (str(totals.tax), str(totals.total)) == ("10.33", expected)


def test_a_stated_tax_is_kept_beside_one_that_is_computed():
    totals = compute(request(line("100", tax_lines=[tax("5", "7.11"), tax("10")])))

    assert [str(each) for each in totals.lines[0].taxes] == ["7.11", "10.00"]
    assert str(totals.total) == "117.11"


def test_taxes_of_one_line_are_rounded_together_and_shared():
    totals = compute(request(line("0.99", tax_lines=[tax("5"), tax("5"), tax("5")])))

    assert [str(each) for each in totals.lines[0].taxes] == ["0.05", "0.05", "0.05"]
    assert str(totals.tax) == "0.15"


@pytest.mark.parametrize(("stated", "difference"), [("100.01", "0.01"), ("99.99", "-0.01"), ("100", None)])
def test_what_the_source_says_it_was_worth_stands_and_the_difference_is_named(stated, difference):
    totals = compute(request(line("100"), total=D(stated)))

    assert sums(totals) == {"item_subtotal": "100.00", "total": f"{D(stated):.2f}"} | (
        {"difference": difference} if difference else {}
    )


def test_every_discount_that_is_larger_than_its_price_is_named():
    method = ShippingRequest(name="Parcel", amount=D(1), discounts=[off("2")])

    with pytest.raises(DiscountExceedsPrice) as refusal:
        compute(request(line("9"), line("10", discounts=[off("6"), off("5")]), shipping_methods=[method]))

    assert [(error.pointer, error.message) for error in refusal.value.errors] == [
        ("/items/1/discounts", "/items/1/discounts: 11.00 is taken off 10.00."),
        ("/shipping_methods/0/discounts", "/shipping_methods/0/discounts: 2.00 is taken off 1.00."),
    ]


@pytest.mark.parametrize("items", [[line("5"), line("4.99")], [line("100", kind="fee")], []])
def test_a_discount_on_the_order_is_not_larger_than_its_goods(items):
    method = ShippingRequest(name="Parcel", amount=D(100))

    with pytest.raises(DiscountExceedsPrice) as refusal:
        compute(request(*items, shipping_methods=[method], discounts=[off("10")]))

    assert [error.pointer for error in refusal.value.errors] == ["/discounts"]


def test_a_tax_is_not_larger_than_the_price_that_includes_it():
    with pytest.raises(TaxExceedsPrice) as refusal:
        compute(request(line("10", tax_lines=[tax("20", "10.01")]), prices_include_tax=True))

    assert [error.pointer for error in refusal.value.errors] == ["/items/0/tax_lines"]


def test_amounts_that_cannot_be_stored_are_refused():
    with pytest.raises(AmountTooLarge):
        compute(request(line("9999999999999", 1_000_000)))


# --- the second calculation ------------------------------------------------------------------------------------------

DIGITS = {"USD": 2, "JPY": 0, "KWD": 3}


def half_up(exact: Fraction) -> int:
    return int(exact + Fraction(1, 2)) if exact >= 0 else -int(-exact + Fraction(1, 2))


def share(total: int, weights: list[int]) -> list[int]:
    weights = weights if any(weights) else [1] * len(weights)
    parts = [total * weight // sum(weights) for weight in weights]
    rests = [total * weight % sum(weights) for weight in weights]
    for index in sorted(range(len(parts)), key=lambda index: (-rests[index], index))[: total - sum(parts)]:
        parts[index] += 1
    return parts


def in_minor_units(order: OrderRequest) -> list[tuple[int, int, int, int]]:
    """(subtotal, discount, tax, total) of each line and shipping method, in minor units, by the book."""
    scale = 10 ** DIGITS[order.currency]

    def minor(amount: Decimal) -> int:
        return half_up(Fraction(amount) * scale)

    def discount(each: DiscountRequest, base: int) -> int:
        return minor(each.amount) if each.percent is None else half_up(base * Fraction(each.percent) / 100)

    parts = [(line.unit_price, line) for line in order.items]
    parts += [(method.amount, method) for method in order.shipping_methods]
    gross = [half_up(Fraction(price) * part.quantity * scale) for price, part in parts]
    taken = [
        sum(discount(each, amount) for each in part.discounts) for (_, part), amount in zip(parts, gross, strict=True)
    ]
    goods = [index for index, line in enumerate(order.items) if line.kind != "fee"]
    weights = [gross[index] - taken[index] for index in goods]
    for amount in [discount(each, sum(weights)) for each in order.discounts]:
        for index, part in zip(goods, share(amount, weights) if goods else [], strict=True):
            taken[index] += part
    result = []
    for (_, part), full, less in zip(parts, gross, taken, strict=True):
        rate = sum((Fraction(each.rate) for each in part.tax_lines), Fraction(0))
        if order.prices_include_tax:
            net = half_up((full - less) * 100 / (100 + rate))
            subtotal = half_up(full * 100 / (100 + rate)) if less else net
            result.append((subtotal, subtotal - net, full - less - net, full - less))
        else:
            charged = half_up((full - less) * rate / 100)
            result.append((full, less, charged, full - less + charged))
    return result


amounts = st.decimals(0, 10_000, places=4)
percents = st.builds(lambda percent: DiscountRequest(percent=percent), st.decimals(0, 50, places=3))
rates = st.lists(st.builds(lambda rate: TaxRequest(name="VAT", rate=rate), st.decimals(0, 40, places=3)), max_size=3)
lines = st.builds(
    LineRequest,
    unit_price=amounts,
    quantity=st.integers(1, 50),
    kind=st.sampled_from(["goods", "goods", "fee"]),
    discounts=st.lists(percents, max_size=1),
    tax_lines=rates,
)
methods = st.builds(
    ShippingRequest, name=st.just("Parcel"), amount=amounts, discounts=st.lists(percents, max_size=1), tax_lines=rates
)
orders = st.builds(
    OrderRequest,
    currency_code=st.sampled_from(list(DIGITS)),
    items=st.lists(lines, min_size=1, max_size=5),
    shipping_methods=st.lists(methods, max_size=2),
    discounts=st.lists(percents, max_size=2),
    prices_include_tax=st.booleans(),
    total=st.none() | amounts,
)


@given(orders)
def test_totals_are_those_of_whole_minor_units_and_the_sums_of_their_lines(order):
    scale = 10 ** DIGITS[order.currency]

    totals = compute(order)

    parts = [*totals.lines, *totals.shipping]
    told = [tuple(amount * scale for amount in (p.subtotal, p.discount, p.tax, p.total)) for p in parts]
    assert told == in_minor_units(order)
    assert totals.item_subtotal == sum(part.subtotal for part in totals.lines)
    assert totals.shipping_subtotal == sum(part.subtotal for part in totals.shipping)
    assert totals.discount == sum(part.discount for part in parts)
    assert totals.tax == sum(part.tax for part in parts)
    assert totals.total == sum(part.total for part in parts) + totals.difference
    worth = totals.item_subtotal + totals.shipping_subtotal - totals.discount + totals.tax
    assert totals.total == worth + totals.difference
    for part in parts:
        assert part.subtotal - part.discount + part.tax == part.total
        assert min(part.subtotal, part.discount, part.tax, part.total) >= 0
        assert part.tax == sum(part.taxes)
