"""Orders of the demo that are paid through the fake gateway, one for each way that a payment can stand."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final
from uuid import UUID

from django.conf import settings
from django.core.management.base import CommandError

from channels.services.selling import selling
from oms.core import ids
from oms.core.actors import Actor
from oms.core.money import Money
from orders.requests import AddressRequest, CustomerRequest, LineRequest, OrderRequest, ShippingRequest
from orders.services import collecting, refunds
from orders.services.placement import place_order
from payments.enums import RefundReason
from payments.models import Payment, PaymentCollection
from payments.providers import known
from payments.providers.base import LookUpRequest, ProviderUnavailable
from payments.services import calling, capturing, sessions

_PROVIDER: Final = "fake"
_PATIENCE_SECONDS: Final = 20.0


@dataclass(frozen=True, slots=True)
class Sale:
    """A customer, what they pay with, and what a clerk does then."""

    external_id: str
    customer: tuple[str, str]
    card: str
    then: Callable[[Payment, Actor], object] | None = None


def pay_orders(channel: str, clerk: Actor) -> None:
    """Place an order for each sale and pay it. What was begun before is left as it is; nothing without a gateway.

    Raises CommandError where the gateway does not answer.
    """
    if not settings.OMS["FAKE_GATEWAY_URL"]:
        return
    placed = {_place(channel, sale, clerk): sale for sale in _SALES}
    begun = set(PaymentCollection.objects.filter(order_id__in=placed).values_list("order_id", flat=True))
    waiting = {order_id: sale for order_id, sale in placed.items() if order_id not in begun}
    if waiting:
        _wait_for_gateway()
    for order_id, sale in waiting.items():
        _pay(order_id, sale, clerk)


def _place(channel: str, sale: Sale, clerk: Actor) -> UUID:
    """The order of that external id; placing it again is the same one."""
    first, last = sale.customer
    request = OrderRequest(
        currency_code="EUR",
        external_id=sale.external_id,
        email=f"{first}.{last}@example.com".lower(),
        customer=CustomerRequest(first_name=first, last_name=last),
        shipping_address=AddressRequest(
            first_name=first,
            last_name=last,
            address_1="Am Hang 4",
            postal_code="10115",
            city="Berlin",
            country_code="DE",
        ),
        items=[LineRequest(sku="LMP-01", title="Brass reading lamp", quantity=2, unit_price=Decimal("59.90"))],
        shipping_methods=[ShippingRequest(name="Parcel", amount=Decimal("4.90"))],
    )
    placed = place_order(request=request, selling=selling(channel), actor=clerk)
    if placed.order_id is None:
        raise CommandError(f"{sale.external_id} was not placed: {placed.refusal}")
    return placed.order_id


def _pay(order_id: UUID, sale: Sale, clerk: Actor) -> None:
    collection = collecting.collect(order_id=order_id, actor=clerk)
    session = sessions.create_session(collection_id=collection.pk, provider=_PROVIDER, actor=clerk)
    sessions.reach(session.pk)
    attempt = sessions.request_authorization(session_id=session.pk, data={"card": sale.card}, actor=clerk, waits=True)
    attempt = calling.carry_out(attempt.pk, waited=True)
    if sale.then is not None and attempt.payment is not None:
        sale.then(attempt.payment, clerk)


def _capture(payment: Payment, clerk: Actor) -> None:
    attempt = capturing.request_capture(payment_id=payment.pk, actor=clerk, waits=True)
    calling.carry_out(attempt.pk, waited=True)


def _capture_and_refund(payment: Payment, clerk: Actor) -> None:
    _capture(payment, clerk)
    attempt = refunds.refund_payment(
        payment_id=payment.pk,
        amount=Money(Decimal(20), payment.currency),
        reason=RefundReason.DAMAGED,
        note="One shade has a dent.",
        actor=clerk,
        waits=True,
    )
    calling.carry_out(attempt.pk, waited=True)


def _wait_for_gateway() -> None:
    provider, until = known.provider_of(_PROVIDER), time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            provider.look_up(LookUpRequest(reference="", key=ids.new_id()))
            return
        except ProviderUnavailable as problem:
            if time.monotonic() > until:
                raise CommandError(f"The fake gateway does not answer: {problem}.") from problem
            time.sleep(0.1)


# docs/payments.md tells what the cards do.
_SALES: Final = [
    Sale("WEB-7001", ("Ada", "Keller"), "4242424242424242"),  # to be captured
    Sale("WEB-7002", ("Jonas", "Brandt"), "4242424242424242", _capture),
    Sale("WEB-7003", ("Mina", "Öztürk"), "4000000000000002"),  # declined
    Sale("WEB-7004", ("Pavel", "Novak"), "4000000000000036"),  # 3-D Secure is waited for
    Sale("WEB-7005", ("Greta", "Lind"), "4000000000000069", _capture_and_refund),  # the refund is pending
    Sale("WEB-7006", ("Tom", "Ackroyd"), "4000000000000010", _capture),  # the capture is declined
]
