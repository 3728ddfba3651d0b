"""A little of everything that the console shows, and how its pages are asked for."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

from django.contrib.auth.models import Group
from django.db.models import Model
from django.urls import reverse
from django.utils import timezone
from django_celery_beat.models import ClockedSchedule, CrontabSchedule, IntervalSchedule, PeriodicTask, SolarSchedule

from channels.models import (
    ColumnMapping,
    CreditMatch,
    ImportLane,
    ImportReject,
    ImportRun,
    ImportUpload,
    OrderSource,
    SourceDocument,
    SourceDocumentLine,
    SourceFile,
    SourceRun,
)
from fulfillment.services.fulfillments import Tracking
from inventory.models import InventoryItem
from inventory.providers.base import LineDemand, OrderDemand
from inventory.services import arrivals, counts, transfers
from inventory.services.kits import Part, set_components
from inventory.services.manual_reservations import create_reservation
from inventory.services.papers import Line
from inventory.services.pool import holding
from inventory.services.pool.adjusting import adjust_pooled_stock
from oms.core.ids import new_id
from oms.core.models import Delivery, IdempotencyKey, OutboxEvent
from oms.core.money import Money
from oms.core.transactions import atomic
from oms.web import audit
from oms.web.api_keys import create_api_key
from oms.web.models import SavedView, SecondFactor, StaffLimits
from orders.enums import HoldReason
from orders.models import BulkJobRow, CreditedItem, Customer, Order
from orders.requests import (
    AddressRequest,
    CreditRequest,
    CustomerRequest,
    DiscountRequest,
    LineRequest,
    PaymentRequest,
    ShippingRequest,
    TaxRequest,
)
from orders.services import bulk_jobs, fulfilling, holds, notes, shipping
from orders.services.sales import sum_up_sales
from payments.models import PaymentAttempt, ProviderEvent, ProviderWebhook
from payments.services import gift_cards, sessions, store_credit
from tests.factories import InventoryItemFactory, InventoryLevelFactory, StaffFactory
from tests.paying import promised
from tests.scenarios import STAFF, Shop, items_of, placed_order, shop

EVIL = "<script>alert(1)</script>"


def page(model: str, pk: Any) -> str:
    """The address of the change page; `model` is app_model."""
    return reverse(f"admin:{model}_change", args=[pk])


def changelist(model: type[Model] | str) -> str:
    name = model if isinstance(model, str) else f"{model._meta.app_label}_{model._meta.model_name}"
    return reverse(f"admin:{name}_changelist")


def act(order: Order, name: str) -> str:
    """Where a button of an order posts to."""
    return reverse("admin:orders_order_act", args=[order.pk, name])


def messages_of(response: Any) -> list[str]:
    return [str(message) for message in response.context["messages"]]


def rich_order(house: Shop, **fields: Any) -> Order:
    """An order with every kind of part, whose customer types evil things."""
    tax = [TaxRequest(name="VAT", rate=Decimal(20))]
    address = AddressRequest(first_name=EVIL, last_name="Doe", address_1=EVIL, city="London", country_code="GB")
    lines = [
        LineRequest(
            sku="LAMP",
            title=f"Lamp {EVIL}",
            quantity=3,
            unit_price=Decimal("10.00"),
            tax_lines=tax,
            discounts=[DiscountRequest(code=EVIL, amount=Decimal(1))],
        )
    ]
    known = {
        "currency_code": "GBP",
        "email": "jane@example.com",
        "customer": CustomerRequest(first_name=EVIL, last_name="Doe"),
        "shipping_address": address,
        "billing_address": address,
        "shipping_methods": [ShippingRequest(name=EVIL, amount=Decimal(5), tax_lines=tax)],
        "credit_lines": [CreditRequest(amount=Decimal(2), note=EVIL)],
        "payments": [PaymentRequest(amount=Decimal(20), reference=EVIL, method=EVIL)],
        "total": Decimal("39.80"),
        "tags": [EVIL],
        "notes": [EVIL],
    }
    return placed_order(house, lines, **known | fields)


def a_house() -> Shop:
    return shop({"W1": {"LAMP": 100}, "W2": {"LAMP": 100}})


def furnish(house: Shop, number: int) -> None:
    """One more of everything: an order partly on its way and held, what imports leave, what the engine room keeps."""
    order = rich_order(house, external_id=f"WEB-{number}")
    packed = fulfilling.create_fulfillment(order_id=order.pk, items=items_of(order, {"LAMP": 1}), actor=STAFF)
    parcels = [Tracking(number=f"TRACK-{number}", carrier=EVIL, url="javascript:alert(1)")]
    shipping.create_shipment(order_id=order.pk, fulfillment_id=packed.pk, parcels=parcels, actor=STAFF)
    CreditedItem.objects.create(
        order=order, refund=new_id(), attempt_id=new_id(), line=order.lines.get(), quantity=1, amount=Decimal(1)
    )
    holds.place_hold(order_id=order.pk, reason=HoldReason.OTHER, note=EVIL, actor=STAFF)
    notes.add_note(order_id=order.pk, body=EVIL, actor=STAFF)
    promised(order, 20, captured=[5])
    bulk = {"act": "note", "given": {"body": EVIL}, "orders": Order.objects.filter(pk=order.pk)}
    bulk_jobs.start_bulk_job(**bulk, actor=STAFF)
    BulkJobRow.objects.update(message=EVIL)
    _furnish_balances(house, number)
    _furnish_stock(house)
    _furnish_imports(house, order, number)
    _furnish_sources(house, number)
    _furnish_money(order, number)
    Delivery.objects.create(event=OutboxEvent.objects.filter(stream=order.pk).first(), subscriber=f"s{number}")
    IdempotencyKey.objects.create(scope="s", key=f"k{number}", fingerprint="f", status=200, body=b"{}")
    clerk = StaffFactory()
    create_api_key(title=EVIL, scopes=["orders:read"], created_by=clerk)
    SecondFactor.objects.create(user=clerk, secret="A")
    audit.record("login", actor=STAFF, subject="user:1", label=EVIL, details={EVIL: EVIL})
    StaffLimits.objects.create(user=clerk, location_ids=[house.locations["W1"].pk])
    Group.objects.create(name=f"packers {number}")
    sum_up_sales()
    SavedView.objects.create(page="orders_order", name=EVIL, query=f"tag={EVIL}", owner=StaffFactory())
    _furnish_schedules(number)
    kit = InventoryItemFactory(sku=f"KIT-{number}", title=EVIL)
    set_components(item_id=kit.pk, components=[Part(house.items["LAMP"].pk, 2)])


def _furnish_balances(house: Shop, number: int) -> None:
    """A gift card for somebody with an evil name, and the credit of another."""
    words = {"note": EVIL, "actor": STAFF}
    gift_cards.issue_gift_card(amount=Money(Decimal(50), "GBP"), recipient=EVIL, **words)
    customer = Customer.objects.create(channel=house.channel, external_id=f"C{number}", first_name=EVIL)
    amount = Money(Decimal(5), "GBP")
    store_credit.issue_store_credit(customer_id=customer.pk, amount=amount, reason="goodwill", **words)


def _furnish_money(order: Order, number: int) -> None:
    """A customer who begins to pay, a capture that is declined, and what providers tell."""
    collection = sessions.create_collection(amount=order.money(Decimal(1)), order_id=order.pk, actor=STAFF)
    session = sessions.create_session(collection_id=collection.pk, provider="manual", context={EVIL: EVIL}, actor=STAFF)
    told = {"provider": "manual", "reference": session.reference, "currency": "GBP", "amount": Decimal(1)}
    PaymentAttempt.objects.create(
        **{name: told[name] for name in ("currency", "amount")},
        session=session,
        act="authorize",
        state="declined",
        code=EVIL,
        message=EVIL,
        actor=STAFF.as_dict() | {"label": EVIL},
    )
    ProviderEvent.objects.create(**told, act="authorize", outcome="declined", message=EVIL, source="call")
    ProviderWebhook.objects.create(provider="manual", event_id=f"{EVIL}{number}", kind=EVIL, body=EVIL, error=EVIL)


def _furnish_stock(house: Shop) -> None:
    """Papers whose words are evil, a promise that a count breaks, and an item that runs low."""
    lamp, mug = house.items["LAMP"], InventoryItemFactory(title=EVIL, low_stock_threshold=5)
    here, there = house.locations["W1"].pk, house.locations["W2"].pk
    words = {"reference": EVIL, "note": EVIL, "actor": STAFF}
    arrivals.create_arrival(location_id=here, lines=[Line(lamp.pk, 3)], **words)
    transfer = transfers.create_transfer(source_id=here, target_id=there, lines=[Line(lamp.pk, 1)], **words)
    transfers.send_transfer(transfer_id=transfer.pk, actor=STAFF)
    level = InventoryLevelFactory(item=mug, location=house.locations["W1"], on_hand=2)
    create_reservation(item_id=mug.pk, location_id=here, quantity=1, description=EVIL, actor=STAFF)
    count = counts.create_count(location_id=level.location_id, lines=[Line(mug.pk, 0)], **words)
    counts.apply_count(count_id=count.pk, actor=STAFF)
    _furnish_pool(mug, house.channel.pk)


def _furnish_pool(mug: InventoryItem, order_id: UUID) -> None:
    adjust_pooled_stock(item_id=mug.pk, delta=2, reason="count", note=EVIL, actor=STAFF)
    with atomic():
        wanted = LineDemand(new_id(), mug.pk, mug.sku, 1, False)
        holding.reserve([OrderDemand(order_id, [wanted])], actor=STAFF)


def _furnish_imports(house: Shop, order: Order, number: int) -> None:
    run = ImportRun.objects.create(
        channel=house.channel,
        file_name=f"{EVIL}.csv",
        fingerprint=str(number),
        format="ndjson",
        stock="skip",
        figures={"sales": 1, EVIL: EVIL},
        actor=STAFF.as_dict(),
    )
    ImportLane.objects.create(run=run, number=1)
    ColumnMapping.objects.create(channel=house.channel, format="shopify", name=f"{EVIL} {number}", columns={EVIL: EVIL})
    ImportReject.objects.create(run=run, line=7, column=EVIL, reason=EVIL, raw=[EVIL])
    document = SourceDocument.objects.create(
        channel=house.channel,
        run=run,
        external_id=f"C{number}",
        kind="credit",
        issued_at=timezone.now(),
        currency="GBP",
        total=Decimal(-5),
        match_state="unmatched",
    )
    line = SourceDocumentLine.objects.create(
        document=document, position=0, sku="LAMP", title=EVIL, quantity=-1, unit_price=Decimal(5), amount=Decimal(-5)
    )
    sold = order.lines.get()
    CreditMatch.objects.create(document_line=line, order_id=order.pk, sold_id=sold.pk, quantity=1, amount=Decimal(5))


def _furnish_sources(house: Shop, number: int) -> None:
    run = ImportRun.objects.order_by("pk").last()
    actor = STAFF.as_dict() | {"label": EVIL}
    source = OrderSource.objects.create(
        name=f"{EVIL} {number}", channel=house.channel, kind="http", address=f"https://{EVIL}", format=EVIL
    )
    SourceRun.objects.create(source=source, actor=actor, status="failed", error=EVIL, import_runs=[str(run.pk)])
    SourceFile.objects.create(
        source=source, name=EVIL, size=1, modified_ns=1, fingerprint="f", status="failed", error=EVIL
    )
    reject = {"line": 3, "column": EVIL, "reason": EVIL, "external_id": EVIL, "row": EVIL}
    ImportUpload.objects.create(
        channel=house.channel,
        file_name=f"{EVIL}.csv",
        size=7,
        run=run,
        error=EVIL,
        actor=actor,
        preview={
            "format": EVIL,
            "encoding": EVIL,
            "kinds": {"sales": 1},
            "totals": {EVIL: "1"},
            "first_rejects": [reject],
        },
    )


def _furnish_schedules(number: int) -> None:
    every = IntervalSchedule.objects.create(every=number, period=IntervalSchedule.HOURS)
    PeriodicTask.objects.create(name=f"task {number}", task="oms.relay.sweep", interval=every)
    CrontabSchedule.objects.create(minute=str(number))
    SolarSchedule.objects.create(event="sunset", latitude=number, longitude=number)
    ClockedSchedule.objects.create(clocked_time=timezone.now())
