"""The bodies of requests about gift cards and store credit."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from oms.core.errors import FieldError, InvalidInput
from oms.core.money import MAX_AMOUNT, Money
from oms.web.bodies import Body

AwareTime = Annotated[datetime, Meta(tz=True)]
Currency = Annotated[str, Meta(pattern=r"^[A-Za-z]{3}$(?!\n)")]
Note = Annotated[str, Meta(max_length=255)]
Recipient = Annotated[str, Meta(max_length=190)]
Reason = Literal["goodwill", "return", "sale", "promotion", "correction", "fraud", "other"]


class GiftCardStep(Body):
    """Nothing is asked."""


class CreateGiftCard(Body):
    """value: what it is worth. order_id, line_item_id: what it was sold with. recipient: whom it is for."""

    value: Decimal
    currency_code: Currency
    expires_at: AwareTime | None = None
    reason: Reason = "sale"
    recipient: Recipient = ""
    note: Note = ""
    order_id: str | None = None
    line_item_id: str | None = None


class UpdateGiftCard(Body):
    """expires_at: null for never. A card that has expired lives again, with what expired of it."""

    expires_at: AwareTime | UnsetType | None = UNSET
    recipient: Recipient | UnsetType = UNSET
    note: Note | UnsetType = UNSET


class LookUpGiftCard(Body):
    code: Annotated[str, Meta(max_length=80)]


class AdjustBalance(Body):
    """amount: by how much; below 0 takes away. reason: why."""

    amount: Decimal
    reason: Reason
    note: Note = ""


class IssueStoreCredit(Body):
    customer_id: str
    amount: Decimal
    currency_code: Currency
    reason: Reason
    note: Note = ""


class MoveStoreCredit(Body):
    """amount: more than 0."""

    amount: Decimal
    reason: Reason
    note: Note = ""


def money_of(amount: Decimal, currency: str, pointer: str = "/amount") -> Money:
    """An amount that can be counted with. Raises InvalidInput, UnknownCurrency."""
    if not amount.is_finite() or abs(amount) >= MAX_AMOUNT:
        name = pointer.removeprefix("/")
        raise InvalidInput(errors=[FieldError(pointer, f"{name}: less than {MAX_AMOUNT:f} can be kept.")])
    return Money(amount, currency.upper())
