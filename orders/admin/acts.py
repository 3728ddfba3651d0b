"""What the buttons of an order do: a form, the permission it takes, the service it calls, the sentence afterwards."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from fulfillment.services.fulfillments import Tracking
from oms.core.actors import Actor
from oms.core.transactions import atomic
from orders.admin import act_forms, money_acts
from orders.admin.money_acts import Asked
from orders.enums import HoldReason
from orders.locks import lock_order
from orders.services import closing, fulfilling, holds, moving, notes, shipping


@dataclass(frozen=True, slots=True)
class Act:
    """`run` calls the service and returns the sentence that says what was done, or what was asked of payment
    providers, to be carried out after the commit; it raises DomainError."""

    permission: str
    form: type[act_forms.ActForm]
    run: Callable[[UUID, Mapping[str, Any], Actor], str | Asked]


@atomic()
def perform(act: Act, order_id: UUID, given: Mapping[str, Any], actor: Actor) -> str | Asked:
    """Do it to the order as the page showed it. Raises StaleRevision where that is not the present one, and what the
    service raises; nothing has changed then."""
    if given.get("revision"):
        lock_order(order_id, revision=given["revision"])
    return act.run(order_id, given, actor)


def _fulfill(order_id: UUID, given: Mapping[str, Any], actor: Actor) -> str:
    fulfilling.create_fulfillment(
        order_id=order_id, items=given["items"], location_id=given["location_id"], actor=actor
    )
    units = sum(item.quantity for item in given["items"])
    return ngettext("%(units)s unit fulfilled.", "%(units)s units fulfilled.", units) % {"units": units}


def _move(order_id: UUID, given: Mapping[str, Any], actor: Actor) -> str:
    items = given["items"]
    moving.move_reserved(
        order_id=order_id,
        items=items,
        source_id=given["from_location_id"],
        target_id=given["to_location_id"],
        actor=actor,
    )
    units = sum(item.quantity for item in items)
    return ngettext("%(units)s unit is held there now.", "%(units)s units are held there now.", units) % {
        "units": units
    }


def _unpack(order_id: UUID, given: Mapping[str, Any], actor: Actor) -> str:
    fulfilling.cancel_fulfillment(order_id=order_id, fulfillment_id=given["fulfillment_id"], actor=actor)
    return _("Canceled: the goods are back on the shelf, reserved for this order.")


def _ship(order_id: UUID, given: Mapping[str, Any], actor: Actor) -> str:
    parcels = [
        Tracking(number=number, url=given["tracking_url"], carrier=given["carrier"])
        for number in given["tracking_numbers"]
    ]
    shipping.create_shipment(order_id=order_id, fulfillment_id=given["fulfillment_id"], parcels=parcels, actor=actor)
    return _("Shipped.")


def _deliver(order_id: UUID, given: Mapping[str, Any], actor: Actor) -> str:
    shipping.mark_delivered(order_id=order_id, fulfillment_id=given["fulfillment_id"], actor=actor)
    return _("Marked as delivered.")


def _hold(order_id: UUID, given: Mapping[str, Any], actor: Actor) -> str:
    holds.place_hold(
        order_id=order_id,
        reason=HoldReason(given["reason"]),
        note=given["note"],
        release_at=given["release_at"],
        actor=actor,
    )
    return _("The order is on hold.")


def _release(order_id: UUID, given: Mapping[str, Any], actor: Actor) -> str:
    holds.release_hold(order_id=order_id, hold_id=given["hold_id"], actor=actor)
    return _("The hold is released.")


def _complete(order_id: UUID, given: Mapping[str, Any], actor: Actor) -> str:
    return _("Order %s is completed.") % closing.complete_order(order_id=order_id, actor=actor)


def _archive(order_id: UUID, given: Mapping[str, Any], actor: Actor) -> str:
    return _("Order %s is archived.") % closing.archive_order(order_id=order_id, actor=actor)


def _note(order_id: UUID, given: Mapping[str, Any], actor: Actor) -> str:
    notes.add_note(order_id=order_id, body=given["body"], actor=actor)
    return _("The note is kept.")


def _remove_note(order_id: UUID, given: Mapping[str, Any], actor: Actor) -> str:
    notes.remove_note(order_id=order_id, note_id=given["note_id"], actor=actor)
    return _("The note is removed.")


def _tag(order_id: UUID, given: Mapping[str, Any], actor: Actor) -> str:
    notes.change_tags(order_id=order_id, add=given["tags"], actor=actor)
    return _("The tags are set.")


def _untag(order_id: UUID, given: Mapping[str, Any], actor: Actor) -> str:
    notes.change_tags(order_id=order_id, remove=[given["tag"]], actor=actor)
    return _("The tag is removed.")


CHANGE_ORDER: Final = "orders.change_order"
CREATE_FULFILLMENT: Final = "fulfillment.add_fulfillment"
CHANGE_FULFILLMENT: Final = "fulfillment.change_fulfillment"
CAPTURE_PAYMENT: Final = "payments.capture_payment"
REFUND_PAYMENT: Final = "payments.refund_payment"

ACTS: Final[Mapping[str, Act]] = {
    "fulfill": Act(CREATE_FULFILLMENT, act_forms.FulfillForm, _fulfill),
    "move": Act(CHANGE_FULFILLMENT, act_forms.MoveForm, _move),
    "unpack": Act(CHANGE_FULFILLMENT, act_forms.FulfillmentForm, _unpack),
    "ship": Act(CHANGE_FULFILLMENT, act_forms.ShipForm, _ship),
    "deliver": Act(CHANGE_FULFILLMENT, act_forms.FulfillmentForm, _deliver),
    "cancel": Act(CHANGE_ORDER, act_forms.CancelForm, money_acts.cancel),
    "keep": Act(CHANGE_ORDER, act_forms.ActForm, money_acts.keep),
    "capture": Act(CAPTURE_PAYMENT, act_forms.CaptureForm, money_acts.capture),
    "void": Act(CAPTURE_PAYMENT, act_forms.PaymentForm, money_acts.void),
    "mark-paid": Act(CAPTURE_PAYMENT, act_forms.MarkPaidForm, money_acts.mark_paid),
    "hold": Act(CHANGE_ORDER, act_forms.HoldForm, _hold),
    "release": Act(CHANGE_ORDER, act_forms.ReleaseForm, _release),
    "complete": Act(CHANGE_ORDER, act_forms.ActForm, _complete),
    "archive": Act(CHANGE_ORDER, act_forms.ActForm, _archive),
    "note": Act(CHANGE_ORDER, act_forms.NoteForm, _note),
    "remove-note": Act(CHANGE_ORDER, act_forms.RemoveNoteForm, _remove_note),
    "tag": Act(CHANGE_ORDER, act_forms.TagForm, _tag),
    "untag": Act(CHANGE_ORDER, act_forms.UntagForm, _untag),
}
