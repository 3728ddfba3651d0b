"""What an act will do, in sentences that are read before its button is pressed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from oms.web.console import show
from orders import recipes
from orders.models import Hold, Order, OrderLine
from orders.selectors.order_page import Offer, OrderPage, Parcels
from payments import policies as payments
from payments.admin.provider_words import is_local, provider_title

MOST_NAMED: Final = 6


def of_fulfilling(offer: Offer) -> Iterator[str]:
    """From where, and what is taken off the shelf there; of kits their components."""
    taken = [(line, units) for line, units in offer.rows if line.is_stocked]
    units = sum(units for _line, units in taken)
    if not units:
        yield _("Nothing is taken off a shelf.")
        return
    if offer.location:
        yield ngettext(
            "Takes %(n)s unit off the shelf at %(place)s, as one parcel to be shipped.",
            "Takes %(n)s units off the shelf at %(place)s, as one parcel to be shipped.",
            units,
        ) % {"n": units, "place": offer.location}
    else:
        yield ngettext(
            "Takes %(n)s unit out of stock, as one parcel.", "Takes %(n)s units out of stock, as one parcel.", units
        ) % {"n": units}
    if parts := _components(taken):
        yield _("Of kits what they consist of: %s") % parts


def of_fulfilling_by_hand(found: OrderPage) -> str:
    if found.has_places:
        return _("Takes these units off the shelf of the location you choose. What is reserved elsewhere is let go.")
    return _("Takes these units out of stock, as one parcel.")


def of_unpacking(parcel: Parcels, order: Order) -> Iterator[str]:
    yield ngettext(
        "%(n)s unit goes back on the shelf and is reserved for this order again.",
        "%(n)s units go back on the shelf and are reserved for this order again.",
        parcel.units,
    ) % {"n": parcel.units}
    if order.status == "completed":
        yield _("The order is completed: it will be pending again.")


def of_completing() -> str:
    return _("Nothing more is done with a completed order.")


def of_canceling(found: OrderPage) -> Iterator[str]:
    order = found.order
    yield _("The order will be worth %(nothing)s instead of %(total)s.") % {
        "nothing": order.money(order.total - order.total),
        "total": order.money(order.total),
    }
    if found.units_reserved:
        yield ngettext(
            "%(n)s reserved unit is released.", "%(n)s reserved units are released.", found.units_reserved
        ) % {"n": found.units_reserved}
    if found.units_backordered:
        yield ngettext(
            "%(n)s backordered unit waits no longer.",
            "%(n)s backordered units wait no longer.",
            found.units_backordered,
        ) % {"n": found.units_backordered}
    yield from _of_giving_all_back(found)
    yield _("This cannot be undone.")


def _of_giving_all_back(found: OrderPage) -> Iterator[str]:
    """Through whom, for each payment. Where somebody else is asked, the order waits for the answer."""
    asks = False
    for each in found.payments:
        payment = each.payment
        left, held = payments.refundable(payment, each.attempts), payments.voidable(payment, each.attempts)
        provider = provider_title(payment.provider)
        if payment.is_recorded:
            if left:
                yield _("%s was paid and is to be given back where it was taken.") % payment.money(left)
            continue
        asks = asks or (bool(left or held) and not is_local(payment.provider))
        if left:
            told = {"amount": payment.money(left), "provider": payment.method or provider}
            yield _("%(amount)s goes back (%(provider)s).") % told
        if held:
            yield _("%(amount)s that is authorized is let go (%(provider)s).") % {
                "amount": payment.money(held),
                "provider": provider,
            }
    if asks:
        yield _("It is canceled when its money has gone back; if that is refused, it is kept for you to decide.")


def about_hold(hold: Hold) -> Iterator[str]:
    """The note, who placed it and when, and when it ends by itself."""
    if hold.note:
        yield hold.note
    yield f"{show.actor(hold.placed_by)} · {date_format(timezone.localtime(hold.placed_at), 'DATETIME_FORMAT')}"
    if hold.release_at:
        at = date_format(timezone.localtime(hold.release_at), "DATETIME_FORMAT")
        yield _("It is released by itself: %s") % at


def contents(parcel: Parcels) -> str:
    """What is in a parcel, the first few of it."""
    packed = parcel.fulfillment.lines.all()
    return _named((each.quantity, each.order_line.sku or each.order_line.title) for each in packed)


def _components(taken: Iterable[tuple[OrderLine, int]]) -> str:
    parts = Counter[str]()
    for line, units in taken:
        for part in recipes.kept(line.components):
            parts[part.sku] += units * part.quantity
    return _named((units, sku) for sku, units in parts.items())


def _named(things: Iterable[tuple[int, str]]) -> str:
    told = [f"{units} × {name}" for units, name in things]
    more = len(told) - MOST_NAMED
    named = ", ".join(told[:MOST_NAMED])
    return _("%(named)s and %(more)s more") % {"named": named, "more": more} if more > 0 else named
