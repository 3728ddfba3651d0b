"""A customer pays a collection: sessions, and their authorization. What is to be collected: `orders.api.paying`."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import structlog
from django.http import HttpResponse
from rest_framework.request import Request

from oms.core import ids
from oms.core.errors import FieldError
from oms.core.providers import UnknownProvider
from oms.web import bodies, idempotency, schema
from oms.web.authentication import actor_of
from oms.web.views import ApiView, one
from payments import selectors
from payments.api import access, base, examples, inputs, parts, shapes
from payments.providers.base import ProviderUnavailable
from payments.services import sessions

log = structlog.get_logger(__name__)


class CollectionView(ApiView):
    access = {"GET": access.READ}

    @schema.operation(
        id="getPaymentCollection",
        summary="Read a payment collection",
        tag=base.TAG,
        answer=base.ONE_COLLECTION,
        example={"payment_collection": examples.PAID},
        description=f"{schema.OURS} With its payments and sessions.",
    )
    def get(self, request: Request, collection_id: str) -> HttpResponse:
        return base.collection_answer(request, base.collection_id_of(collection_id))


class SessionsView(ApiView):
    access = {"POST": access.CAPTURE}

    @schema.operation(
        id="startPaymentSession",
        summary="Begin to pay a collection with a provider",
        tag=base.TAG,
        body=inputs.StartPaymentSession,
        body_example={"provider_id": "manual"},
        answer=schema.envelope("payment_session", shapes.SessionWithPayment),
        example={"payment_session": examples.SESSION | {"payment": None}},
        description=f"{schema.OURS} `data` of the answer is for the customer's browser. A provider that does not "
        "answer is told of the session when it is authorized.",
    )
    def post(self, request: Request, collection_id: str) -> HttpResponse:
        body = bodies.read(request, inputs.StartPaymentSession)
        collection = sessions.find_collection(base.collection_id_of(collection_id))
        amount = inputs.money(body.amount, collection.currency)

        def intend() -> list[UUID]:
            try:
                session = sessions.open_session(
                    collection_id=collection.pk,
                    provider=body.provider_id,
                    amount=amount,
                    context=body.data,
                    capture=body.capture,
                    actor=actor_of(request),
                )
            except UnknownProvider as unknown:
                unknown.errors = [FieldError("/provider_id", str(unknown), unknown.code, unknown.facts)]
                raise
            return [session.pk]

        return idempotency.answer_with_state(request, intend, _tell, lambda made: _session_answer(request, made[0]))


class AuthorizeView(ApiView):
    access = {"POST": access.CAPTURE}

    @schema.operation(
        id="authorizePaymentSession",
        summary="Authorize a payment session",
        tag=base.TAG,
        body=inputs.AuthorizePaymentSession,
        body_example={"data": {}},
        answer=schema.envelope("payment_session", shapes.SessionWithPayment),
        example={"payment_session": examples.AUTHORIZED},
        problems=(*base.ASKS_A_PROVIDER, 503),
        description=f"{schema.OURS} `requires_more`: the customer has to act first (3-D Secure); `data` says where. "
        "One that was declined may be tried again, with other `data` and another Idempotency-Key. "
        f"{base.PRESENT_STATE}",
    )
    def post(self, request: Request, session_id: str) -> HttpResponse:
        body = bodies.read(request, inputs.AuthorizePaymentSession)
        session = sessions.reach(bodies.path_id(ids.PAYMENT_SESSION, session_id, "payment session"))
        return base.answer(
            request,
            lambda: sessions.request_authorization(
                session_id=session.pk, data=body.data, actor=actor_of(request), waits=True
            ),
            lambda _attempt: _session_answer(request, session.pk),
        )


def _tell(session_ids: Sequence[UUID]) -> None:
    """The session stands, whether or not its provider can be reached now."""
    for session_id in session_ids:
        try:
            sessions.initiate(session_id)
        except ProviderUnavailable as problem:
            log.warning("payments.not_reached", session=str(session_id), problem=str(problem)[:200])


def _session_answer(request: Request, session_id: UUID) -> HttpResponse:
    return one(request, "payment_session", parts.session_begun(selectors.session_in_full(session_id)))
