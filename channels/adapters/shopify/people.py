"""Who ordered and where to, and what else an order says that is neither goods nor money."""

from __future__ import annotations

import re
from typing import Any, Final

from channels.adapters import countries
from channels.adapters.shopify.cells import Cells, unquoted
from channels.adapters.shopify.columns import Row
from orders.requests import EMAIL_PATTERN, AddressRequest

_EMAIL: Final = re.compile(EMAIL_PATTERN)
_FACTS: Final = (
    "accepts_marketing",
    "device_id",
    "employee",
    "financial_status",
    "fulfilled_at",
    "fulfillment_status",
    "location",
    "next_payment_due_at",
    "payment_id",
    "payment_method",
    "payment_references",
    "payment_terms_name",
    "receipt_number",
    "risk_level",
    "source",
)
_PLACES: Final = {
    kind: slice(Row._fields.index(f"{kind}_name"), Row._fields.index(f"{kind}_phone") + 1)
    for kind in ("billing", "shipping")
}


def email_of(cells: Cells) -> str:
    email = cells.text("email", 254)
    if not _EMAIL.match(email):
        raise cells.refuse("email", f"{email[:80]!r} is no e-mail address.")
    return email


def phone_of(cells: Cells, field: str) -> str:
    phone = unquoted(getattr(cells.row, field))
    if len(phone) > 40:
        raise cells.refuse(field, "This is longer than 40 characters.")
    return phone


def address_of(cells: Cells, kind: str) -> AddressRequest | None:
    """None where all of it is empty. A name is split at its last space; zips are text, zeros and all."""
    if not any(cells.row[_PLACES[kind]]):
        return None
    first, _, last = cells.text(f"{kind}_name", 200).rpartition(" ")
    if len(first) > 120 or len(last) > 120:
        raise cells.refuse(f"{kind}_name", "A name is longer than 120 characters.")
    country = cells.text(f"{kind}_country", 80)
    is_code = len(country) == 2 and country.isascii() and country.isalpha()
    return AddressRequest(
        first_name=first,
        last_name=last,
        company=cells.text(f"{kind}_company", 160),
        address_1=cells.text(f"{kind}_address1", 255) or cells.text(f"{kind}_street", 255),
        address_2=cells.text(f"{kind}_address2", 255),
        city=cells.text(f"{kind}_city", 120),
        province=cells.text(f"{kind}_province", 120) or cells.text(f"{kind}_province_name", 120),
        postal_code=_zip(cells, f"{kind}_zip"),
        country_code=country.upper() if is_code else countries.code_of(country),
        country_name="" if is_code else country,
        phone=phone_of(cells, f"{kind}_phone"),
    )


def _zip(cells: Cells, field: str) -> str:
    code = unquoted(getattr(cells.row, field))
    if len(code) > 30:
        raise cells.refuse(field, "This is longer than 30 characters.")
    return code


def tags_of(cells: Cells) -> list[str]:
    """Separated by commas, each once."""
    tags = list(dict.fromkeys(filter(None, map(str.strip, cells.row.tags.split(",")))))
    if any(len(tag) > 60 for tag in tags):
        raise cells.refuse("tags", "A tag is longer than 60 characters.")
    return tags


def notes_of(cells: Cells) -> list[str]:
    note = cells.text("notes", 10_000).replace("\r\n", "\n")
    return [note] if note else []


def facts_of(cells: Cells) -> dict[str, Any]:
    """What is kept as metadata, as it stands."""
    facts: dict[str, Any] = {"name": cells.text("name", 255)}
    for field in _FACTS:
        if text := getattr(cells.row, field).strip():
            facts[field] = text
    if attributes := _attributes(cells.row.note_attributes):
        facts["note_attributes"] = attributes
    return facts


def _attributes(text: str) -> dict[str, str]:
    """`key: value` on each line. A line without a colon goes on with the value before it."""
    attributes: dict[str, str] = {}
    last = ""
    for line in text.strip().splitlines():
        key, colon, value = line.partition(":")
        if colon and key.strip():
            last = key.strip()
            attributes[last] = value.strip()
        elif line.strip():
            attributes[last] = f"{attributes.get(last, '')}\n{line.strip()}".strip()
    return attributes
