"""The lines of a Shopify order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final, Literal

from channels.adapters.shopify import words
from channels.adapters.shopify.cells import Cells, is_yes, whole_of
from channels.adapters.shopify.columns import Row
from oms.core.money import round_amount

_MAX_QUANTITY: Final = 1_000_000
_LONGEST_TITLE: Final = 255


@dataclass(slots=True)
class Line:
    """A line as it was read. line: in the file; goods: what it costs before discounts; own: its own discount."""

    line: int
    kind: Literal["goods", "gift_card", "fee"]
    sku: str
    title: str
    quantity: int
    price: Decimal
    goods: Decimal
    own: Decimal
    is_taxable: bool
    requires_shipping: bool | None
    quantity_fulfilled: int
    metadata: dict[str, Any] = field(default_factory=dict)

    @property
    def is_tip(self) -> bool:
        return self.kind == "fee"


def lines_of(rows: Iterable[tuple[int, Row]], head: Cells, *, past: bool) -> Iterator[Line]:
    """Rows without anything of a line, and lines of quantity 0 (taken off by an edit), are left out."""
    status = _status(head, "fulfillment_status")
    for number, row in rows:
        if not (row.lineitem_quantity or row.lineitem_name or row.lineitem_price or row.lineitem_sku):
            continue
        cells = Cells(row, number, head.currency)
        quantity = _quantity(cells)
        if quantity:
            yield _line(cells, quantity, status, past=past)


def _line(cells: Cells, quantity: int, order_status: str, *, past: bool) -> Line:
    row, price = cells.row, cells.price("lineitem_price")
    if not row.lineitem_price.strip():
        raise cells.refuse("lineitem_price", "The price is empty.")
    sku, title = cells.text("lineitem_sku", 100), row.lineitem_name.strip()
    if not sku and not title:
        raise cells.refuse("lineitem_name", "The line has neither name nor sku.")
    goods = round_amount(price * quantity, cells.currency)
    own = cells.amount("lineitem_discount")
    if own > goods:
        raise cells.refuse("lineitem_discount", f"{own} is taken off {goods}.")
    ships = is_yes(row.lineitem_requires_shipping) if cells.has("lineitem_requires_shipping") else None
    kind = _kind(sku, title, ships)
    metadata = _metadata(row, title)
    sent = kind != "fee" and _is_sent(cells, metadata, order_status, past=past)
    return Line(
        line=cells.line,
        kind=kind,
        sku=sku,
        title=title if len(title) <= _LONGEST_TITLE else title[: _LONGEST_TITLE - 1] + "…",
        quantity=quantity,
        price=price,
        goods=goods,
        own=own,
        is_taxable=is_yes(row.lineitem_taxable) if cells.has("lineitem_taxable") else kind == "goods",
        requires_shipping=ships,
        quantity_fulfilled=quantity if sent else 0,
        metadata=metadata,
    )


def _quantity(cells: Cells) -> int:
    text = cells.row.lineitem_quantity
    quantity = whole_of(text)
    if quantity is None:
        raise cells.refuse("lineitem_quantity", f"{text.strip()[:40]!r} is not a whole number.")
    if quantity > _MAX_QUANTITY:
        raise cells.refuse("lineitem_quantity", f"A quantity of {quantity} is not possible.")
    return quantity


def _kind(sku: str, title: str, ships: bool | None) -> Literal["goods", "gift_card", "fee"]:
    """Tips and gift cards are known by their names, and only where nothing is shipped."""
    if not ships and not sku and words.is_tip(title):
        return "fee"
    return "gift_card" if ships is False and words.is_gift_card(title) else "goods"


def _status(cells: Cells, field_: str) -> str:
    text = getattr(cells.row, field_)
    status = words.word(text)
    if status not in words.FULFILLMENT:
        raise cells.refuse(field_, f"{text.strip()[:40]!r} is not known: {_list(words.FULFILLMENT)}.")
    return status


def _list(known: Iterable[str]) -> str:
    return ", ".join(sorted(filter(None, known)))


def _is_sent(cells: Cells, metadata: dict[str, Any], order_status: str, *, past: bool) -> bool:
    """An order that is fulfilled has sent all it has; of another each line tells.

    A line that is partly sent does not say how much of it. In a past sale nothing depends on that; an open order would
    hold stock for units that are gone.
    """
    status = _status(cells, "lineitem_fulfillment_status")
    if words.SENT in (order_status, status):
        return True
    unknown = words.is_part(status) or (not status and words.is_part(order_status))
    if unknown and not past:
        reason = "The line is sent in part, and the file does not say how many units are. Import it when it is sent."
        raise cells.refuse("lineitem_fulfillment_status", reason)
    if unknown:
        metadata["fulfillment_status"] = words.PARTLY
    return False


def _metadata(row: Row, title: str) -> dict[str, Any]:
    found = {"vendor": row.vendor, "compare_at_price": row.lineitem_compare_at_price}
    metadata: dict[str, Any] = {key: text.strip() for key, text in found.items() if text.strip()}
    if len(title) > _LONGEST_TITLE:
        metadata["title"] = title
    return metadata
