"""A customer of whom something is kept in every place where something can be kept, and a look into all of them."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from channels.models import ImportUpload, OrderSource, SourceDocument, SourceFile, SourceRun
from channels.services.imports import Wish, import_file
from fulfillment.services.fulfillments import Tracking
from inventory.services.manual_reservations import create_reservation
from oms.core.models import Delivery, OutboxEvent
from oms.core.money import Money
from oms.web.models import SavedView
from orders.enums import CancelReason, HoldReason
from orders.models import Customer, Order
from orders.services import cancellation, closing, fulfilling, holds, notes, shipping
from orders.services.refunds import refund_payment
from payments.enums import RefundReason
from payments.models import PaymentAttempt, PaymentSession
from payments.services.gift_cards import adjust_gift_card, issue_gift_card
from payments.services.store_credit import issue_store_credit
from tests.api import Api
from tests.factories import StaffFactory
from tests.paying import promised
from tests.scenarios import STAFF, Shop, items_of, shop

# Each of them stands nowhere else in the database.
WORDS = (
    "Ottoline",
    "Quarrenbusch",
    "ottoline.q@kontor.example",
    "+49 40 55501234",
    "Quarrenbusch & Söhne",
    "Nebelgasse 17",
    "Hinterhaus links",
    "Krähwinkelstadt",
    "Südostholstein",
    "QX-24517",
    "KD-777-OTQ",
    "a birthday present for her aunt",
)
ADDRESS = {
    "first_name": "Ottoline",
    "last_name": "Quarrenbusch",
    "company": "Quarrenbusch & Söhne",
    "address_1": "Nebelgasse 17",
    "address_2": "Hinterhaus links",
    "city": "Krähwinkelstadt",
    "province": "Südostholstein",
    "postal_code": "QX-24517",
    "country_code": "de",
    "phone": "+49 40 55501234",
}
SAID = "a birthday present for her aunt"


def body(house: Shop, external_id: str, **fields: Any) -> dict[str, Any]:
    return {
        "sales_channel": house.channel.code,
        "external_id": external_id,
        "currency_code": "EUR",
        "email": "ottoline.q@kontor.example",
        "phone": "+49 40 55501234",
        "customer": {"external_id": "KD-777-OTQ", "first_name": "Ottoline", "last_name": "Quarrenbusch"},
        "shipping_address": ADDRESS,
        "billing_address": ADDRESS,
        "metadata": {"gift": SAID},
        "tags": ["vip", "for Ottoline"],
        "notes": [f"Ottoline rang: {SAID}"],
        "items": [{"sku": "LAMP", "quantity": 1, "unit_price": 10, "metadata": {"engrave": "Ottoline"}}],
        "payments": [{"amount": 10, "reference": "Ottoline Quarrenbusch 1001"}],
    } | fields


def somebody(house: Shop, directory: Path) -> Customer:
    """Two closed orders, one shipped and one canceled, and traces in everything around them."""
    shipped = _place(house, "W-1")
    _tell(shipped)
    _ship(shipped)
    canceled = _place(house, "W-2")
    cancellation.cancel_order(order_id=canceled.pk, reason=CancelReason.CUSTOMER, actor=STAFF)
    _import(house, directory)
    customer = shipped.customer
    assert customer is not None
    _document(house)
    _sources_and_uploads(house)
    _engine_room(shipped)
    _console(customer)
    _balances(customer, shipped)
    _pay(shipped)
    SavedView.objects.create(
        page="orders_order", name="Quarrenbusch", query="q=ottoline.q%40kontor.example", owner=StaffFactory()
    )
    create_reservation(
        item_id=house.items["LAMP"].pk,
        location_id=house.locations["W1"].pk,
        quantity=1,
        description="Put aside for Ottoline Quarrenbusch",
        actor=STAFF,
    )
    return customer


def _balances(customer: Customer, order: Order) -> None:
    """A card that they bought, one for them, and their own credit: each with their name beside it."""
    five, note = Money(Decimal(5), "EUR"), "Ottoline Quarrenbusch asked for it"
    words = {"note": note, "actor": STAFF}
    issue_gift_card(amount=five, recipient="Aunt", order_id=order.pk, **words)
    card = issue_gift_card(amount=five, recipient="ottoline.q@kontor.example", **words).card
    adjust_gift_card(card_id=card.pk, amount=five, reason="goodwill", **words)
    issue_store_credit(customer_id=customer.pk, amount=five, reason="goodwill", **words)


def _pay(order: Order) -> None:
    """A try to pay of which the provider was told their name, and money that went back with a word about them."""
    payment = promised(order, 4, captured=[4])
    PaymentSession.objects.filter(pk=payment.session_id).update(context={"customer": "Ottoline Quarrenbusch"})
    PaymentAttempt.objects.filter(payment=payment, act="authorize").update(data={"iban_of": "Ottoline"})
    refund_payment(
        payment_id=payment.pk,
        amount=Money(Decimal(4), "EUR"),
        note="Ottoline asked for it",
        reason=RefundReason.OTHER,
        actor=STAFF,
    )


def _place(house: Shop, external_id: str) -> Order:
    answer = Api().post("/admin/orders", body(house, external_id), idempotency_key=f"key of {external_id}")
    assert answer.status_code == 200, answer.content
    return Order.objects.get(external_id=external_id)


def _tell(order: Order) -> None:
    notes.update_order(order_id=order.pk, metadata={"gift": f"{SAID}, wrapped"}, actor=STAFF)
    hold = holds.place_hold(order_id=order.pk, reason=HoldReason.ADDRESS, note="Is Nebelgasse 17 right?", actor=STAFF)
    holds.release_hold(order_id=order.pk, hold_id=hold.pk, actor=STAFF)


def _ship(order: Order) -> None:
    packed = fulfilling.create_fulfillment(order_id=order.pk, items=items_of(order), actor=STAFF)
    parcel = Tracking(number="1Z999", url="https://carrier.example/?to=Quarrenbusch")
    shipping.create_shipment(order_id=order.pk, fulfillment_id=packed.pk, parcels=[parcel], actor=STAFF)
    shipping.mark_delivered(order_id=order.pk, fulfillment_id=packed.pk, actor=STAFF)
    closing.complete_order(order_id=order.pk, actor=STAFF)


def _import(house: Shop, directory: Path) -> None:
    """A record that is refused, and a run that stops at it."""
    file = directory / "orders.ndjson"
    file.write_text(json.dumps(body(house, "W-3", currency_code="XXX?")) + "\n")
    for stop in (False, True):
        import_file(wish=Wish(path=file, channel=house.channel.code, stop_at_error=stop), actor=STAFF)
        file.write_text(file.read_text() + "\n")


def _sources_and_uploads(house: Shop) -> None:
    """What is told of refused records where they came in."""
    error = "stopped at line 3, column /email: 'ottoline.q@kontor.example' is taken."
    source = OrderSource.objects.create(name="Acme", channel=house.channel, kind="folder", address="/")
    SourceRun.objects.create(source=source, status="failed", error=error, note=error, actor=STAFF.as_dict())
    SourceFile.objects.create(
        source=source, name="f", size=1, modified_ns=1, fingerprint="f", status="failed", error=error
    )
    ImportUpload.objects.create(
        channel=house.channel,
        file_name="orders.ndjson",
        size=1,
        status="stopped",
        error=error,
        preview={"first_rejects": [{"line": "1", "row": json.dumps(body(house, "W-4"))}]},
        actor=STAFF.as_dict(),
    )


def _document(house: Shop) -> None:
    SourceDocument.objects.create(
        channel=house.channel,
        external_id="C-1",
        kind="credit",
        customer_ref="KD-777-OTQ",
        issued_at=timezone.now(),
        currency="EUR",
        total=Decimal(-5),
    )


def _engine_room(order: Order) -> None:
    event = OutboxEvent.objects.filter(stream=order.pk).order_by("sequence").first()
    assert event is not None
    Delivery.objects.create(
        event=event, subscriber="mails", state="dead", error="SMTPError: no mailbox ottoline.q@kontor.example"
    )


def _console(customer: Customer) -> None:
    """A member of staff mends the name, which the console notes."""
    client = Client()
    client.force_login(StaffFactory())
    shown = {"first_name": "Ottoline", "last_name": "Quarrenbusch", "company_name": "", "phone": "+49 40 55501234"}
    answer = client.post(reverse("admin:orders_customer_change", args=[customer.pk]), shown)
    assert answer.status_code == 302, answer.content


def found_in(words: tuple[str, ...] = WORDS) -> dict[str, list[str]]:
    """Which words stand in which tables of the whole database, as its text has them or as JSON writes them."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL bytea_output = 'escape'")
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
        tables = [name for (name,) in cursor.fetchall()]
        found = {}
        for table in tables:
            cursor.execute(f'SELECT one::text FROM "{table}" AS one')  # noqa: S608  (names from the catalog)
            text = "\n".join(row for (row,) in cursor.fetchall()).lower()
            text += (
                text.encode()
                .decode("unicode_escape", errors="replace")
                .encode("latin-1", "replace")
                .decode("utf-8", errors="replace")
            )
            if hits := [word for word in words if word.lower() in text]:
                found[table] = hits
    return found


def somebody_else(house: Shop) -> UUID:
    """A neighbour with an order of their own."""
    other = {"email": "neighbour@kontor.example", "phone": "", "customer": None, "notes": ["Rings twice."]}
    address = {"last_name": "Nachbar", "address_1": "Nebelgasse 19", "country_code": "de"}
    answer = Api().post(
        "/admin/orders", body(house, "N-1", **other) | {"shipping_address": address, "billing_address": None}
    )
    assert answer.status_code == 200, answer.content
    return Order.objects.get(external_id="N-1").pk


def a_house() -> Shop:
    return shop({"W1": {"LAMP": 100}})
