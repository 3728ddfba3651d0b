"""Giving money back for goods, shipping, or for nothing in particular; `refund_planning` says what it comes to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from inventory import providers as stock
from inventory.providers.base import TakenLine
from oms.core import ids
from oms.core.actors import Actor
from orders import events, recipes
from orders.models import CreditedItem, Order, OrderLine
from orders.services import cancellation_steps, refunds, settlement
from orders.services.refund_planning import Plan, PlannedTender, Wanted, plan_of
from payments.enums import AttemptState
from payments.models import PaymentAttempt
from payments.services import ledger


def preview_refund(*, order: Order, wanted: Wanted) -> Plan:
    """What a refund would do, to the last figure; nothing is written. Raises what `refund_order` raises."""
    cancellation_steps.require_none(order)
    return plan_of(order, wanted)


def refund_order(
    *, order_id: UUID, wanted: Wanted, actor: Actor, revision: int | None = None, waits: bool = False
) -> Plan:
    """Give it back: a refund of each payment that it goes back to, credit lines, what was given back of each line, and
    goods on the shelf, in one transaction. The plan comes back with its `attempts`.

    A payment whose provider declines, now or later, takes back its share and nothing else. Asked again, it gives back
    what is left. waits: the caller carries the attempts out after the commit. Raises NotFound, StaleRevision,
    NotThisOrders, CreditsMoreThanLeft with all such lines, ShippingCreditsMoreThanLeft, RefundExceedsCapture,
    NothingToRefund, CurrencyMismatch, RecordedElsewhere, OrderBeingCanceled, InvalidInput; nothing is written then.
    """
    with settlement.money_change(order_id, actor=actor, revision=revision) as change:
        order = change.order
        cancellation_steps.require_none(order)
        plan = plan_of(order, wanted)

        if plan.lines or plan.shipping:
            event = events.OrderUpdated(order_id=order.public_id, changed=["credit_lines", "items"])
            change.record(event, _facts(plan))
        if len(plan.tenders) > 1:
            ledger.lock_money_of([each.payment for each in plan.tenders])
        refund, credited = ids.new_id(), []
        for each in plan.tenders:
            attempt = refunds.give_back(
                change, each.payment, order.money(each.amount), reason=wanted.reason, note=wanted.note, waits=waits
            )
            plan.attempts.append(attempt)
            credited += _credited(plan, each, attempt, refund)
        if any(attempt.state != AttemptState.DECLINED for attempt in plan.attempts):
            _note_restocked(plan, credited)
            change.afterwards.append(lambda: _restock(plan, actor))
        CreditedItem.objects.bulk_create(credited)
    return plan


def _credited(plan: Plan, tender: PlannedTender, attempt: PaymentAttempt, refund: UUID) -> list[CreditedItem]:
    """What a payment gives back of each line and shipping line; nothing yet of one that declined at once."""
    shipping = {share.id for share in plan.shipping}
    return [
        CreditedItem(
            order=plan.order,
            refund=refund,
            attempt_id=attempt.pk,
            line_id=None if part.id in shipping else part.id,
            shipping_line_id=part.id if part.id in shipping else None,
            quantity=part.units,
            amount=part.amount,
            is_taken_back=attempt.state == AttemptState.DECLINED,
        )
        for part in tender.parts
    ]


def _note_restocked(plan: Plan, credited: Sequence[CreditedItem]) -> None:
    """Each unit once: with the first share of its line."""
    units: dict[UUID, int] = defaultdict(int)
    for planned in plan.restocked:
        units[planned.line.pk] += planned.restocked
        planned.line.quantity_returned += planned.restocked
    for each in credited:
        if each.line_id is not None:
            each.quantity_restocked = units.pop(each.line_id, 0)
    lines = {each.line.pk: each.line for each in plan.restocked}
    OrderLine.objects.bulk_update(lines.values(), ["quantity_returned"])


def _restock(plan: Plan, actor: Actor) -> None:
    by_place: dict[UUID | None, list[TakenLine]] = defaultdict(list)
    for each in plan.restocked:
        line = each.line
        if line.item_id is not None:
            parts = recipes.kept(line.components)
            by_place[each.location_id].append(
                TakenLine(line.pk, line.item_id, line.sku, each.restocked, components=parts)
            )
    if by_place:
        stock.current().restock(plan.order.pk, by_place, actor=actor)


def _facts(plan: Plan) -> dict[str, Any]:
    facts: dict[str, Any] = {"act": "order.lines_refunded"}
    if plan.lines:
        facts["items"] = [f"{each.quantity} x {each.line.sku or each.line.title}" for each in plan.lines[:20]]
    if plan.shipping:
        facts["shipping"] = str(plan.shipping_amount)
    if plan.restocked:
        names = stock.locations().names({each.location_id for each in plan.restocked if each.location_id})
        facts["restocked"] = [
            " · ".join([f"{each.restocked} x {each.line.sku}", *_named(each.location_id, names)])
            for each in plan.restocked[:20]
        ]
    return facts


def _named(location_id: UUID | None, names: Mapping[UUID, str]) -> list[str]:
    return [names[location_id]] if location_id is not None and location_id in names else []
