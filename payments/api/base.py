"""What the acts on money share, here and in `orders.api`: an intent, a call while the caller waits, and its state."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from django.http import HttpResponse
from rest_framework.request import Request

from oms.core import ids
from oms.web import bodies, idempotency, schema
from oms.web.rendering import json_answer
from oms.web.views import one
from payments import selectors
from payments.api import parts, shapes
from payments.enums import AttemptState
from payments.errors import PaymentDeclined
from payments.models import PaymentAttempt
from payments.services import waiting

TAG: Final = "Payments"
ONE_PAYMENT: Final = schema.envelope("payment", shapes.Payment)
ONE_COLLECTION: Final = schema.envelope("payment_collection", shapes.PaymentCollection)
ASKS_A_PROVIDER: Final = (400, 401, 402, 403, 404, 429)  # how what asks a provider may be refused
PRESENT_STATE: Final = (
    "The provider is asked, for at most five seconds. If it has not answered by then, or works on it, the answer is "
    "200 too, with the attempt among `attempts`: it is found out and settled later. A provider that declines is a 402 "
    "with its code and sentence in `facts`, and nothing is moved. A repeat under the same Idempotency-Key moves "
    "nothing, and tells what has become of it."
)


def payment_id_of(text: str) -> UUID:
    return bodies.path_id(ids.PAYMENT, text, "payment")


def collection_id_of(text: str) -> UUID:
    return bodies.path_id(ids.PAYMENT_COLLECTION, text, "payment collection")


def answer(
    request: Request, intend: Callable[[], PaymentAttempt], render: Callable[[PaymentAttempt], HttpResponse]
) -> HttpResponse:
    """Write an intent, carry it out while the caller waits, and show what has become of it.

    Raises PaymentDeclined where its provider said no.
    """
    return idempotency.answer_with_state(
        request, lambda: [intend().pk], waiting.carry_out_now, lambda intents: render(_not_declined(intents))
    )


def answer_with_payment(request: Request, intend: Callable[[], PaymentAttempt], payment_id: UUID) -> HttpResponse:
    return answer(request, intend, lambda _attempt: payment_answer(request, payment_id))


def payment_answer(request: Request, payment_id: UUID) -> HttpResponse:
    return one(request, "payment", parts.payment(selectors.payment_in_full(payment_id)))


def collection_answer(request: Request, collection_id: UUID) -> HttpResponse:
    row, payments = selectors.collection_in_full(collection_id)
    return one(request, "payment_collection", parts.collection(row, payments))


def all_of(name: str, shown: Sequence[Any]) -> HttpResponse:
    """The envelope of a list that is short and comes with the house: all of it."""
    return json_answer({name: shown, "count": len(shown), "limit": len(shown), "offset": 0})


def envelope_of_all(name: str, kind: Any) -> Mapping[str, Any]:
    number = {"type": "integer"}
    names = {name: {"type": "array", "items": schema.shape(kind)}, "count": number, "limit": number, "offset": number}
    return {"type": "object", "properties": names, "required": list(names)}


def _not_declined(intents: Sequence[UUID]) -> PaymentAttempt:
    attempt = PaymentAttempt.objects.select_related("payment", "session").get(pk=intents[0])
    if attempt.state != AttemptState.DECLINED:
        return attempt
    raise declined(attempt)


def declined(attempt: PaymentAttempt) -> PaymentDeclined:
    """The refusal of a provider, with its payment or session at hand."""
    party = attempt.payment or attempt.session
    return PaymentDeclined(
        message=attempt.message or attempt.code,
        code=attempt.code,
        provider=party.provider if party else "",
        act=attempt.act,
        attempt_id=attempt.public_id,
    )
