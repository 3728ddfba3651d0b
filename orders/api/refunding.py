"""Giving money of an order back for goods, shipping, or for nothing in particular; and what that would come to."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated, Any, Final
from uuid import UUID

from django.http import HttpResponse
from msgspec import Meta, Struct
from rest_framework.request import Request

from oms.core import ids
from oms.web import bodies, idempotency, queries, schema
from oms.web.authentication import actor_of
from oms.web.limits import limits_of
from oms.web.rendering import Amount, amount
from oms.web.views import ApiView, one
from orders.api import examples, shapes
from orders.api.base import lock_as_seen, order_answer, order_id_of
from orders.locks import lock_order
from orders.models import Order
from orders.requests import Quantity
from orders.services.refund_planning import Plan, RefundItem, Wanted
from orders.services.refunding_lines import preview_refund, refund_order
from payments.api import access, base, inputs, parts
from payments.api import examples as payment_examples
from payments.api.shapes import PaymentAttempt
from payments.enums import AttemptState
from payments.models import PaymentAttempt as Attempt
from payments.services import waiting

TAG: Final = "Orders"


class RefundItemInput(bodies.Body):
    """restock: those that were packed go back on the shelf of the location; left out, where they were packed."""

    id: str
    quantity: Quantity
    restock: bool = False
    location_id: str | None = None


class RefundOrder(bodies.Body):
    """What to give back: the sum of all that is named. shipping: so much of it, or with all_shipping all that is left.
    amount: beside goods and shipping. payment_id: where it goes back to; left out, gift cards and store credit come
    first, then what was paid first."""

    items: Annotated[list[RefundItemInput], Meta(max_length=10_000)] = []
    shipping: Decimal | None = None
    all_shipping: bool = False
    amount: Decimal | None = None
    refund_reason_id: inputs.RefundReasonWord | None = None
    note: inputs.Text = ""
    payment_id: str | None = None


class RefundedLine(Struct, kw_only=True):
    """amount: what these units come to, discounts taken off and taxes included. restocked: how many of them go back on
    the shelf of the location; units that are still reserved never left it."""

    id: str
    quantity: int
    amount: Amount
    restocked: int
    location_id: str | None


class RefundedPayment(Struct, kw_only=True):
    """credit_line_amount: by how much the order is worth less with it; the rest was owed to the customer anyway."""

    payment_id: str
    provider_id: str
    amount: Amount
    credit_line_amount: Amount


class OrderRefundPreview(Struct, kw_only=True):
    """balance: above zero the customer owes, below zero the merchant does; once what is on its way has arrived."""

    order_id: str
    currency_code: str
    amount: Amount
    items: list[RefundedLine]
    shipping: Amount
    extra: Amount
    payments: list[RefundedPayment]
    credit_line_amount: Amount
    order_total: Amount
    order_total_after: Amount
    balance: Amount
    balance_after: Amount


class OrderRefund(Struct, kw_only=True):
    """What was asked of each payment, and what has become of it."""

    amount: Amount
    attempts: list[PaymentAttempt]


_BODY: Final[dict[str, Any]] = {
    "items": [{"id": examples.LINE_ID, "quantity": 1, "restock": True, "location_id": examples.LOCATION_ID}],
    "refund_reason_id": "damaged",
}
_PREVIEW: Final[dict[str, Any]] = {
    "order_id": examples.ORDER_ID,
    "currency_code": "usd",
    "amount": 15,
    "items": [
        {
            "id": examples.LINE_ID,
            "quantity": 1,
            "amount": 15,
            "restocked": 1,
            "location_id": examples.LOCATION_ID,
        }
    ],
    "shipping": 0,
    "extra": 0,
    "payments": [
        {
            "payment_id": payment_examples.PAYMENT_ID,
            "provider_id": "stripe",
            "amount": 15,
            "credit_line_amount": 15,
        }
    ],
    "credit_line_amount": 15,
    "order_total": 35,
    "order_total_after": 20,
    "balance": 0,
    "balance_after": 0,
}


class PreviewView(ApiView):
    access = {"POST": access.REFUND}

    @schema.operation(
        id="previewOrderRefund",
        summary="See what a refund of goods, shipping or an amount would come to",
        tag=TAG,
        body=RefundOrder,
        body_example=_BODY,
        answer=schema.envelope("refund_preview", OrderRefundPreview),
        example={"refund_preview": _PREVIEW},
        one_order=True,
        description=f"{schema.OURS} Nothing is written and nobody is asked; it is refused as the refund would be.",
    )
    def post(self, request: Request, order_id: str) -> HttpResponse:
        order, body = order_id_of(order_id), bodies.read(request, RefundOrder)

        def work() -> OrderRefundPreview:
            lock_as_seen(request, order)
            return _preview(_plan(request, order, body))

        return idempotency.answer(request, work, lambda told: one(request, "refund_preview", told))


class RefundsView(ApiView):
    access = {"POST": access.REFUND}

    @schema.operation(
        id="refundOrder",
        summary="Give back goods, shipping or an amount",
        tag=TAG,
        body=RefundOrder,
        body_example=_BODY,
        answer={
            "type": "object",
            "properties": {"order": schema.shape(shapes.Order), "refund": schema.shape(OrderRefund)},
            "required": ["order", "refund"],
        },
        example={
            "order": examples.ORDER | {"total": 20, "revision": 3},
            "refund": {
                "amount": 15,
                "attempts": [payment_examples.ATTEMPT | {"act": "refund", "amount": 15, "reason": "damaged"}],
            },
        },
        one_order=True,
        problems=base.ASKS_A_PROVIDER,
        description=f"{schema.OURS} A refund of each payment that it goes back to, in one transaction. Units given "
        "back one at a time sum to their line. Units that were packed can be put back on a shelf with it. Where "
        f"several payments give it back and one declines, that one takes back its share. {base.PRESENT_STATE}",
    )
    def post(self, request: Request, order_id: str) -> HttpResponse:
        order, body = order_id_of(order_id), bodies.read(request, RefundOrder)
        selection = queries.parameters(request).selection

        def intend() -> list[UUID]:
            lock_as_seen(request, order)
            wanted = _wanted(body, _plan(request, order, body).order)
            done = refund_order(order_id=order, wanted=wanted, actor=actor_of(request), waits=True)
            return [each.pk for each in done.attempts]

        return idempotency.answer_with_state(
            request,
            intend,
            waiting.carry_out_now,
            lambda intents: order_answer(order, selection, refund=_refund(intents)),
        )


def _plan(request: Request, order_id: UUID, body: RefundOrder) -> Plan:
    """What it comes to, for who may work with the locations of what goes back. Raises NotFound, OutsideLimits."""
    order = lock_order(order_id)
    with bodies.named_in_body("payment", "/payment_id"):
        plan = preview_refund(order=order, wanted=_wanted(body, order))
    limits_of(request.user).require_locations(*(each.location_id for each in plan.restocked))
    return plan


def _wanted(body: RefundOrder, order: Order) -> Wanted:
    """Raises InvalidInput."""
    payment = body.payment_id and bodies.public_id(ids.PAYMENT, body.payment_id, "/payment_id", "payment")
    return Wanted(
        items=[_item(each, index) for index, each in enumerate(body.items)],
        shipping=inputs.money(body.shipping, order.currency, "/shipping"),
        all_shipping=body.all_shipping,
        amount=inputs.money(body.amount, order.currency),
        reason=inputs.refund_reason(body.refund_reason_id),
        note=body.note,
        payment_id=payment or None,
    )


def _item(item: RefundItemInput, index: int) -> RefundItem:
    line = bodies.public_id(ids.ORDER_LINE, item.id, f"/items/{index}/id", "line")
    place = item.location_id and bodies.public_id(
        ids.STOCK_LOCATION, item.location_id, f"/items/{index}/location_id", "stock location"
    )
    return RefundItem(line, item.quantity, item.restock, place or None)


def _preview(plan: Plan) -> OrderRefundPreview:
    return OrderRefundPreview(
        order_id=plan.order.public_id,
        currency_code=plan.order.currency.lower(),
        amount=amount(plan.amount),
        items=[
            RefundedLine(
                id=each.line.public_id,
                quantity=each.quantity,
                amount=amount(each.amount),
                restocked=each.restocked,
                location_id=ids.encode(ids.STOCK_LOCATION, each.location_id) if each.location_id else None,
            )
            for each in plan.lines
        ],
        shipping=amount(plan.shipping_amount),
        extra=amount(plan.extra),
        payments=[
            RefundedPayment(
                payment_id=each.payment.public_id,
                provider_id=each.payment.provider,
                amount=amount(each.amount),
                credit_line_amount=amount(each.credit),
            )
            for each in plan.tenders
        ],
        credit_line_amount=amount(plan.credit),
        order_total=amount(plan.before.total),
        order_total_after=amount(plan.after.total),
        balance=amount(plan.before.balance),
        balance_after=amount(plan.after.balance),
    )


def _refund(intents: Sequence[UUID]) -> OrderRefund:
    """Raises PaymentDeclined where nobody gives anything back."""
    attempts = list(Attempt.objects.select_related("payment").filter(pk__in=intents).order_by("pk"))
    if all(each.state == AttemptState.DECLINED for each in attempts):
        raise base.declined(attempts[0])
    return OrderRefund(
        amount=amount(sum((each.amount for each in attempts), Decimal(0))),
        attempts=[parts.attempt(each) for each in attempts],
    )
