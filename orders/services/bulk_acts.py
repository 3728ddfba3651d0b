"""What can be done to many orders at once: what each act asks for, and how one order of them is done."""

from __future__ import annotations

from collections.abc import Callable, Mapping
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

# Where an order may be packed and shipped; None: everywhere.
Places = frozenset[UUID] | None
_AT_PLACES: Final = frozenset({BulkAct.FULFILL, BulkAct.SHIP})


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
class _Act:
    """run: does it to one order, in the caller's transaction; True when there is more to be done to the same order,
    in another transaction."""

    input: type[Struct]
    run: Callable[[UUID, Any, Actor], bool]


def read_input(act: BulkAct, given: Mapping[str, Any]) -> Struct:
    """What the act asks for. Raises InvalidInput that points below /input."""
    try:
        return msgspec.convert(dict(given), _ACTS[act].input)
    except msgspec.ValidationError as problem:
        raise malformed(problem, "/input") from None


def run_act(act: BulkAct, order_id: UUID, given: Struct, actor: Actor, places: Places = None) -> bool:
    """Do it to one order; True when the same order is to be done again. Raises what the service of the act raises.

    places: what packing and shipping take, which ask for nothing else.
    """
    return _ACTS[act].run(order_id, places if act in _AT_PLACES else given, actor)


def _fulfill(order_id: UUID, places: Places, actor: Actor) -> bool:
    """One proposal. Two would lock stock levels twice in one transaction, in whatever order."""
    order = lock_order(order_id)
    every = fulfilling.proposals(order, list(order.lines.all()))
    proposed = [each for each in every if places is None or each.location_id in places]
    if not proposed:
        raise NothingToFulfill()
    fulfilling.create_fulfillment(
        order_id=order_id, items=proposed[0].items, location_id=proposed[0].location_id, actor=actor
    )
    return len(proposed) > 1


def _ship(order_id: UUID, places: Places, actor: Actor) -> bool:
    order = lock_order(order_id)
    packed = Fulfillment.objects.filter(
        order=order, requires_shipping=True, shipped_at=None, delivered_at=None, canceled_at=None
    )
    if places is not None:
        packed = packed.filter(location_id__in=places)
    waiting = list(packed.order_by("pk").values_list("pk", flat=True))
    if not waiting:
        raise NothingToShip(number=order.number)
    for fulfillment_id in waiting:
        shipping.create_shipment(order_id=order_id, fulfillment_id=fulfillment_id, parcels=[], actor=actor)
    return False


def _hold(order_id: UUID, given: HoldInput, actor: Actor) -> bool:
    holds.place_hold(order_id=order_id, reason=given.reason, note=given.note, actor=actor)
    return False


def _release(order_id: UUID, given: NoInput, actor: Actor) -> bool:
    order = lock_order(order_id)
    placed = list(order.holds.filter(released_at=None).order_by("placed_at", "pk").values_list("pk", flat=True))
    if not placed:
        raise OrderNotOnHold(number=order.number)
    for hold_id in placed:
        holds.release_hold(order_id=order_id, hold_id=hold_id, actor=actor)
    return False


def _cancel(order_id: UUID, given: CancelInput, actor: Actor) -> bool:
    cancellation.cancel_order(order_id=order_id, reason=given.reason, actor=actor)
    return False


def _add_tags(order_id: UUID, given: TagsInput, actor: Actor) -> bool:
    return _set_tags(lock_order(order_id), lambda tags: [*tags, *given.tags], actor)


def _remove_tags(order_id: UUID, given: TagsInput, actor: Actor) -> bool:
    return _set_tags(lock_order(order_id), lambda tags: [tag for tag in tags if tag not in given.tags], actor)


def _set_tags(order: Order, change: Callable[[list[str]], list[str]], actor: Actor) -> bool:
    notes.set_tags(order_id=order.pk, tags=change(order.tags), actor=actor)
    return False


def _note(order_id: UUID, given: NoteInput, actor: Actor) -> bool:
    notes.add_note(order_id=order_id, body=given.body, actor=actor)
    return False


def _complete(order_id: UUID, given: NoInput, actor: Actor) -> bool:
    closing.complete_order(order_id=order_id, actor=actor)
    return False


def _archive(order_id: UUID, given: NoInput, actor: Actor) -> bool:
    closing.archive_order(order_id=order_id, actor=actor)
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
