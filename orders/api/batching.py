"""Many orders in one request: each row for itself, in transactions of a hundred.

A batch is repeated safely by the external ids of its rows: what is placed already is reported as existing. So with an
Idempotency-Key every row needs one; the answer is kept once all rows are through, and a repeat gets it again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from django.db import DataError, IntegrityError
from django.http import HttpResponse
from rest_framework.request import Request

from oms.core import idempotency, ids
from oms.core.actors import Actor
from oms.core.errors import DomainError, FieldError, InvalidInput
from oms.core.storing import NotStorable
from oms.core.transactions import atomic
from oms.web import bodies
from oms.web import idempotency as manners
from oms.web.authentication import actor_of
from oms.web.limits import Limits, limits_of
from oms.web.rendering import json_answer
from orders import requests
from orders.ports import selling_within
from orders.requests import OrderRequest
from orders.services.placement import Placed, Selling, place_orders

MOST: Final = 1000
PER_TRANSACTION: Final = 100


class RawBatch(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    orders: list[msgspec.Raw]


class BatchError(msgspec.Struct, kw_only=True):
    type: str
    code: str
    message: str
    errors: list[dict[str, Any]]


class BatchResult(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What became of one row of a batch: created, existing or refused."""

    index: int
    status: str
    id: str | None = None
    display_id: int | None = None
    external_id: str | None = None
    error: BatchError | None = None


class BatchAnswer(msgspec.Struct, kw_only=True):
    created: int
    existing: int
    refused: int
    results: list[BatchResult]


@dataclass(slots=True)
class _Row:
    """A row of the batch that has the right form."""

    index: int
    request: OrderRequest


def place_batch(request: Request) -> HttpResponse:
    """Place up to MOST orders. Rows that are refused leave the others be. Raises InvalidInput for the batch as such."""
    rows = bodies.decode(bodies.raw(request), RawBatch).orders
    if not 1 <= len(rows) <= MOST:
        message = f"/orders: {len(rows)} rows; a batch has 1 to {MOST}."
        raise InvalidInput(errors=[FieldError("/orders", message, "length", {"rows": len(rows), "most": MOST})])
    key, actor, seen = manners.key_of(request), actor_of(request), limits_of(request.user)
    if key is None:
        return json_answer(_run(rows, actor, seen, needs_external_id=False))
    with idempotency.held(key) as kept:
        if kept is not None:
            return manners.replay(kept)
        response = json_answer(_run(rows, actor, seen, needs_external_id=True))
        with atomic():
            idempotency.keep(key, manners.to_keep(response))
        return response


def _run(rows: Sequence[msgspec.Raw], actor: Actor, seen: Limits, *, needs_external_id: bool) -> BatchAnswer:
    results: dict[int, BatchResult] = {}
    by_channel: dict[str, list[_Row]] = {}
    for index, raw in enumerate(rows):
        try:
            row = _Row(index, _parse(raw, needs_external_id=needs_external_id))
        except DomainError as refusal:
            results[index] = _refused(index, refusal)
        else:
            by_channel.setdefault(row.request.sales_channel or "", []).append(row)
    for channel, of_channel in by_channel.items():
        _place_all(channel, of_channel, actor, seen, results)
    told = [results[index] for index in range(len(rows))]
    counts = {status: sum(result.status == status for result in told) for status in ("created", "existing", "refused")}
    return BatchAnswer(results=told, **counts)


def _parse(raw: msgspec.Raw, *, needs_external_id: bool) -> OrderRequest:
    wanted = requests.parse(bytes(raw))
    errors = []
    if not wanted.sales_channel:
        errors.append(FieldError("/sales_channel", "sales_channel: the code or id of the sales channel.", "required"))
    if needs_external_id and not wanted.external_id:
        message = "external_id: with an Idempotency-Key every row of a batch needs one."
        errors.append(FieldError("/external_id", message, "required"))
    if errors:
        raise InvalidInput(errors=errors)
    return wanted


def _place_all(channel: str, rows: Sequence[_Row], actor: Actor, seen: Limits, results: dict[int, BatchResult]) -> None:
    try:
        selling = selling_within(channel, seen)
    except DomainError as refusal:
        results.update({row.index: _refused(row.index, refusal, "/sales_channel") for row in rows})
        return
    for start in range(0, len(rows), PER_TRANSACTION):
        some = rows[start : start + PER_TRANSACTION]
        for row, placed in zip(some, _place_some(some, selling, actor), strict=True):
            results[row.index] = _result(row, placed)


def _place_some(rows: Sequence[_Row], selling: Selling, actor: Actor) -> list[Placed]:
    try:
        return place_orders(requests=[row.request for row in rows], selling=selling, actor=actor)
    except DomainError as refusal:  # of the channel, so of every row
        return [Placed(None, refusal=refusal) for _ in rows]
    except (DataError, IntegrityError) as problem:  # of one row, which takes down all of its transaction
        if len(rows) == 1:
            return [Placed(None, refusal=NotStorable.of(problem))]
        return [placed for row in rows for placed in _place_some([row], selling, actor)]


def _result(row: _Row, placed: Placed) -> BatchResult:
    if placed.refusal is not None or placed.order_id is None:
        return _refused(row.index, placed.refusal or InvalidInput(), external_id=row.request.external_id)
    return BatchResult(
        index=row.index,
        status="existing" if placed.existing else "created",
        id=ids.encode(ids.ORDER, placed.order_id),
        display_id=placed.number,
        external_id=row.request.external_id,
    )


def _refused(index: int, refusal: DomainError, pointer: str = "", *, external_id: str | None = None) -> BatchResult:
    """Its errors point into the batch: `/orders/17/items/0/quantity`."""
    place = f"/orders/{index}"
    errors: list[dict[str, Any]] = [
        {**each.facts, "pointer": place + each.pointer, "message": each.message, "code": each.code}
        for each in refusal.errors
    ]
    if not errors:
        errors = [{**refusal.facts, "pointer": place + pointer, "message": str(refusal), "code": refusal.code}]
    error = BatchError(type=refusal.type, code=refusal.code, message=str(refusal), errors=errors)
    return BatchResult(index=index, status="refused", external_id=external_id, error=error)
