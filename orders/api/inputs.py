"""The bodies of requests about orders. Placing one is `orders.requests.OrderRequest`."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, UnsetType

from oms.core import ids
from oms.core.errors import FieldError, InvalidInput
from oms.web.bodies import Body, public_id
from orders.requests import EMAIL_PATTERN, AwareTime, Quantity
from orders.services.fulfilling import FulfillItem

# A link that people click: a script in its place would run in the console.
Link = Annotated[str, Meta(max_length=500, pattern=r"^(https?://[^\s]+)?$(?!\n)")]
CancelReasonWord = Literal["customer", "stock", "fraud", "payment", "other"]
HoldReasonWord = Literal["fraud", "address", "payment", "stock", "customer", "other"]


class ItemQuantity(Body):
    """Units of a line of the order: `id` is the line's."""

    id: str
    quantity: Quantity


class AddressInput(Body):
    """What is left out stays; null empties it. The country of a shipping address stays once it is known."""

    first_name: Annotated[str, Meta(max_length=120)] | UnsetType | None = UNSET
    last_name: Annotated[str, Meta(max_length=120)] | UnsetType | None = UNSET
    company: Annotated[str, Meta(max_length=160)] | UnsetType | None = UNSET
    address_1: Annotated[str, Meta(max_length=255)] | UnsetType | None = UNSET
    address_2: Annotated[str, Meta(max_length=255)] | UnsetType | None = UNSET
    city: Annotated[str, Meta(max_length=120)] | UnsetType | None = UNSET
    province: Annotated[str, Meta(max_length=120)] | UnsetType | None = UNSET
    postal_code: Annotated[str, Meta(max_length=30)] | UnsetType | None = UNSET
    country_code: Annotated[str, Meta(pattern=r"^[A-Za-z]{2}$(?!\n)")] | UnsetType | None = UNSET
    phone: Annotated[str, Meta(max_length=40)] | UnsetType | None = UNSET

    def changes(self) -> dict[str, str]:
        found = {name: getattr(self, name) for name in self.__struct_fields__}
        return {name: value or "" for name, value in found.items() if value is not UNSET}


class UpdateOrder(Body):
    """metadata: keys are merged, a null removes one. tags: replaced."""

    email: Annotated[str, Meta(max_length=254, pattern=EMAIL_PATTERN)] | UnsetType = UNSET
    shipping_address: AddressInput | UnsetType = UNSET
    billing_address: AddressInput | UnsetType = UNSET
    metadata: dict[str, Any] | UnsetType | None = UNSET
    tags: Annotated[list[str], Meta(max_length=100)] | UnsetType = UNSET


class CancelOrder(Body):
    reason: CancelReasonWord = "other"


class NoFields(Body):
    """An act that says all by its address. `no_notification` is taken and means nothing: mails are sent by others."""

    no_notification: bool = False


class CreateFulfillment(Body):
    """location_id: left out, it is the location that holds most of these items. shipping_option_id: null, as in the
    order's shipping methods."""

    items: Annotated[list[ItemQuantity], Meta(min_length=1, max_length=10_000)]
    location_id: str | None = None
    shipping_option_id: str | None = None
    no_notification: bool = False
    metadata: dict[str, Any] | None = None


class LabelInput(Body):
    tracking_number: Annotated[str, Meta(min_length=1, max_length=120)]
    tracking_url: Link = ""
    label_url: Link = ""
    carrier: Annotated[str, Meta(max_length=60)] = ""


class CreateShipment(Body):
    """items: all that was packed; a fulfillment ships whole. Left out, it means the same."""

    items: list[ItemQuantity] | None = None
    labels: Annotated[list[LabelInput], Meta(max_length=100)] = []
    no_notification: bool = False
    metadata: dict[str, Any] | None = None


class PlaceHold(Body):
    """release_at: it is released by itself then."""

    reason: HoldReasonWord
    note: Annotated[str, Meta(max_length=255)] = ""
    release_at: AwareTime | None = None


class AddNote(Body):
    body: Annotated[str, Meta(min_length=1, max_length=10_000)]


class Batch(Body):
    """Each of `orders` has the form of an order to be placed; up to 1,000."""

    orders: list[Any]


def fulfill_items(items: list[ItemQuantity]) -> list[FulfillItem]:
    """Raises InvalidInput naming every id that is none."""
    found, errors = [], []
    for index, item in enumerate(items):
        try:
            found.append(FulfillItem(public_id(ids.ORDER_LINE, item.id, f"/items/{index}/id", "line"), item.quantity))
        except InvalidInput as refusal:
            errors += refusal.errors
    if errors:
        raise InvalidInput(errors=errors)
    return found


def require_year(pointer: str, at: Any) -> None:
    """A time that the database and Python both can hold."""
    if at is not None and not 1900 <= at.year < 9999:
        raise InvalidInput(errors=[FieldError(pointer, f"{pointer}: the year {at.year} is not a likely one.", "time")])
