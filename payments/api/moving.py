"""Taking what is authorized, and letting go of it. Giving back concerns the order's worth: `orders.api.paying`."""

from __future__ import annotations

from django.http import HttpResponse
from rest_framework.request import Request

from oms.web import bodies, schema
from oms.web.authentication import actor_of
from oms.web.views import ApiView
from payments.api import access, base, examples, inputs
from payments.services import capturing, voiding


class CaptureView(ApiView):
    access = {"POST": access.CAPTURE}

    @schema.operation(
        id="capturePayment",
        summary="Take what is authorized, or a part of it",
        tag=base.TAG,
        body=inputs.CapturePayment,
        body_example={"amount": 21},
        answer=base.ONE_PAYMENT,
        example={"payment": examples.CAPTURED},
        problems=base.ASKS_A_PROVIDER,
        description=f"Without an amount, all that is left. Another capture is another request. {base.PRESENT_STATE}",
    )
    def post(self, request: Request, payment_id: str) -> HttpResponse:
        body = bodies.read(request, inputs.CapturePayment)
        payment = capturing.find_payment(base.payment_id_of(payment_id))
        amount = inputs.money(body.amount, payment.currency)
        return base.answer_with_payment(
            request,
            lambda: capturing.request_capture(
                payment_id=payment.pk, amount=amount, actor=actor_of(request), waits=True
            ),
            payment.pk,
        )


class VoidView(ApiView):
    access = {"POST": access.CAPTURE}

    @schema.operation(
        id="voidPayment",
        summary="Let go of what is authorized and was not taken",
        tag=base.TAG,
        body=inputs.NoInput,
        body_example={},
        answer=base.ONE_PAYMENT,
        example={
            "payment": examples.PAYMENT | {"status": "canceled", "capturable_amount": 0, "canceled_at": examples.AT}
        },
        problems=base.ASKS_A_PROVIDER,
        description=f"{schema.OURS} Of a payment that was taken in part, the rest. {base.PRESENT_STATE}",
    )
    def post(self, request: Request, payment_id: str) -> HttpResponse:
        bodies.read(request, inputs.NoInput)
        payment = capturing.find_payment(base.payment_id_of(payment_id))
        return base.answer_with_payment(
            request,
            lambda: voiding.request_void(payment_id=payment.pk, actor=actor_of(request), waits=True),
            payment.pk,
        )
