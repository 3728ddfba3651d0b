"""The floor of a placement: a bare Django view that writes the same rows with bulk_create.

No authentication, no validation, no totals, no sourcing: it is told what to write. One ordered lock query, stock last.
"""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import F
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from inventory.models import InventoryLevel, Reservation, SourcingDecision, StockMovement
from oms.core import ids
from oms.core.models import OutboxEvent
from orders.models import Order, OrderLine, TimelineEntry
from payments.models import Payment

_ACTOR = {"kind": "api_key", "id": "bench", "label": "bench"}


@csrf_exempt
def place(request: HttpRequest) -> JsonResponse:
    """Write one order with its lines, payment, timeline, event, reservations, decision, ledger and counters."""
    body = json.loads(request.body)
    amount = sum(Decimal(str(item["unit_price"])) * item["quantity"] for item in body["items"])
    with transaction.atomic():
        order = _order(body, amount)
        lines = _lines(order, body["items"])
        _records(order, amount, len(lines))
        _stock(order, lines)
    return JsonResponse({"order": {"id": order.public_id, "display_id": order.number, "total": str(order.total)}})


def _order(body: dict[str, Any], amount: Decimal) -> Order:
    order = Order(
        channel_id=body["metadata"]["channel"],
        email=body["email"],
        currency="USD",
        item_subtotal=amount,
        total=amount,
        original_total=amount,
        captured_total=amount,
        payment_status="captured",
        units_open=sum(item["quantity"] for item in body["items"]),
        event_seq=1,
        placed_at=timezone.now(),
        customer_id=body["metadata"]["customer"],
    )
    Order.objects.bulk_create([order])
    return order


def _lines(order: Order, items: list[dict[str, Any]]) -> list[OrderLine]:
    lines = []
    for position, item in enumerate(items):
        price = Decimal(str(item["unit_price"]))
        lines.append(
            OrderLine(
                order=order,
                position=position,
                sku=item["sku"],
                title=item["sku"],
                item_id=item["metadata"]["item"],
                is_stocked=True,
                quantity=item["quantity"],
                unit_price=price,
                subtotal=price * item["quantity"],
                total=price * item["quantity"],
            )
        )
    return OrderLine.objects.bulk_create(lines)


def _records(order: Order, amount: Decimal, lines: int) -> None:
    Payment.objects.bulk_create(
        [Payment(order=order, method="card", reference="x", currency="USD", amount=amount, captured=amount)]
    )
    TimelineEntry.objects.bulk_create([TimelineEntry(order=order, actor=_ACTOR, action="order.placed")])
    OutboxEvent.objects.bulk_create(
        [
            OutboxEvent(
                name="order.placed",
                stream=order.pk,
                sequence=1,
                actor=_ACTOR,
                data={"order_id": order.public_id, "total": str(amount), "lines": lines},
            )
        ]
    )


def _stock(order: Order, lines: list[OrderLine]) -> None:
    wanted = {str(line.item_id): line for line in lines}
    levels = list(
        InventoryLevel.objects.filter(item_id__in=list(wanted), location__is_active=True)
        .order_by("pk")
        .select_for_update(of=("self",))
    )
    first = {str(level.item_id): level for level in levels}
    Reservation.objects.bulk_create(
        Reservation(level=first[item], order_id=order.pk, line_id=line.pk, quantity=line.quantity)
        for item, line in wanted.items()
    )
    SourcingDecision.objects.bulk_create(
        [SourcingDecision(order_id=order.pk, strategy="floor", parcels=1, candidates=[{"location_id": "x"}])]
    )
    for_update = [first[item] for item in wanted]
    StockMovement.objects.bulk_create(
        StockMovement(
            id=ids.new_id(),
            level=first[item],
            seq=first[item].ledger_seq + 1,
            kind="reserve",
            delta_reserved=line.quantity,
            on_hand_after=first[item].on_hand,
            reserved_after=first[item].reserved + line.quantity,
            occurred_at=timezone.now(),
            cause="order",
            cause_id=order.pk,
            actor=_ACTOR,
        )
        for item, line in wanted.items()
    )
    InventoryLevel.objects.filter(pk__in=[level.pk for level in for_update]).update(
        reserved=F("reserved") + lines[0].quantity, ledger_seq=F("ledger_seq") + 1
    )
