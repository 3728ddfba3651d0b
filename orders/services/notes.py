"""What staff keep about an order beside its facts: notes, tags, contact and metadata."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from oms.core import ids
from oms.core.actors import Actor
from oms.core.errors import FieldError, InvalidInput, NotFound
from oms.core.transactions import atomic
from orders import events
from orders.locks import lock_order
from orders.models import Note, Order
from orders.requests import EMAIL_PATTERN
from orders.services import journal, rollup
from orders.soundness import nul_errors


@atomic()
def add_note(*, order_id: UUID, body: str, actor: Actor) -> Note:
    """Write a note for the colleagues. The same one again is a second note. Raises InvalidInput when it is empty."""
    _require_text(body, "/body")
    if not body.strip():
        raise InvalidInput(errors=[FieldError("/body", "A note says something.", "required")])
    order = lock_order(order_id)

    note = Note.objects.create(order=order, body=body.strip(), author=actor.as_dict())
    _record_note(order, "note.added", actor)
    return note


@atomic()
def remove_note(*, order_id: UUID, note_id: UUID, actor: Actor) -> None:
    """Take a note away, for good. Raises NotFound, also the second time."""
    order = lock_order(order_id)
    gone, _kinds = Note.objects.filter(order=order, pk=note_id).delete()
    if not gone:
        raise NotFound(kind="note", id=ids.encode(ids.NOTE, note_id))
    _record_note(order, "note.removed", actor)


def _record_note(order: Order, act: str, actor: Actor) -> None:
    """What a note says stays out of the timeline: it may be personal, and is erased with its order's customer."""
    rollup.refresh(order)
    event = events.OrderUpdated(order_id=order.public_id, changed=["notes"])
    journal.record(order, event, actor=actor, facts={"act": act})


@atomic()
def change_tags(*, order_id: UUID, actor: Actor, add: Sequence[str] = (), remove: Sequence[str] = ()) -> Order:
    """Put tags on an order and take others off; what colleagues tag meanwhile stays. The same again changes nothing.

    Raises InvalidInput for tags that are longer than 60.
    """
    order = lock_order(order_id)
    return set_tags(order_id=order_id, tags=[*(tag for tag in order.tags if tag not in remove), *add], actor=actor)


@atomic()
def set_tags(*, order_id: UUID, tags: Sequence[str], actor: Actor) -> Order:
    """Replace the tags of an order; kept without repeats, in order. The same tags again change nothing.

    Raises InvalidInput for tags that are longer than 60.
    """
    _require_text(list(tags), "/tags")
    order = lock_order(order_id)
    wanted = list(dict.fromkeys(tag.strip() for tag in tags if tag.strip()))
    too_long = [tag for tag in wanted if len(tag) > 60]
    if too_long:
        raise InvalidInput(
            errors=[FieldError("/tags", f"{tag[:60]}… is longer than 60.", "too_long") for tag in too_long]
        )
    if wanted == order.tags:
        return order

    was, order.tags = order.tags, wanted
    rollup.refresh(order)
    event = events.OrderUpdated(order_id=order.public_id, changed=["tags"])
    journal.record(order, event, actor=actor, changes={"tags": (was, wanted)})
    return order


@atomic()
def update_order(
    *, order_id: UUID, actor: Actor, email: str | None = None, metadata: Mapping[str, Any] | None = None
) -> Order:
    """Change the contact e-mail or the metadata (keys are merged; a null value removes one).

    The same again changes nothing. Raises InvalidInput for what is no e-mail address.
    """
    _require_text(dict(metadata or {}), "/metadata")
    if email is not None and not (len(email) <= 254 and re.search(EMAIL_PATTERN, email)):
        raise InvalidInput(errors=[FieldError("/email", "That is no e-mail address.", "invalid")])
    order = lock_order(order_id)
    changes: dict[str, tuple[Any, Any]] = {}
    if email is not None and email != order.email:
        changes["email"] = ("…", "…")  # personal data stays out of the timeline
        order.email = email
    if metadata is not None:
        merged = {key: value for key, value in {**order.metadata, **metadata}.items() if value is not None}
        if merged != order.metadata:
            changes["metadata"] = (order.metadata, merged)
            order.metadata = merged
    if changes:
        rollup.refresh(order)
        event = events.OrderUpdated(order_id=order.public_id, changed=sorted(changes))
        journal.record(order, event, actor=actor, changes=changes)
    return order


def _require_text(value: Any, pointer: str) -> None:
    if errors := nul_errors(value, pointer):
        raise InvalidInput(errors=errors)
