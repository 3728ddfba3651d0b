"""What the timeline and the sourcing decision say, in the words of a person."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from oms.core.money import Money
from orders.enums import (
    CancelReason,
    FulfillmentStatus,
    HoldReason,
    OrderStatus,
    PaymentStatus,
    ReturnStatus,
)
from orders.models import Order, TimelineEntry
from payments.admin.provider_words import provider_title
from payments.enums import RefundReason

ACTIONS: Final[Mapping[str, Promise]] = {
    "order.placed": gettext_lazy("Order placed"),
    "order.imported": gettext_lazy("Order imported"),
    "order.updated": gettext_lazy("Order changed"),
    "order.canceled": gettext_lazy("Order canceled"),
    "order.completed": gettext_lazy("Order completed"),
    "order.archived": gettext_lazy("Order archived"),
    "order.hold_placed": gettext_lazy("Put on hold"),
    "order.hold_released": gettext_lazy("Hold released"),
    "order.fulfillment_created": gettext_lazy("Fulfilled"),
    "order.fulfillment_canceled": gettext_lazy("Fulfillment canceled"),
    "order.shipment_created": gettext_lazy("Shipped"),
    "order.delivered": gettext_lazy("Delivered"),
    "order.payment_authorized": gettext_lazy("Payment authorized"),
    "order.payment_captured": gettext_lazy("Payment captured"),
    "order.payment_capture_failed": gettext_lazy("Capture declined"),
    "order.refund_created": gettext_lazy("Money refunded"),
    "order.refund_failed": gettext_lazy("Refund declined"),
    "inventory.backorder_filled": gettext_lazy("Goods came for what waited"),
    "import.created": gettext_lazy("Imported"),
    "import.updated": gettext_lazy("Changed by an import"),
    "import.changed": gettext_lazy("Changed by an import"),
    "import.credited": gettext_lazy("Credit note matched"),
}

# What `order.updated` tells of, by the fact "act", or else by what changed.
ACTS: Final[Mapping[str, Promise]] = {
    "note.added": gettext_lazy("Note added"),
    "note.removed": gettext_lazy("Note removed"),
    "reservation.created": gettext_lazy("Goods reserved by hand"),
    "reservation.updated": gettext_lazy("Reservation changed by hand"),
    "reservation.released": gettext_lazy("Reservation released by hand"),
    "reservation.moved": gettext_lazy("Reserved goods moved"),
    "inventory.stock_missing": gettext_lazy("Reserved goods were not there"),
    "order.revised": gettext_lazy("Changed by its source"),
    "customer.erased": gettext_lazy("Customer erased"),
    "order.cancel_requested": gettext_lazy("To be canceled when its money has gone back"),
    "order.cancel_refused": gettext_lazy("Not canceled: its money could not be given back"),
    "order.kept": gettext_lazy("Kept as it is"),
    "order.lines_refunded": gettext_lazy("Refund of goods or shipping"),
    "payment.authorize_intended": gettext_lazy("Authorization asked for"),
    "payment.authorize_pending": gettext_lazy("Authorization on its way"),
    "payment.authorize_unknown": gettext_lazy("Nobody knows yet whether it was authorized"),
    "payment.authorize_declined": gettext_lazy("Authorization declined"),
    "payment.capture_intended": gettext_lazy("Capture asked for"),
    "payment.capture_pending": gettext_lazy("Capture on its way"),
    "payment.capture_unknown": gettext_lazy("Nobody knows yet whether it was captured"),
    "payment.refund_intended": gettext_lazy("Refund asked for"),
    "payment.refund_pending": gettext_lazy("Refund on its way"),
    "payment.refund_unknown": gettext_lazy("Nobody knows yet whether it was refunded"),
    "payment.void_intended": gettext_lazy("Letting go of an authorization asked for"),
    "payment.void_pending": gettext_lazy("Letting go of an authorization on its way"),
    "payment.void_unknown": gettext_lazy("Nobody knows yet whether the authorization was let go"),
    "payment.void_succeeded": gettext_lazy("Authorization let go"),
    "payment.void_declined": gettext_lazy("Letting go of an authorization declined"),
    "tags": gettext_lazy("Tags changed"),
    "email": gettext_lazy("E-mail changed"),
    "metadata": gettext_lazy("Metadata changed"),
}

SOURCING_REASONS: Final[Mapping[str, Promise]] = {
    "has_everything": gettext_lazy("Ships: it has everything."),
    "completes_the_set": gettext_lazy("Ships: together with the others it has everything."),
    "has_nothing": gettext_lazy("Not chosen: it has none of these goods."),
    "inactive": gettext_lazy("Not considered: the location is switched off."),
    "lower_priority": gettext_lazy("Not chosen: another location would do as well and has priority."),
    "would_need_more_parcels": gettext_lazy("Not chosen: the order would need more parcels."),
}

PLACES: Final[Mapping[str, Promise]] = {
    "reserved": gettext_lazy("reserved"),
    "backordered": gettext_lazy("backordered"),
    "packed": gettext_lazy("packed"),
    "shipped": gettext_lazy("shipped"),
    "delivered": gettext_lazy("delivered"),
    "elsewhere": gettext_lazy("sent before it came here"),
    "unreserved": gettext_lazy("not reserved"),
    "open": gettext_lazy("to be handed over"),
    "canceled": gettext_lazy("canceled"),
    "returned": gettext_lazy("came back"),
}

PARCELS: Final[Mapping[str, Promise]] = {
    "packed": gettext_lazy("packed"),
    "shipped": gettext_lazy("shipped"),
    "delivered": gettext_lazy("delivered"),
    "canceled": gettext_lazy("canceled"),
}

_FIELDS: Final[Mapping[str, Promise]] = {
    "status": gettext_lazy("status"),
    "payment_status": gettext_lazy("payment"),
    "fulfillment_status": gettext_lazy("goods"),
    "return_status": gettext_lazy("returns"),
    "units_open": gettext_lazy("units to pack"),
    "open_holds": gettext_lazy("open holds"),
    "credit_total": gettext_lazy("given back"),
    "captured_total": gettext_lazy("paid"),
    "refunded_total": gettext_lazy("refunded"),
    "total": gettext_lazy("total"),
    "tags": gettext_lazy("tags"),
    "email": gettext_lazy("e-mail"),
    "metadata": gettext_lazy("metadata"),
    "items": gettext_lazy("items"),
    "from": gettext_lazy("from"),
    "to": gettext_lazy("to"),
    "tracking": gettext_lazy("tracking"),
    "reason": gettext_lazy("reason"),
    "note": gettext_lazy("note"),
    "lines": gettext_lazy("lines"),
    "filled": gettext_lazy("reserved now"),
    "missing": gettext_lazy("not there after all, waits for goods"),
    "location": gettext_lazy("location"),
    "channel": gettext_lazy("channel"),
    "external_id": gettext_lazy("external id"),
    "units": gettext_lazy("units"),
    "amount": gettext_lazy("amount"),
    "credit_note": gettext_lazy("credit note"),
    "version": gettext_lazy("version"),
    "provider": gettext_lazy("provider"),
    "message": gettext_lazy("message"),
    "shipping": gettext_lazy("shipping"),
    "restocked": gettext_lazy("back on the shelf"),
}

_LABELS: Final[Mapping[str, Mapping[str, str | Promise]]] = {
    "status": dict(OrderStatus.choices),
    "payment_status": dict(PaymentStatus.choices),
    "fulfillment_status": dict(FulfillmentStatus.choices),
    "return_status": dict(ReturnStatus.choices),
}
# The same word means another thing for each of them.
_REASONS: Final[Mapping[str, Mapping[str, str | Promise]]] = {
    "hold": dict(HoldReason.choices),
    "cancel": dict(CancelReason.choices),
    "refund": dict(RefundReason.choices),
}
_AMOUNTS: Final = frozenset({"total", "credit_total", "captured_total", "refunded_total", "amount", "shipping"})


def action(entry: TimelineEntry) -> str:
    """What was done. An act nobody named yet is shown by its name."""
    label = _update(entry) if entry.action == "order.updated" else None
    label = label or ACTIONS.get(entry.action)
    return str(label) if label else capfirst(entry.action.replace(".", ": ").replace("_", " "))


def _update(entry: TimelineEntry) -> Promise | None:
    told = (entry.facts or {}).get("act")
    names = [told] if told else list(entry.changes or {})
    return ACTS.get(str(names[0])) if len(names) == 1 else None


def sourcing_reason(word: str) -> str:
    return str(SOURCING_REASONS.get(word, word))


def details(entry: TimelineEntry, order: Order) -> Iterator[str]:
    """The facts of an act, and what changed from what to what, a sentence each. Plain text, not escaped."""
    for name, value in (entry.facts or {}).items():
        if (name == "act" and str(value) in ACTS) or name == "currency":
            continue  # the heading says it, or the amount
        text = _reason(entry, value) if name == "reason" else _value(name, value, order)
        if text:
            yield f"{_field(name)}: {text}"
    for name, pair in (entry.changes or {}).items():
        if isinstance(pair, list) and len(pair) == 2:
            was, now = (_value(name, value, order) or _("nothing") for value in pair)
            yield f"{_field(name)}: {was} → {now}"


def _field(name: str) -> str:
    return str(_FIELDS.get(name, name.replace("_", " ")))


def _reason(entry: TimelineEntry, value: Any) -> str:
    told = f"{entry.action} {(entry.facts or {}).get('act', '')}"
    labels = next((labels for word, labels in _REASONS.items() if word in told), _REASONS["refund"])
    return str(labels.get(str(value), value))


def _value(name: str, value: Any, order: Order) -> str:
    if isinstance(value, list):
        return ", ".join(str(each) for each in value)
    if name in _LABELS:
        return str(_LABELS[name].get(str(value), value))
    if name == "provider":
        return provider_title(str(value))
    if name in _AMOUNTS:
        try:
            return str(Money(Decimal(str(value)), order.currency))
        except InvalidOperation:
            return str(value)
    return "" if value is None else str(value)
