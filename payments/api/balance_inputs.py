"""The bodies of requests about gift cards and store credit."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from oms.web.bodies import Body
from payments.api.inputs import Currency
from payments.api.inputs import Text as Note

AwareTime = Annotated[datetime, Meta(tz=True)]
Recipient = Annotated[str, Meta(max_length=190)]
Reason = Literal["goodwill", "return", "sale", "promotion", "correction", "fraud", "other"]


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
