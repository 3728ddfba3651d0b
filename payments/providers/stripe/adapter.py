"""Payments by Stripe: PaymentIntents, captured at once or later, refunded in parts.

The browser shows Stripe's own form with the client secret of `initiate` and either confirms by itself, or hands over a
payment method that is confirmed from here. A capture of a part releases the rest: Stripe lets one capture once
(several need a contract of their own, which is not supported). docs/payments.md says how to set it up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import wraps
from itertools import chain
from typing import Any, Final, TypeVar
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from payments.enums import MoneyAct, RefundReason
from payments.providers.base import (
    AuthorizeRequest,
    Capabilities,
    CaptureRequest,
    Fact,
    InboundWebhook,
    InitiateRequest,
    LookUpRequest,
    Outcome,
    ParsedWebhook,
    PaymentProvider,
    ProviderRejected,
    ProviderResult,
    RefundRequest,
    UpdateRequest,
    VoidRequest,
)
from payments.providers.stripe import reading, webhooks
from payments.providers.stripe.amounts import minor_units
from payments.providers.stripe.client import Declined, Stripe, Stuck
from payments.providers.stripe.reading import ATTEMPT, SESSION, Object

# Stripe has three. One that it is told is fraud goes on its list of cards to be blocked.
_REASONS: Final = {
    RefundReason.DUPLICATE: "duplicate",
    RefundReason.FRAUD: "fraudulent",
    RefundReason.RETURN: "requested_by_customer",
    RefundReason.CANCELLATION: "requested_by_customer",
}
_AS_IT_STANDS: Final = "payment_intent_unexpected_state"
_CHOSEN: Final = ("payment_method", "return_url")


_Request = TypeVar("_Request", AuthorizeRequest, CaptureRequest, RefundRequest, VoidRequest)
_Method = Callable[["StripeProvider", _Request], ProviderResult]


def _by_its_books(act: MoneyAct) -> Callable[[_Method[_Request]], _Method[_Request]]:
    """A call that Stripe failed at answers its failure to every repeat; whether it was done is looked up then."""

    def of(method: _Method[_Request]) -> _Method[_Request]:
        @wraps(method)
        def asking(self: StripeProvider, request: _Request) -> ProviderResult:
            try:
                return method(self, request)
            except Stuck:
                told = self.look_up(LookUpRequest(reference=request.reference, timeout=request.timeout))
                own = next((each for each in told if each.act is act and _is_of(each, request.key)), None)
                if own is None:
                    raise
                return _told(own, [each for each in told if each is not own], {})

        return asking

    return of


def _is_of(fact: Fact, key: UUID) -> bool:
    """A capture and a void bear no key; there is one of them."""
    return fact.key == key or fact.act in (MoneyAct.CAPTURE, MoneyAct.VOID)


class StripeProvider(PaymentProvider):
    """Talks to Stripe by its SDK. Settings: OMS_STRIPE_SECRET_KEY, OMS_STRIPE_WEBHOOK_SECRET, OMS_STRIPE_API_BASE."""

    code = "stripe"
    title = _("Stripe")
    # Keys may be forgotten after 24 hours: an hour less, for a call takes time and clocks differ.
    # A capture has no metadata of its own that its events would repeat.
    can = Capabilities(
        several_captures=False, webhooks=True, lists=True, key_hours=23, keyless=frozenset({MoneyAct.CAPTURE})
    )

    def initiate(self, request: InitiateRequest) -> ProviderResult:
        params: dict[str, Any] = {
            "amount": minor_units(request.amount),
            "currency": request.amount.currency.lower(),
            "capture_method": "automatic" if request.capture else "manual",
            "metadata": {SESSION: str(request.key)},
        }
        if request.description:
            params["description"] = request.description
        intent = Stripe(request.timeout).create_intent(params, request.key)
        return ProviderResult(outcome=Outcome.PENDING, reference=intent["id"], data=_for_the_browser(intent))

    def chosen(self, data: Mapping[str, Any]) -> Mapping[str, Any]:
        """Nothing else is kept: a storefront that sends us the number of a card by mistake leaves none here."""
        return {name: value for name in _CHOSEN if isinstance(value := data.get(name), str)}

    def update(self, request: UpdateRequest) -> ProviderResult:
        params = {"amount": minor_units(request.amount)}
        intent = Stripe(request.timeout).update_intent(request.reference, params, request.key)
        return ProviderResult(outcome=Outcome.PENDING, reference=intent["id"], data=_for_the_browser(intent))

    @_by_its_books(MoneyAct.AUTHORIZE)
    def authorize(self, request: AuthorizeRequest) -> ProviderResult:
        """data: payment_method, where the browser made one and left it to us to confirm, and return_url for methods
        that send the customer elsewhere. Without: what the browser confirmed is read.

        The attempt's key is written on the intent first, so that all news of this try say whose they are.
        """
        stripe = Stripe(request.timeout)
        params: dict[str, Any] = {"metadata": {ATTEMPT: str(request.key)}}
        if method := request.data.get("payment_method"):
            params["payment_method"] = method
        try:
            intent = stripe.update_intent(request.reference, params, f"{request.key}-try")
            if intent["status"] == "requires_confirmation":
                back = {"return_url": url} if (url := request.data.get("return_url")) else {}
                intent = stripe.confirm_intent(request.reference, back, request.key)
        except Declined as refusal:
            return _declined(refusal, request.reference)
        nothing_yet = ProviderResult(
            outcome=Outcome.REQUIRES_ACTION, reference=request.reference, data=_for_the_browser(intent)
        )
        return _result(MoneyAct.AUTHORIZE, intent, otherwise=nothing_yet)

    @_by_its_books(MoneyAct.CAPTURE)
    def capture(self, request: CaptureRequest) -> ProviderResult:
        params = {"amount_to_capture": minor_units(request.amount)}
        pending = ProviderResult(outcome=Outcome.PENDING, reference=request.reference)
        stripe = Stripe(request.timeout)
        try:
            intent = stripe.capture_intent(request.reference, params, request.key)
        except Declined as refusal:
            return _declined(refusal, request.reference)
        except ProviderRejected as refusal:
            # Captured or canceled by somebody else: said at once, not with the next lookup.
            return _declined(refusal, request.reference, _as_it_stands(stripe, request.reference, refusal))
        return _result(MoneyAct.CAPTURE, intent, otherwise=pending)

    @_by_its_books(MoneyAct.REFUND)
    def refund(self, request: RefundRequest) -> ProviderResult:
        params: dict[str, Any] = {
            "payment_intent": request.reference,
            "amount": minor_units(request.amount),
            "metadata": {ATTEMPT: str(request.key)},
        }
        if reason := _REASONS.get(RefundReason(request.reason)) if request.reason else None:
            params["reason"] = reason
        try:
            refund = Stripe(request.timeout).create_refund(params, request.key)
        except Declined as refusal:
            return _declined(refusal, request.reference)
        (fact,) = reading.of_refund(refund)
        return _told(fact, (), {})

    @_by_its_books(MoneyAct.VOID)
    def void(self, request: VoidRequest) -> ProviderResult:
        stripe = Stripe(request.timeout)
        try:
            intent = stripe.cancel_intent(request.reference, request.key)
        except ProviderRejected as refusal:
            # What expired or was canceled in the dashboard meanwhile is let go, and that was all we wanted.
            stands = _as_it_stands(stripe, request.reference, refusal)
            gone = next((each for each in stands if each.act is MoneyAct.VOID), None)
            if gone is None:
                return _declined(refusal, request.reference, stands)
            return _told(gone, [each for each in stands if each is not gone], {})
        pending = ProviderResult(outcome=Outcome.PENDING, reference=request.reference)
        return _result(MoneyAct.VOID, intent, otherwise=pending)

    def look_up(self, request: LookUpRequest) -> Sequence[Fact]:
        """Without a reference by Stripe's search, which is behind: to repeat `initiate` with its key is better."""
        stripe = Stripe(request.timeout)
        try:
            if request.reference:
                intents = [stripe.intent(request.reference)]
            else:
                intents = stripe.intents_with(SESSION, str(request.key))
        except ProviderRejected as refusal:
            if refusal.code != "resource_missing":
                raise
            return ()
        found: list[Fact] = []
        for intent in intents:
            found += reading.of_intent(intent)
            if intent["latest_charge"]:
                found += [fact for each in stripe.refunds_of(intent["id"]) for fact in reading.of_refund(each)]
        return found

    def payments_since(self, since: datetime, *, timeout: float = 10.0) -> Iterator[str]:
        """Intents that were made, refunded, or had an event, each once. Events older than 30 days Stripe forgets: what
        was captured or canceled of an older intent before that is not named. Refunds bear no mark of whose they are.
        """
        stripe, moment = Stripe(timeout, each=True), int(since.timestamp())
        made = (each["id"] for each in stripe.intents_since(moment) if webhooks.is_ours(each))
        refunded = (reading.id_of(each["payment_intent"]) for each in stripe.refunds_since(moment))
        told = (webhooks.about(each) for each in stripe.events_since(moment, webhooks.EVENTS))
        seen = {""}
        for reference in chain(made, refunded, told):
            if reference not in seen:
                seen.add(reference)
                yield reference

    def check_webhook(self, webhook: InboundWebhook) -> None:
        webhooks.check(webhook)

    def read_webhook(self, webhook: InboundWebhook) -> ParsedWebhook:
        return webhooks.read(webhook)


def _for_the_browser(intent: Object) -> dict[str, Any]:
    """What Stripe.js asks for, and where the customer has to go next."""
    data = {"client_secret": intent["client_secret"]}
    if method := reading.method_of(intent):
        data["method"] = method
    if action := intent.get("next_action"):
        elsewhere = action.get("redirect_to_url")
        url = elsewhere.get("url") if isinstance(elsewhere, Mapping) else None
        data["next_action"] = {"type": action["type"], **({"url": url} if url else {})}
    return data


def _result(act: MoneyAct, intent: Object, *, otherwise: ProviderResult) -> ProviderResult:
    """The fact about this act as the answer, and the others beside it."""
    facts = reading.of_intent(intent)
    own = next((each for each in facts if each.act is act), None)
    if own is None:
        return otherwise
    return _told(own, [each for each in facts if each is not own], _for_the_browser(intent))


def _told(own: Fact, others: Iterable[Fact], data: Mapping[str, Any]) -> ProviderResult:
    return ProviderResult(
        outcome=own.outcome,
        reference=own.reference,
        movement=own.movement,
        amount=own.amount,
        code=own.code,
        message=own.message,
        data=data,
        expires_at=own.expires_at,
        facts=tuple(others),
    )


def _declined(refusal: Declined | ProviderRejected, reference: str, facts: Iterable[Fact] = ()) -> ProviderResult:
    return ProviderResult(
        outcome=Outcome.DECLINED, reference=reference, code=refusal.code, message=str(refusal), facts=tuple(facts)
    )


def _as_it_stands(stripe: Stripe, reference: str, refusal: ProviderRejected) -> list[Fact]:
    """What the intent says of itself, where it was not in the state for what was asked. Raises any other refusal."""
    if refusal.code != _AS_IT_STANDS:
        raise refusal
    return reading.of_intent(stripe.intent(reference))
