"""Money of an order: what is to be collected for it, what staff have in hand, and what goes back."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from msgspec import Struct
from rest_framework.request import Request

from oms.core import ids
from oms.core.money import Money
from oms.web import bodies, idempotency, schema
from oms.web.authentication import actor_of
from oms.web.rendering import Amount, amount, json_answer
from oms.web.views import ApiView, one
from orders.models import Order
from orders.services import collecting, refund_preview, refunds
from payments.api import access, base, examples, inputs
from payments.api import collecting as paying
from payments.api.shapes import DeletedCollection
from payments.models import Payment, PaymentCollection
from payments.services.capturing import find_payment

TAG = base.TAG


class RefundPreview(Struct, kw_only=True):
    """What a refund of `amount` would come to. credit_line_amount: the order is worth that much less after it; the rest
    was owed to the customer anyway. balance: above zero the customer owes, below zero the merchant does."""

    payment_id: str
    order_id: str
    currency_code: str
    amount: Amount
    credit_line_amount: Amount
    refundable_after: Amount
    order_total: Amount
    order_total_after: Amount
    balance: Amount
    balance_after: Amount


_PREVIEW: dict[str, Any] = {
    "payment_id": examples.PAYMENT_ID,
    "order_id": examples.ORDER_ID,
    "currency_code": "usd",
    "amount": 5,
    "credit_line_amount": 5,
    "refundable_after": 16,
    "order_total": 41,
    "order_total_after": 36,
    "balance": 20,
    "balance_after": 20,
}


class RefundView(ApiView):
    access = {"POST": access.REFUND}

    @schema.operation(
        id="refundPayment",
        summary="Give back what was taken, or a part of it",
        tag=TAG,
        body=inputs.RefundPayment,
        body_example={"amount": 5, "refund_reason_id": "goodwill", "note": "Scratched"},
        answer=base.ONE_PAYMENT,
        example={"payment": examples.REFUNDED},
        problems=base.ASKS_A_PROVIDER,
        description="Without an amount, all that is left. What the customer was not owed lowers what the order is "
        f"worth, by a credit line. Another refund is another request. {base.PRESENT_STATE}",
    )
    def post(self, request: Request, payment_id: str) -> HttpResponse:
        payment, given = _refund(request, payment_id)
        return base.answer_with_payment(
            request, lambda: refunds.refund_payment(**given, actor=actor_of(request), waits=True), payment.pk
        )


class RefundPreviewView(ApiView):
    access = {"POST": access.REFUND}

    @schema.operation(
        id="previewRefund",
        summary="See what a refund would come to",
        tag=TAG,
        body=inputs.RefundPayment,
        body_example={"amount": 5, "refund_reason_id": "goodwill"},
        answer=schema.envelope("refund_preview", RefundPreview),
        example={"refund_preview": _PREVIEW},
        description=f"{schema.OURS} Nothing is written and nobody is asked; it is refused as the refund would be.",
    )
    def post(self, request: Request, payment_id: str) -> HttpResponse:
        _payment, given = _refund(request, payment_id)
        return idempotency.answer(
            request,
            lambda: refund_preview.preview_refund(**given, actor=actor_of(request)),
            lambda preview: one(request, "refund_preview", _preview(preview)),
        )


class CollectionsView(ApiView):
    access = {"POST": access.CAPTURE}

    @schema.operation(
        id="createPaymentCollection",
        summary="Have something collected for an order",
        tag=TAG,
        body=inputs.CreatePaymentCollection,
        body_example={"order_id": examples.ORDER_ID, "amount": 10},
        answer=base.ONE_COLLECTION,
        example={"payment_collection": examples.COLLECTION | {"amount": 10}},
        description="At most what is due beyond what was authorized already; without an amount, all of that. The first "
        "one of an order has the order's id, unless payments were recorded with it.",
    )
    def post(self, request: Request) -> HttpResponse:
        body = bodies.read(request, inputs.CreatePaymentCollection)
        order = _order_in_body(body.order_id)
        if body.currency_code and body.currency_code.upper() != order.currency:
            raise inputs.wrong("/currency_code", f"the order is in {order.currency}", "currency_mismatch")
        wanted = inputs.money(body.amount, order.currency)
        return idempotency.answer(
            request,
            lambda: collecting.collect(order_id=order.pk, amount=wanted, actor=actor_of(request)).pk,
            lambda made: base.collection_answer(request, made),
        )


class CollectionView(paying.CollectionView):
    access = {"GET": access.READ, "DELETE": access.CAPTURE}

    @schema.operation(
        id="deletePaymentCollection",
        summary="Have nothing collected any more",
        tag=TAG,
        answer=schema.shape(DeletedCollection),
        example={"id": examples.COLLECTION_ID, "object": "payment-collection", "deleted": True},
        deletes=True,
        description="Its open sessions end, and the order shows it as canceled. One that holds money is refused.",
    )
    def delete(self, request: Request, collection_id: str) -> HttpResponse:
        collection = base.collection_id_of(collection_id)
        return idempotency.answer(
            request,
            lambda: collecting.cancel_collection(collection_id=collection, actor=actor_of(request)),
            lambda gone: json_answer(DeletedCollection(id=gone.public_id)),
        )


class MarkAsPaidView(ApiView):
    access = {"POST": access.CAPTURE}

    @schema.operation(
        id="markAsPaid",
        summary="Say that a collection was paid to you",
        tag=TAG,
        body=inputs.MarkAsPaid,
        body_example={"order_id": examples.ORDER_ID, "method": "cash"},
        answer=base.ONE_COLLECTION,
        example={"payment_collection": examples.PAID},
        description="Cash, a bank transfer, cash on delivery: a payment of the provider `manual`, taken at once. "
        "Without an amount, what is left of the collection, which need not have been made before.",
    )
    def post(self, request: Request, collection_id: str) -> HttpResponse:
        body = bodies.read(request, inputs.MarkAsPaid)
        order, collection = _order_in_body(body.order_id), base.collection_id_of(collection_id)
        paid = inputs.money(body.amount, order.currency)

        def work() -> UUID:
            written = collection != order.pk or PaymentCollection.objects.filter(pk=collection).exists()
            collecting.mark_as_paid(
                order_id=order.pk,
                amount=paid,
                method=body.method,
                note=body.note,
                collection_id=collection if written else None,
                actor=actor_of(request),
            )
            return collection

        return idempotency.answer(request, work, lambda done: base.collection_answer(request, done))


def _refund(request: Request, payment_id: str) -> tuple[Payment, dict[str, Any]]:
    """The payment, and what is to be done with it. Raises NotFound, InvalidInput."""
    body = bodies.read(request, inputs.RefundPayment)
    payment = find_payment(base.payment_id_of(payment_id))
    return payment, {
        "payment_id": payment.pk,
        "amount": inputs.money(body.amount, payment.currency),
        "reason": inputs.refund_reason(body.refund_reason_id),
        "note": body.note or "",
    }


def _order_in_body(text: str) -> Order:
    """Raises InvalidInput."""
    order = Order.objects.filter(pk=bodies.public_id(ids.ORDER, text, "/order_id", "order")).first()
    if order is None:
        raise inputs.wrong("/order_id", f"no order with id {text[:80]}", "not_found")
    return order


def _preview(each: refund_preview.RefundPreview) -> RefundPreview:
    def shown(money: Money) -> Any:
        return amount(money.amount)

    return RefundPreview(
        payment_id=ids.encode(ids.PAYMENT, each.payment_id),
        order_id=ids.encode(ids.ORDER, each.order_id),
        currency_code=each.amount.currency.lower(),
        amount=shown(each.amount),
        credit_line_amount=shown(each.credited),
        refundable_after=shown(each.left),
        order_total=shown(each.total_before),
        order_total_after=shown(each.total_after),
        balance=shown(each.balance_before),
        balance_after=shown(each.balance_after),
    )
