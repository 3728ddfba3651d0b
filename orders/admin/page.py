"""What the page of an order says: the next step first, then money, goods, people and history."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from oms.web.console import show
from orders.admin import effects, money, words
from orders.admin.acts import CHANGE_ORDER
from orders.admin.steps import Refused, Step, note_step, steps, tag_step, unpack_steps
from orders.enums import OrderStatus
from orders.models import Order, OrderAddress, OrderLine, TimelineEntry
from orders.selectors.order_page import MOST_OTHERS, OrderPage, Parcels, Place


def context(
    found: OrderPage, may: Callable[[str], bool], *, wanted: str = "", refused: Refused | None = None
) -> dict[str, Any]:
    """Everything the template shows. A button is there when policy allows the act and `may` the permission.

    wanted: the form that is asked for. refused: the one that was sent and not accepted, which is shown as it was.
    """
    order = found.order
    unpack = unpack_steps(found, may)
    return {
        "page": found,
        "order": order,
        "badges": list(_badges(order)),
        "steps": steps(found, may, wanted, refused),
        "goods": [_goods_row(row, order) for row in found.goods],
        "goods_summary": list(_summary(found)),
        **money.context(found, may, refused),
        "parcels": [_parcel(parcel, unpack.get(parcel.fulfillment.pk)) for parcel in found.parcels],
        "addresses": list(_addresses(found)),
        "others": [_other(each) for each in found.others.newest],
        "others_count": f"{MOST_OTHERS}+" if found.others.count >= MOST_OTHERS else found.others.count,
        "holds": [] if may(CHANGE_ORDER) else [(hold, list(effects.about_hold(hold))) for hold in found.open_holds],
        "notes": [{"note": note, "by": show.actor(note.author)} for note in found.notes],
        "note_step": note_step(refused),
        "tag_step": tag_step(refused),
        "timeline": [_entry(entry, order) for entry in found.timeline.entries],
        "candidates": list(_candidates(found)),
        "situation": _situation(found),
        "may_change": may(CHANGE_ORDER),
    }


def _entry(entry: TimelineEntry, order: Order) -> dict[str, Any]:
    return {
        "at": entry.occurred_at,
        "by": show.actor(entry.actor),
        "action": words.action(entry),
        "details": list(words.details(entry, order)),
    }


def newest_change(order: Order) -> str:
    """What was done to it last, by whom and when: for somebody who has seen it before that."""
    entry = order.timeline.first()
    if entry is None:
        return ""
    at = date_format(timezone.localtime(entry.occurred_at), "DATETIME_FORMAT")
    return f"{words.action(entry)} ({show.actor(entry.actor)}, {at})"


def _other(order: Order) -> dict[str, Any]:
    return {"order": order, "badge": show.status_badge(order, "status"), "total": order.money(order.total)}


def _summary(found: OrderPage) -> Iterator[Any]:
    """How many units are where, over all lines. Of kits only what is packed: their parts are held, not they."""
    units = Counter[str]()
    for row in found.goods:
        for place in row.places:
            if not place.sku:
                units[place.state] += place.quantity
    for state, label in words.PLACES.items():
        if units[state]:
            yield show.badge(state, f"{units[state]} {label}")


def _badges(order: Order) -> Iterator[Any]:
    yield show.status_badge(order, "status")
    if order.open_holds:
        yield show.badge("hold", ngettext("on hold", "on hold (%(n)s)", order.open_holds) % {"n": order.open_holds})
    yield show.status_badge(order, "payment_status", prefix=_("payment"))
    yield show.status_badge(order, "fulfillment_status", prefix=_("goods"))
    if order.return_status != "none":
        yield show.status_badge(order, "return_status", prefix=_("returns"))
    if order.is_sample:
        yield show.badge("sample", _("sample"))


def _situation(found: OrderPage) -> str:
    """One sentence on where the order stands, shown where no button says it already."""
    order = found.order
    if order.status == OrderStatus.CANCELED:
        return _("This order is canceled (%s). Nothing is left to do.") % (order.get_cancel_reason_display() or "–")
    if order.status in {OrderStatus.COMPLETED, OrderStatus.ARCHIVED}:
        return _("This order is %s. Nothing is left to do.") % order.get_status_display()
    if order.canceling_at is not None:
        return _("This order is being canceled: it is done as soon as its money has gone back.")
    if order.status == OrderStatus.REQUIRES_ACTION:
        return _("This order requires action: decide whether to keep it or to cancel it.")
    if order.open_holds:
        return _("This order is on hold. Release every hold before it can be fulfilled.")
    if order.units_open and found.units_backordered:
        return ngettext(
            "%(n)s unit waits for goods to come in.", "%(n)s units wait for goods to come in.", found.units_backordered
        ) % {"n": found.units_backordered}
    if order.units_open and not found.offers:
        return _("No stock is reserved for what is still open. Fulfill it by hand from a location that has it.")
    return _("Everything is fulfilled and delivered.") if found.all_done else ""


def _goods_row(row: Any, order: Order) -> dict[str, Any]:
    line: OrderLine = row.line
    return {
        "line": line,
        "unit_price": show.unit_price(line.unit_price, order.currency),
        "total": order.money(line.total),
        "discount": order.money(-line.discount_total) if line.discount_total else None,
        "tax": order.money(line.tax_total) if line.tax_total else None,
        "adjustments": row.adjustments,
        "places": [_place(place) for place in row.places],
    }


def _place(place: Place) -> Any:
    label = f"{place.quantity} {words.PLACES[place.state]}"
    if place.sku:
        label = f"{place.quantity} x {place.sku} {words.PLACES[place.state]}"
    return show.badge(place.state, f"{label} · {place.location}" if place.location else label)


def _parcel(parcel: Parcels, unpack: Step | None) -> dict[str, Any]:
    status = parcel.fulfillment.status
    return {
        "parcel": parcel,
        "unpack": unpack,
        "badge": show.badge(status, words.PARCELS[status]),
        "boxes": [
            (box.carrier, show.web_link(box.tracking_url, box.tracking_number))
            for box in parcel.fulfillment.parcels.all()
        ],
    }


def _addresses(found: OrderPage) -> Iterator[dict[str, Any]]:
    ships, bills = found.shipping_address, found.billing_address
    if ships is not None:
        yield {"title": _("Ships to"), "lines": _address_lines(ships), "phone": ships.phone}
    if bills is not None:
        same = ships is not None and _address_lines(bills) == _address_lines(ships)
        lines = [_("the same address")] if same else _address_lines(bills)
        yield {"title": _("Bills to"), "lines": lines, "phone": "" if same else bills.phone}


def _address_lines(address: OrderAddress) -> list[str]:
    lines = [
        f"{address.first_name} {address.last_name}",
        address.company,
        address.address_1,
        address.address_2,
        f"{address.postal_code} {address.city}",
        address.province,
        address.country_name or address.country_code.upper(),
    ]
    return [line.strip() for line in lines if line.strip()]


def _candidates(found: OrderPage) -> Iterator[dict[str, Any]]:
    if found.sourcing is None:
        return
    for candidate in found.sourcing.candidates:
        yield {**candidate, "why": words.sourcing_reason(str(candidate.get("reason", "")))}
