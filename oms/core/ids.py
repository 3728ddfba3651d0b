"""Ids: UUIDv7 inside, TypeIDs outside.

A primary key is a UUIDv7 (RFC 9562, 5.7) made in Python, so that parents and children are written in one round
trip. Outside the process it wears its type: `order_01j…`, the TypeID form (https://github.com/jetify-com/typeid),
26 characters of lower-case Crockford base32 behind a prefix.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final
from uuid import UUID, SafeUUID

from uuid_utils import uuid7

from oms.core.errors import NotFound

__all__ = ["IdPrefix", "decode", "encode", "new_id", "new_ids"]

_ALPHABET: Final = "0123456789abcdefghjkmnpqrstvwxyz"
_VALUES: Final = {letter: value for value, letter in enumerate(_ALPHABET)}
_LENGTH: Final = 26

IdPrefix = str
_UNKNOWN: Final = SafeUUID.unknown
_COUNTED: Final = (1 << 62) - 1  # the bits behind the variant

ORDER: Final = "order"
ORDER_LINE: Final = "ordli"
SHIPPING_LINE: Final = "ordsm"
TAX_LINE: Final = "ordlitxl"
ADJUSTMENT: Final = "ordliadj"
CREDIT_LINE: Final = "ordcl"
CREDITED_ITEM: Final = "credit"
ADDRESS: Final = "ordaddr"
CUSTOMER: Final = "cus"
HOLD: Final = "hold"
NOTE: Final = "note"
FULFILLMENT: Final = "ful"
FULFILLMENT_LINE: Final = "fulit"
PARCEL: Final = "fulla"
PAYMENT: Final = "pay"
PAYMENT_COLLECTION: Final = "pay_col"
PAYMENT_SESSION: Final = "payses"
PAYMENT_ATTEMPT: Final = "payatt"
CAPTURE: Final = "capt"
REFUND: Final = "ref"
PROVIDER_EVENT: Final = "payevt"
PROVIDER_WEBHOOK: Final = "payhook"
GIFT_CARD: Final = "gcard"
GIFT_CARD_ENTRY: Final = "gcardent"
STORE_CREDIT_ACCOUNT: Final = "scacc"
STORE_CREDIT_ENTRY: Final = "scent"
SALES_CHANNEL: Final = "sc"
STOCK_LOCATION: Final = "sloc"
INVENTORY_ITEM: Final = "iitem"
KIT_COMPONENT: Final = "kitcmp"
INVENTORY_LEVEL: Final = "ilev"
RESERVATION: Final = "resitem"
API_KEY: Final = "apk"
AUDIT_ENTRY: Final = "audit"
EVENT: Final = "evt"
IMPORT_RUN: Final = "imp"
IMPORT_LANE: Final = "implane"
CHANNEL_LOCATION: Final = "scloc"
IMPORT_REJECT: Final = "imprej"
SOURCE_DOCUMENT: Final = "srcdoc"
SOURCE_DOCUMENT_LINE: Final = "srcdocli"
CREDIT_MATCH: Final = "crmatch"
STOCK_MOVEMENT: Final = "imov"
SOURCING_DECISION: Final = "srcdec"
ARRIVAL: Final = "sarr"
ARRIVAL_LINE: Final = "sarrli"
TRANSFER: Final = "stra"
TRANSFER_LINE: Final = "strali"
STOCK_COUNT: Final = "scnt"
STOCK_COUNT_LINE: Final = "scntli"
STOCK_SHORTAGE: Final = "sshort"
LOW_STOCK_ALERT: Final = "slow"
DELIVERY: Final = "del"
IDEMPOTENCY_KEY: Final = "idem"
TIMELINE_ENTRY: Final = "tml"
ORDER_SOURCE: Final = "osrc"
SOURCE_RUN: Final = "osrun"
SOURCE_FILE: Final = "osfile"
IMPORT_UPLOAD: Final = "impup"
BULK_JOB: Final = "bulk"
BULK_JOB_ROW: Final = "bulkrow"
SAVED_VIEW: Final = "view"
SALES_QUARTER: Final = "salesq"
COLUMN_MAPPING: Final = "colmap"


def new_id() -> UUID:
    """A fresh UUIDv7. Ordered by time of making, which is not the order of commit."""
    return _of(uuid7().int)


def new_ids(count: int) -> Iterator[UUID]:
    """So many fresh UUIDv7 in ascending order: a random one counted up (RFC 9562, 6.2, method 2)."""
    first = uuid7().int
    if (first & _COUNTED) + count > _COUNTED:  # would run over into the variant; one in 10^15
        return (new_id() for _ in range(count))
    return map(_of, range(first, first + count))


def _of(number: int) -> UUID:
    fresh = object.__new__(UUID)  # as UUID(int=…) does after its checks, which cost three times the rest
    object.__setattr__(fresh, "int", number)
    object.__setattr__(fresh, "is_safe", _UNKNOWN)
    return fresh


def first_id(at: datetime) -> UUID:
    """The smallest UUIDv7 of a moment: ids made before it are smaller, as far as clocks agree. None is before 1970."""
    return UUID(int=max(0, int(at.timestamp() * 1000)) << 80 | 7 << 76 | 2 << 62)


def encode(prefix: IdPrefix, value: UUID) -> str:
    """The outside form of an id: `encode("order", uuid)` -> `order_01j…`."""
    number = value.int
    letters = [""] * _LENGTH
    for position in range(_LENGTH - 1, -1, -1):
        letters[position] = _ALPHABET[number & 31]
        number >>= 5
    return f"{prefix}_{''.join(letters)}"


def decode(prefix: IdPrefix, text: str) -> UUID:
    """The UUID behind a TypeID. Raises NotFound when the text is none or names another type: such a thing cannot exist.

    Upper case is accepted, because the recorded contract shows ids in upper case.
    """
    head, _, tail = text.rpartition("_")
    number = 0
    try:
        if head != prefix or len(tail) != _LENGTH or not tail.isascii():  # the Kelvin sign is a k in lower case
            raise KeyError(tail)
        for letter in tail.lower():
            number = number << 5 | _VALUES[letter]
        return UUID(int=number)
    except (KeyError, ValueError):
        raise NotFound(kind=prefix, id=text[:80]) from None
