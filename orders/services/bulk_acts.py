"""What can be done to many orders at once: what each act asks for, and how one order of them is done."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from django.utils.translation import gettext_lazy as _
from msgspec import Meta, Struct

from fulfillment.models import Fulfillment
from oms.core.actors import Actor
from oms.core.errors import NotAllowed
from oms.core.pointers import malformed
from orders.enums import BulkAct, CancelReason, HoldReason
from orders.errors import NothingToFulfill
from orders.locks import lock_order
from orders.models import Order
from orders.services import cancellation, closing, fulfilling, holds, notes, shipping


class NothingToShip(NotAllowed):
    code = "nothing_to_ship"
    message = _("Order #%(number)s has nothing packed that is to be shipped.")


class OrderNotOnHold(NotAllowed):
    code = "order_not_on_hold"
    message = _("Order #%(number)s is not on hold.")


class NoInput(Struct, kw_only=True, forbid_unknown_fields=True):
    """An act that says all by its name."""


class HoldInput(Struct, kw_only=True, forbid_unknown_fields=True):
    reason: HoldReason
    note: Annotated[str, Meta(max_length=255)] = ""


class CancelInput(Struct, kw_only=True, forbid_unknown_fields=True):
    reason: CancelReason


class TagsInput(Struct, kw_only=True, forbid_unknown_fields=True):
    tags: Annotated[list[Annotated[str, Meta(min_length=1, max_length=60)]], Meta(min_length=1, max_length=100)]


class NoteInput(Struct, kw_only=True, forbid_unknown_fields=True):
    body: Annotated[str, Meta(min_length=1, max_length=10_000, pattern=r"\S")]


@dataclass(frozen=True, slots=True)
class By:
    """Who does it, and at which stock locations they may work; None: at all of them."""

    actor: Actor
    locations: Collection[UUID] | None = None

    def may_work_at(self, location_id: UUID | None) -> bool:
        return self.locations is None or location_id in self.locations


@dataclass(frozen=True, slots=True)
class _Act:
    """run: does it to one order, in the caller's transaction; True when there is more to be done to the same order,
    in another transaction."""

    input: type[Struct]
    run: Callable[[UUID, Any, By], bool]


def read_input(act: BulkAct, given: Mapping[str, Any]) -> Struct:
    """What the act asks for. Raises InvalidInput that points below /input."""
    try:
        return msgspec.convert(dict(given), _ACTS[act].input)
    except msgspec.ValidationError as problem:
        raise malformed(problem, "/input") from None


def run_act(act: BulkAct, order_id: UUID, given: Struct, by: By) -> bool:
    """Do it to one order; True when the same order is to be done again. Raises what the service of the act raises."""
    return _ACTS[act].run(order_id, given, by)


def _fulfill(order_id: UUID, given: NoInput, by: By) -> bool:
    """One proposal, of those where they may work: two would lock levels twice in one transaction, in any order."""
    order = lock_order(order_id)
    proposed = [
        each for each in fulfilling.proposals(order, list(order.lines.all())) if by.may_work_at(each.location_id)
    ]
    if not proposed:
        raise NothingToFulfill()
    fulfilling.create_fulfillment(
        order_id=order_id, items=proposed[0].items, location_id=proposed[0].location_id, actor=by.actor
    )
    return len(proposed) > 1


def _ship(order_id: UUID, given: NoInput, by: By) -> bool:
    order = lock_order(order_id)
    packed = Fulfillment.objects.filter(
        order=order, requires_shipping=True, shipped_at=None, delivered_at=None, canceled_at=None
    )
    places = packed.order_by("pk").values_list("pk", "location_id")
    waiting = [fulfillment_id for fulfillment_id, location_id in places if by.may_work_at(location_id)]
    if not waiting:
        raise NothingToShip(number=order.number)
    for fulfillment_id in waiting:
        shipping.create_shipment(order_id=order_id, fulfillment_id=fulfillment_id, parcels=[], actor=by.actor)
    return False


def _hold(order_id: UUID, given: HoldInput, by: By) -> bool:
    holds.place_hold(order_id=order_id, reason=given.reason, note=given.note, actor=by.actor)
    return False


def _release(order_id: UUID, given: NoInput, by: By) -> bool:
    order = lock_order(order_id)
    placed = list(order.holds.filter(released_at=None).order_by("placed_at", "pk").values_list("pk", flat=True))
    if not placed:
        raise OrderNotOnHold(number=order.number)
    for hold_id in placed:
        holds.release_hold(order_id=order_id, hold_id=hold_id, actor=by.actor)
    return False


def _cancel(order_id: UUID, given: CancelInput, by: By) -> bool:
    cancellation.cancel_order(order_id=order_id, reason=given.reason, actor=by.actor)
    return False


def _add_tags(order_id: UUID, given: TagsInput, by: By) -> bool:
    return _set_tags(lock_order(order_id), lambda tags: [*tags, *given.tags], by)


def _remove_tags(order_id: UUID, given: TagsInput, by: By) -> bool:
    return _set_tags(lock_order(order_id), lambda tags: [tag for tag in tags if tag not in given.tags], by)


def _set_tags(order: Order, change: Callable[[list[str]], list[str]], by: By) -> bool:
    notes.set_tags(order_id=order.pk, tags=change(order.tags), actor=by.actor)
    return False


def _note(order_id: UUID, given: NoteInput, by: By) -> bool:
    notes.add_note(order_id=order_id, body=given.body, actor=by.actor)
    return False


def _complete(order_id: UUID, given: NoInput, by: By) -> bool:
    closing.complete_order(order_id=order_id, actor=by.actor)
    return False


def _archive(order_id: UUID, given: NoInput, by: By) -> bool:
    closing.archive_order(order_id=order_id, actor=by.actor)
    return False


_ACTS: Final[Mapping[BulkAct, _Act]] = {
    BulkAct.FULFILL: _Act(NoInput, _fulfill),
    BulkAct.SHIP: _Act(NoInput, _ship),
    BulkAct.HOLD: _Act(HoldInput, _hold),
    BulkAct.RELEASE: _Act(NoInput, _release),
    BulkAct.ADD_TAGS: _Act(TagsInput, _add_tags),
    BulkAct.REMOVE_TAGS: _Act(TagsInput, _remove_tags),
    BulkAct.NOTE: _Act(NoteInput, _note),
    BulkAct.COMPLETE: _Act(NoInput, _complete),
    BulkAct.ARCHIVE: _Act(NoInput, _archive),
    BulkAct.CANCEL: _Act(CancelInput, _cancel),
}
