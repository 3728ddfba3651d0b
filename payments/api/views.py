"""Payments: list, read, with what was tried and what their providers told; the providers and reasons there are."""

from __future__ import annotations

from typing import Final

from django.http import HttpResponse
from rest_framework.request import Request

from oms.core import providers
from oms.core.errors import NotFound
from oms.web import schema
from oms.web.filters import NoFilters
from oms.web.views import ApiView, many, one
from payments import policies, selectors
from payments.api import access, base, examples, parts, shapes
from payments.api.filters import PaymentFilters
from payments.models import PaymentAttempt, ProviderEvent
from payments.providers import known
from payments.providers.base import PaymentProvider
from payments.services import capturing

TAG: Final = base.TAG


class PaymentsView(ApiView):
    access = {"GET": access.READ}

    @schema.operation(
        id="listPayments",
        summary="List payments",
        tag=TAG,
        answer=schema.envelope("payments", shapes.Payment, paged=True),
        example={"payments": [examples.PAYMENT], "count": 1, "limit": 20, "offset": 0},
        filters=PaymentFilters,
        description="Newest first. `capturable=true` finds what is authorized and not taken, `waiting=true` what is "
        "not settled yet. An `amount` alone is looked for among all payments: say with `created_at` of what time.",
    )
    def get(self, request: Request) -> HttpResponse:
        return many(request, "payments", selectors.payments_in_full(), parts.payment, filters=PaymentFilters)


class PaymentView(ApiView):
    access = {"GET": access.READ}

    @schema.operation(
        id="getPayment",
        summary="Read a payment",
        tag=TAG,
        answer=base.ONE_PAYMENT,
        example={"payment": examples.CAPTURED},
    )
    def get(self, request: Request, payment_id: str) -> HttpResponse:
        return base.payment_answer(request, base.payment_id_of(payment_id))


class AttemptsView(ApiView):
    access = {"GET": access.READ}

    @schema.operation(
        id="listPaymentAttempts",
        summary="List what was tried with a payment, newest first",
        tag=TAG,
        answer=schema.envelope("attempts", shapes.PaymentAttempt, paged=True),
        example={"attempts": [examples.ATTEMPT], "count": 1, "limit": 20, "offset": 0},
        filters=NoFilters,
        description=f"{schema.OURS} Every authorization, capture, refund and void, also what was declined.",
    )
    def get(self, request: Request, payment_id: str) -> HttpResponse:
        payment = capturing.find_payment(base.payment_id_of(payment_id))
        tried = PaymentAttempt.objects.filter(payment=payment)
        by_time = {"created_at": ("created_at", "pk")}
        return many(request, "attempts", tried, parts.attempt, filters=NoFilters, orderings=by_time)


class EventsView(ApiView):
    access = {"GET": access.READ}

    @schema.operation(
        id="listProviderEvents",
        summary="List what its provider told of a payment, newest first",
        tag=TAG,
        answer=schema.envelope("events", shapes.ProviderEvent, paged=True),
        example={"events": [examples.EVENT], "count": 1, "limit": 20, "offset": 0},
        filters=NoFilters,
        description=f"{schema.OURS} The amounts of the payment follow from these and nothing else. What contradicts "
        "what was told before has a `problem` and changes nothing.",
    )
    def get(self, request: Request, payment_id: str) -> HttpResponse:
        payment = capturing.find_payment(base.payment_id_of(payment_id))
        told = ProviderEvent.objects.filter(pk__in=selectors.events_of(payment).values("pk"))
        by_time = {"recorded_at": ("recorded_at", "pk")}
        return many(request, "events", told, parts.event, filters=NoFilters, orderings=by_time, order="-recorded_at")


class ProvidersView(ApiView):
    access = {"GET": access.READ}

    @schema.operation(
        id="listPaymentProviders",
        summary="List the payment providers there are",
        tag=TAG,
        answer=base.envelope_of_all("payment_providers", shapes.PaymentProvider),
        example={"payment_providers": [examples.PROVIDER], "count": 1, "limit": 1, "offset": 0},
        description="Those of the settings. `external`, of payments that were taken elsewhere, is none.",
    )
    def get(self, request: Request) -> HttpResponse:
        found = [known.provider_of(code) for code in providers.names(known.KIND)]
        return base.all_of("payment_providers", [_provider(each) for each in found])


class RefundReasonsView(ApiView):
    access = {"GET": access.READ}

    @schema.operation(
        id="listRefundReasons",
        summary="List the reasons for a refund",
        tag=TAG,
        answer=base.envelope_of_all("refund_reasons", shapes.RefundReason),
        example={"refund_reasons": [examples.REASON], "count": 1, "limit": 1, "offset": 0},
    )
    def get(self, request: Request) -> HttpResponse:
        return base.all_of("refund_reasons", [parts.refund_reason(each) for each in policies.CHOSEN_REASONS])


class RefundReasonView(ApiView):
    access = {"GET": access.READ}

    @schema.operation(
        id="getRefundReason",
        summary="Read a reason for a refund",
        tag=TAG,
        answer=schema.envelope("refund_reason", shapes.RefundReason),
        example={"refund_reason": examples.REASON},
    )
    def get(self, request: Request, reason: str) -> HttpResponse:
        found = next((each for each in policies.CHOSEN_REASONS if each == reason), None)
        if found is None:
            raise NotFound(kind="refund reason", id=reason[:80])
        return one(request, "refund_reason", parts.refund_reason(found))


def _provider(each: PaymentProvider) -> shapes.PaymentProvider:
    return shapes.PaymentProvider(
        id=each.code,
        is_enabled=True,
        title=str(each.title),
        can_capture_in_parts=each.can.partial_capture,
        can_refund_in_parts=each.can.partial_refund,
        can_void=each.can.void,
    )
