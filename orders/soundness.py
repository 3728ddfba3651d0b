"""What a request must be beyond its form: amounts that can be stored, parts that fit each other, text that is text.

Pure. All that is wrong is gathered, each with its JSON pointer.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import msgspec

from oms.core.errors import FieldError
from oms.core.money import MAX_AMOUNT, UnknownCurrency, exponent

if TYPE_CHECKING:
    from orders.requests import DiscountRequest, OrderRequest, PaymentRequest, TaxRequest

_ZERO: Final = Decimal(0)
_MAX_UNIT_PRICE: Final = Decimal("1e13")  # numeric(20,6) holds fourteen digits before the point
_MAX_RATE: Final = Decimal(999)  # numeric(9,6) holds three
_HUNDRED: Final = Decimal(100)
_MOST_UNITS: Final = 2_000_000_000  # of an order; they are counted in four bytes
_DECIMALS: Final = 6  # what the columns keep
_FARTHEST: Final = 30  # from the point that a digit may be written, zeros included


def problems(request: OrderRequest) -> list[FieldError]:
    """Everything that is wrong with a request that has the right form."""
    found = [*nul_errors(request), *_form_errors(request)]
    for index, line in enumerate(request.items):
        place = f"/items/{index}"
        found += _amount(f"{place}/unit_price", line.unit_price, most=_MAX_UNIT_PRICE)
        found += _taxes(place, line.tax_lines)
        found += _discounts(place, line.discounts)
    for index, method in enumerate(request.shipping_methods):
        place = f"/shipping_methods/{index}"
        found += _amount(f"{place}/amount", method.amount, most=_MAX_UNIT_PRICE)
        found += _taxes(place, method.tax_lines)
        found += _discounts(place, method.discounts)
    found += _discounts("", request.discounts)
    for index, payment in enumerate(request.payments):
        found += _payment(f"/payments/{index}", payment)
    for index, credit in enumerate(request.credit_lines):
        found += _amount(f"/credit_lines/{index}/amount", credit.amount)
    found += _amount("/total", request.total)
    if not found:
        found += _sum("/payments", [payment.amount for payment in request.payments])
        found += _sum("/credit_lines", [credit.amount for credit in request.credit_lines])
    return found


def nul_errors(value: Any, pointer: str = "") -> list[FieldError]:
    """Where text holds the character NUL, which PostgreSQL cannot store. `value` is anything that JSON can say."""
    encoded = msgspec.json.encode(value)
    if b"\\u0000" not in encoded:
        return []
    places = _nul_places(msgspec.json.decode(encoded), pointer)
    return [FieldError(place, f"{place}: the character U+0000 cannot be stored.", "nul") for place in places]


def _nul_places(value: Any, pointer: str) -> Iterator[str]:
    if isinstance(value, str):
        if "\0" in value:
            yield pointer
    elif isinstance(value, dict):
        for key, inner in value.items():
            if "\0" in key:
                yield pointer
            yield from _nul_places(inner, f"{pointer}/{key.replace('~', '~0').replace('/', '~1')}")
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _nul_places(inner, f"{pointer}/{index}")


def _form_errors(request: OrderRequest) -> Iterator[FieldError]:
    try:
        exponent(request.currency)
    except UnknownCurrency as problem:
        yield FieldError("/currency_code", str(problem), problem.code)
    if not request.items and not request.shipping_methods:
        yield FieldError("/items", "An order has at least one line.", "required")
    units = sum([line.quantity for line in request.items])
    if units > _MOST_UNITS:
        yield FieldError("/items", f"/items: {units} units in one order; at most {_MOST_UNITS}.", "quantity")
    for index, line in enumerate(request.items):
        if line.quantity_fulfilled > line.quantity:
            place = f"/items/{index}/quantity_fulfilled"
            yield FieldError(place, f"{line.quantity_fulfilled} of {line.quantity} fulfilled.")
    if request.cancel_reason and request.canceled_at is None:
        yield FieldError("/canceled_at", "cancel_reason is given without canceled_at.", "required")
    yield from _time("/placed_at", request.placed_at)
    yield from _time("/canceled_at", request.canceled_at)
    for index, payment in enumerate(request.payments):
        yield from _time(f"/payments/{index}/captured_at", payment.captured_at)


def _time(pointer: str, at: datetime | None) -> Iterator[FieldError]:
    if at is not None and not 1900 <= at.year < 9999:
        yield FieldError(pointer, f"{pointer}: the year {at.year} is not one of an order.", "time")


def _amount(pointer: str, amount: Decimal | None, *, most: Decimal = MAX_AMOUNT) -> Iterator[FieldError]:
    if amount is None:
        return
    if not amount.is_finite() or amount.copy_abs() >= most:
        yield FieldError(pointer, f"{pointer}: {str(amount)[:40]} is not an amount that can be stored.", "amount")
    elif amount < _ZERO:
        yield FieldError(pointer, f"{pointer}: {str(amount)[:40]} is below 0.", "amount")
    elif not _is_short(amount):
        message = f"{pointer}: {str(amount)[:40]} has more than {_DECIMALS} decimals."
        yield FieldError(pointer, message, "decimals")


def _is_short(amount: Decimal) -> bool:
    """Whether it is kept as it is. Zeros behind the last decimal do not count.

    Looks at the digits alone: to compute with 1e-3000000 takes seconds.
    """
    _, digits, place = amount.as_tuple()
    if not isinstance(place, int) or abs(place) > _FARTHEST:
        return False
    return place >= -_DECIMALS or not any(digits[place + _DECIMALS :])


def _sum(pointer: str, amounts: Sequence[Decimal]) -> Iterator[FieldError]:
    if sum(amounts, _ZERO) >= MAX_AMOUNT:
        yield FieldError(pointer, f"{pointer}: together more than can be stored.", "amount")


def _taxes(place: str, taxes: Sequence[TaxRequest]) -> Iterator[FieldError]:
    for index, tax in enumerate(taxes):
        yield from _amount(f"{place}/tax_lines/{index}/rate", tax.rate, most=_MAX_RATE)
        yield from _amount(f"{place}/tax_lines/{index}/amount", tax.amount)


def _discounts(place: str, discounts: Sequence[DiscountRequest]) -> Iterator[FieldError]:
    for index, discount in enumerate(discounts):
        here = f"{place}/discounts/{index}"
        wrong = [*_amount(f"{here}/amount", discount.amount), *_amount(f"{here}/percent", discount.percent)]
        yield from wrong
        if (discount.amount is None) == (discount.percent is None):
            yield FieldError(here, f"{here}: give either amount or percent.", "required")
        elif not wrong and discount.percent is not None and discount.percent > _HUNDRED:
            yield FieldError(f"{here}/percent", f"{here}: {discount.percent} is above 100.", "amount")


def _payment(place: str, payment: PaymentRequest) -> Iterator[FieldError]:
    captured = payment.amount if payment.captured is None else payment.captured
    wrong = [
        *_amount(f"{place}/amount", payment.amount),
        *_amount(f"{place}/captured", payment.captured),
        *_amount(f"{place}/refunded", payment.refunded),
    ]
    yield from wrong
    if wrong:
        return
    if captured > payment.amount:
        yield FieldError(f"{place}/captured", f"{place}: more captured than {payment.amount}.", "amount")
    if payment.refunded > captured:
        yield FieldError(f"{place}/refunded", f"{place}: more refunded than {captured}.", "amount")
