"""Stripe's minor units are its own, and are a factor of 100 of real money where they differ from ISO 4217's."""

from __future__ import annotations

from decimal import Decimal

import pytest
from babel import Locale

from oms.core.money import Money, quantum
from payments.providers.base import ProviderRejected
from payments.providers.stripe.amounts import minor_units, money_of


@pytest.mark.parametrize(
    ("amount", "currency", "units"),
    [
        ("12.34", "USD", 1234),
        ("500", "JPY", 500),
        ("5.12", "KWD", 5120),
        ("5.120", "BHD", 5120),
        ("5", "ISK", 500),
        ("5", "UGX", 500),
        ("12.34", "HUF", 1234),
        ("12.34", "TWD", 1234),
        ("7.00", "MGA", 7),
        ("999999999999.99", "IDR", 99999999999999),
    ],
)
def test_an_amount_is_written_as_stripe_wants_it_and_read_back_the_same(amount: str, currency: str, units: int) -> None:
    money = Money(Decimal(amount), currency)

    assert minor_units(money) == units
    assert money_of(units, currency.lower()) == money


@pytest.mark.parametrize(
    ("amount", "currency", "code", "message"),
    [
        ("5.124", "KWD", "amount_not_supported", "Stripe takes KWD in steps of 0.010: 5.124 cannot be moved."),
        ("40.10", "ISK", "amount_not_supported", "Stripe takes ISK in steps of 1.00: 40.10 cannot be moved."),
        ("7.50", "MGA", "amount_not_supported", "Stripe takes MGA in steps of 1: 7.50 cannot be moved."),
        ("12.345", "USD", "amount_not_supported", "Stripe takes USD in steps of 0.01: 12.345 cannot be moved."),
        ("5.000", "IQD", "currency_not_supported", "Stripe takes no IQD."),
        ("5", "CLF", "currency_not_supported", "Stripe takes no CLF."),
    ],
)
def test_what_stripe_cannot_take_is_refused_and_not_rounded(
    amount: str, currency: str, code: str, message: str
) -> None:
    with pytest.raises(ProviderRejected) as refusal:
        minor_units(Money(Decimal(amount), currency))

    assert (refusal.value.code, str(refusal.value)) == (code, message)


def test_whole_units_of_every_currency_come_back_as_they_went_or_are_refused() -> None:
    refused = set()
    for currency in Locale("en").currencies:
        if not currency.isalpha() or len(currency) != 3:
            continue
        money = Money(Decimal(5).quantize(quantum(currency)), currency)
        try:
            units = minor_units(money)
        except ProviderRejected:
            refused.add(currency)
            continue
        assert money_of(units, currency.lower()) == money

    assert refused == {"CLF", "IQD", "LYD", "UYI", "UYW"}
