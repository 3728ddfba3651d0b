"""Money: rounded half-up to its currency, and shared so that nothing is lost."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from oms.core.money import CurrencyMismatch, Money, UnknownCurrency, exponent, quantum, round_amount, split_amount

D = Decimal


@pytest.mark.parametrize(
    ("currency", "digits"),
    [
        *[("USD", 2), ("EUR", 2), ("GBP", 2), ("JPY", 0), ("KRW", 0), ("VND", 0), ("ISK", 0), ("XOF", 0), ("UGX", 0)],
        *[("KWD", 3), ("BHD", 3), ("TND", 3), ("IQD", 3), ("JOD", 3), ("LYD", 3), ("OMR", 3), ("CLF", 4), ("UYW", 4)],
        *[("HUF", 2), ("TWD", 2), ("IDR", 2), ("MGA", 2), ("MRU", 2), ("LBP", 2), ("AFN", 2), ("COP", 2)],
    ],
)
def test_a_currency_has_the_digits_of_iso_4217(currency, digits):
    assert exponent(currency) == digits
    assert quantum(currency) == D(1).scaleb(-digits)


@pytest.mark.parametrize("currency", ["", "usd", "US", "ABC", "QQQ", "USD\n", "€", "USDT"])
def test_what_is_no_currency_is_refused_with_its_name(currency):
    with pytest.raises(UnknownCurrency) as refusal:
        exponent(currency)

    assert refusal.value.facts == {"currency": currency}


@pytest.mark.parametrize(
    ("amount", "currency", "rounded"),
    [
        ("0.005", "USD", "0.01"),
        ("0.0049999", "USD", "0.00"),
        ("2.675", "USD", "2.68"),
        ("-2.675", "USD", "-2.68"),
        ("0.5", "JPY", "1"),
        ("1.5", "JPY", "2"),
        ("2.5", "JPY", "3"),
        ("1.9995", "KWD", "2.000"),
        ("1.0004", "KWD", "1.000"),
        ("0.00005", "CLF", "0.0001"),
    ],
)
def test_halves_are_rounded_away_from_zero(amount, currency, rounded):
    assert str(round_amount(D(amount), currency)) == rounded
    assert Money(D(amount), currency).rounded() == Money(D(rounded), currency)


@pytest.mark.parametrize(
    ("total", "weights", "currency", "parts"),
    [
        ("10", ["50", "50", "50"], "USD", ["3.34", "3.33", "3.33"]),
        ("2.99", ["43", "14", "23"], "USD", ["1.61", "0.52", "0.86"]),
        ("100", ["100", "100", "100"], "JPY", ["34", "33", "33"]),
        ("-10", ["1", "1", "1"], "USD", ["-3.34", "-3.33", "-3.33"]),
        ("0.02", ["1", "1", "1"], "USD", ["0.01", "0.01", "0.00"]),
        ("1", ["0", "0", "0"], "USD", ["0.34", "0.33", "0.33"]),
        ("5", ["0", "7", "0"], "USD", ["0.00", "5.00", "0.00"]),
        ("0", ["3", "4"], "USD", ["0.00", "0.00"]),
        ("9.99", ["1"], "USD", ["9.99"]),
        # 40/3 and 10/3 have the same remainder, though 28 digits of one end a place earlier than of the other.
        ("16.67", ["4", "1"], "USD", ["13.34", "3.33"]),
        ("10", ["0.333333", "0.333333", "0.333334"], "USD", ["3.33", "3.33", "3.34"]),
    ],
)
def test_a_sum_is_shared_by_the_largest_remainder(total, weights, currency, parts):
    shares = split_amount(D(total), [D(weight) for weight in weights], currency)

    assert [str(share) for share in shares] == parts


def test_ties_go_to_the_earlier_part_however_long_their_fractions_are():
    shares = split_amount(D("0.10"), [D(4), D(1), D(1)], "USD")  # exact: 6 2/3, 1 2/3, 1 2/3 cents: two left to give

    assert shares == [D("0.07"), D("0.02"), D("0.01")]


def test_money_is_split_in_its_own_currency():
    assert Money(D(100), "JPY").split([D(1), D(1), D(1)]) == [Money(D(each), "JPY") for each in (34, 33, 33)]


@pytest.mark.parametrize(("total", "weights"), [("1", []), ("1", ["1", "-1"]), ("0.005", ["1", "1"])])
def test_what_cannot_be_shared_is_a_mistake_of_the_caller(total, weights):
    with pytest.raises(ValueError, match=r"share|whole"):
        split_amount(D(total), [D(weight) for weight in weights], "USD")


CURRENCIES = st.sampled_from(["USD", "JPY", "KWD", "CLF"])
WEIGHTS = st.lists(st.decimals(0, 10**9, places=4), min_size=1, max_size=12)


@given(units=st.integers(-(10**15), 10**15), weights=WEIGHTS, currency=CURRENCIES)
@example(units=1667, weights=[D(4), D(1)], currency="USD")
@example(units=10**15, weights=[D("333333333.3333"), D("666666666.6667"), D("0.0001")], currency="USD")
def test_the_parts_sum_to_the_whole_and_each_is_within_one_unit_of_its_exact_share(units, weights, currency):
    unit = quantum(currency)

    parts = split_amount(units * unit, weights, currency)

    shares = [Fraction(weight) for weight in weights] if any(weights) else [Fraction(1)] * len(weights)
    exact = [units * share / sum(shares) for share in shares]
    counted = [Fraction(part) / Fraction(unit) for part in parts]
    assert sum(counted) == units
    assert all(each.denominator == 1 and abs(each - wanted) < 1 for each, wanted in zip(counted, exact, strict=True))
    assert counted == _largest_remainder(units, exact)


def _largest_remainder(units: int, exact: list[Fraction]) -> list[int]:
    """The same by the book, with fractions: whole parts first, then one each by remainder, ties to the earlier."""
    sign = -1 if units < 0 else 1
    parts = [int(abs(share)) for share in exact]
    order = sorted(range(len(exact)), key=lambda index: (parts[index] - abs(exact[index]), index))
    for index in order[: abs(units) - sum(parts)]:
        parts[index] += 1
    return [sign * part for part in parts]


def test_arithmetic_stays_within_one_currency():
    pounds, dollars = Money(D(5), "GBP"), Money(D(5), "USD")

    assert pounds + Money(D("0.50"), "GBP") == Money(D("5.50"), "GBP")
    assert pounds - Money(D(6), "GBP") == -Money(D(1), "GBP")
    assert Money(D(4), "GBP") < pounds <= Money(D(5), "GBP")
    assert (bool(pounds), bool(Money(D(0), "GBP"))) == (True, False)
    for act in (
        lambda: pounds + dollars,
        lambda: pounds - dollars,
        lambda: pounds < dollars,
        lambda: pounds <= dollars,
    ):
        with pytest.raises(CurrencyMismatch) as refusal:
            act()
        assert refusal.value.facts == {"left": "GBP", "right": "USD"}
    assert pounds != dollars


@pytest.mark.parametrize(
    ("amount", "currency", "written"),
    [
        ("1234.5", "GBP", "£1,234.50"),
        ("1234.5", "JPY", "¥1,235"),
        ("2", "KWD", "KWD2.000"),
        ("-3", "USD", "-$3.00"),
    ],
)
def test_an_amount_is_written_with_the_digits_of_its_currency(amount, currency, written):
    assert str(Money(D(amount), currency)) == written
