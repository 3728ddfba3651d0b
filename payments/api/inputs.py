"""The bodies of requests about payments."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Final, Literal

from msgspec import Meta

from oms.core.errors import FieldError, InvalidInput
from oms.core.money import MAX_AMOUNT, Money, UnknownCurrency, quantum
from oms.web.bodies import Body
from payments.enums import RefundReason
from payments.policies import CHOSEN_REASONS

_FARTHEST: Final = 20  # decimals and zeros: to compute with 1e-3000000 takes seconds
Text = Annotated[str, Meta(max_length=255)]
Currency = Annotated[str, Meta(pattern=r"^[A-Za-z]{3}$(?!\n)")]
RefundReasonWord = Annotated[str, Meta(extra_json_schema={"enum": [each.value for each in CHOSEN_REASONS]})]


class NoInput(Body):
    """An act that says all by its address."""


class CapturePayment(Body):
    """amount: all that is left, when none is given."""

    amount: Decimal | None = None


class RefundPayment(Body):
    """amount: all that is left, when none is given. refund_reason_id: one of `/admin/refund-reasons`; goodwill."""

    amount: Decimal | None = None
    refund_reason_id: RefundReasonWord | None = None
    note: Text | None = None


class CreatePaymentCollection(Body):
    """amount: all that is due, when none is given; never more. currency_code: the order's."""

    order_id: str
    amount: Decimal | None = None
    currency_code: Currency | None = None


class MarkAsPaid(Body):
    """amount, method, note: ours. What was given may be more than is due. provider_id: money in hand is manual."""

    order_id: str
    amount: Decimal | None = None
    method: Annotated[str, Meta(max_length=60)] = ""
    note: Text = ""
    provider_id: Literal["manual", "pp_system_default"] | None = None


class StartPaymentSession(Body):
    """amount: what the collection still lacks, when none is given, and no more than that.

    capture: the money is taken with the authorization. data: what the provider is to know of the purchase, no card
    data.
    """

    provider_id: Annotated[str, Meta(max_length=60)]
    amount: Decimal | None = None
    capture: bool = False
    data: dict[str, Any] = {}


class AuthorizePaymentSession(Body):
    """data: what the customer chose to pay with, as the provider names it: a token, the code of a gift card."""

    data: dict[str, Any] = {}


def money(amount: Decimal | None, currency: str, pointer: str = "/amount") -> Money | None:
    """What `exact` says, where an amount is given."""
    return None if amount is None else exact(amount, currency, pointer)


def exact(amount: Decimal, currency: str, pointer: str = "/amount") -> Money:
    """Raises InvalidInput for what no column holds. Less than nothing, or parts of a cent, the services refuse."""
    place = amount.as_tuple().exponent
    if not isinstance(place, int) or abs(place) > _FARTHEST or amount.copy_abs() >= MAX_AMOUNT:
        raise wrong(pointer, f"{str(amount)[:40]} is not an amount that can be stored", "amount")
    return Money(amount, currency)


def currency_of(code: str) -> str:
    """As it is kept. Raises InvalidInput for one that there is not."""
    try:
        quantum(code.upper())
    except UnknownCurrency as refusal:
        raise wrong("/currency_code", str(refusal).rstrip("."), refusal.code) from None
    return code.upper()


def refund_reason(word: str | None) -> RefundReason:
    """Raises InvalidInput for one that people cannot give."""
    reason = word or RefundReason.GOODWILL
    if reason not in CHOSEN_REASONS:
        raise wrong("/refund_reason_id", f"{reason[:60]} is none of {', '.join(CHOSEN_REASONS)}", "unknown_reason")
    return RefundReason(reason)


def wrong(pointer: str, sentence: str, code: str) -> InvalidInput:
    return InvalidInput(errors=[FieldError(pointer, f"{pointer}: {sentence}.", code)])
