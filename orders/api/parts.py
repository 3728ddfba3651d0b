"""The parts of an order as the API shows them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from fulfillment.models import Fulfillment, FulfillmentLine
from inventory.providers.base import Sourced
from oms.core import ids
from oms.web.rendering import amount, moment, moment_or_none
from orders import models
from orders.api import line_shapes, part_shapes
from payments.api import parts as payment_parts
from payments.api.shapes import PaymentCollection
from payments.models import Payment

ZERO: Final = Decimal(0)


def tax_line(tax: models.TaxLine, placed: str) -> line_shapes.TaxLine:
    return line_shapes.TaxLine(
        id=tax.public_id,
        description=tax.name,
        code=tax.code,
        rate=amount(tax.rate),
        total=amount(tax.amount),
        created_at=placed,
        updated_at=placed,
    )


def adjustment(each: models.Adjustment, placed: str) -> line_shapes.Adjustment:
    return line_shapes.Adjustment(
        id=each.public_id,
        code=each.code,
        description=each.description,
        amount=amount(each.amount),
        created_at=placed,
        updated_at=placed,
    )


def address(each: models.OrderAddress, placed: str) -> part_shapes.Address:
    return part_shapes.Address(
        id=each.public_id,
        first_name=each.first_name or None,
        last_name=each.last_name or None,
        company=each.company or None,
        address_1=each.address_1 or None,
        address_2=each.address_2 or None,
        city=each.city or None,
        province=each.province or None,
        postal_code=each.postal_code or None,
        country_code=each.country_code or None,
        country_name=each.country_name or None,
        phone=each.phone or None,
        created_at=placed,
        updated_at=placed,
    )


def credit_line(each: models.CreditLine, order: models.Order) -> line_shapes.CreditLine:
    """What it refers to is the source's document, or else the order itself."""
    value, at, order_id = amount(each.amount), moment(each.created_at), order.public_id
    return line_shapes.CreditLine(
        id=each.public_id,
        order_id=order_id,
        version=order.version,
        reference_id=each.reference or order_id,
        amount=value,
        subtotal=value,
        total=value,
        reason=each.reason,
        reference=each.reference or "order",
        note=each.note,
        created_at=at,
        updated_at=at,
    )


def customer(each: models.Customer) -> part_shapes.Customer:
    return part_shapes.Customer(
        id=each.public_id,
        email=each.email or None,
        first_name=each.first_name or None,
        last_name=each.last_name or None,
        company_name=each.company_name or None,
        phone=each.phone or None,
        external_id=each.external_id,
        has_account=each.has_account,
        metadata=each.metadata,
        created_at=moment(each.created_at),
        updated_at=moment(each.updated_at),
    )


def payment_collections(order: models.Order) -> list[PaymentCollection]:
    """What is to be collected for an order. Its first one is shown where nobody wrote it down, too: all that the order
    is worth, beside what others collect, and the payments that were recorded with it."""
    by_collection: defaultdict[UUID, list[Payment]] = defaultdict(list)
    for each in order.payments.all():
        by_collection[each.collection_id or order.pk].append(each)
    canceled = order.canceled_at is not None
    rows = sorted(order.payment_collections.all(), key=lambda row: (row.pk != order.pk, row.pk))
    shown = [payment_parts.collection(row, by_collection[row.pk], order_is_canceled=canceled) for row in rows]
    if any(row.pk == order.pk for row in rows):
        return shown
    elsewhere = sum((row.amount for row in rows if row.canceled_at is None), ZERO)
    first = payment_parts.Collected(
        id=order.pk,
        order_id=order.pk,
        currency=order.currency,
        amount=max(order.total - elsewhere, ZERO),
        canceled=canceled,
        metadata=None,
        created_at=order.placed_at,
        updated_at=order.updated_at,
    )
    return [payment_parts.collected(first, by_collection[order.pk]), *shown]


def fulfillment(each: Fulfillment, lines: Sequence[models.OrderLine]) -> part_shapes.Fulfillment:
    public_id, by_id = each.public_id, {line.pk: line for line in lines}
    made = moment(each.created_at)
    return part_shapes.Fulfillment(
        id=public_id,
        location_id=ids.encode(ids.STOCK_LOCATION, each.location_id) if each.location_id else None,
        provider_id=each.provider,
        status=each.status,
        requires_shipping=each.requires_shipping,
        packed_at=moment_or_none(each.packed_at),
        shipped_at=moment_or_none(each.shipped_at),
        delivered_at=moment_or_none(each.delivered_at),
        canceled_at=moment_or_none(each.canceled_at),
        items=[_packed(packed, by_id[packed.order_line_id], public_id, made) for packed in each.lines.all()],
        labels=[
            part_shapes.Label(
                id=parcel.public_id,
                fulfillment_id=public_id,
                tracking_number=parcel.tracking_number,
                tracking_url=parcel.tracking_url,
                label_url=parcel.label_url,
                carrier=parcel.carrier,
                created_at=moment(parcel.created_at),
                updated_at=moment(parcel.created_at),
            )
            for parcel in each.parcels.all()
        ],
        metadata=each.metadata,
        created_at=made,
        updated_at=moment(each.updated_at),
    )


def _packed(
    each: FulfillmentLine, line: models.OrderLine, fulfillment_id: str, made: str
) -> part_shapes.FulfillmentItem:
    return part_shapes.FulfillmentItem(
        id=each.public_id,
        fulfillment_id=fulfillment_id,
        line_item_id=line.public_id,
        inventory_item_id=ids.encode(ids.INVENTORY_ITEM, line.item_id) if line.item_id else None,
        title=line.title,
        sku=line.sku,
        quantity=each.quantity,
        created_at=made,
        updated_at=made,
    )


def hold(each: models.Hold) -> part_shapes.Hold:
    return part_shapes.Hold(
        id=each.public_id,
        reason=each.reason,
        note=each.note,
        placed_at=moment(each.placed_at),
        placed_by=each.placed_by,
        release_at=moment_or_none(each.release_at),
        released_at=moment_or_none(each.released_at),
        released_by=each.released_by,
    )


def note(each: models.Note) -> part_shapes.Note:
    return part_shapes.Note(id=each.public_id, body=each.body, author=each.author, created_at=moment(each.created_at))


def timeline_entry(each: models.TimelineEntry) -> part_shapes.TimelineEntry:
    return part_shapes.TimelineEntry(
        id=each.public_id,
        occurred_at=moment(each.occurred_at),
        actor=each.actor,
        action=each.action,
        facts=each.facts,
        changes=each.changes,
    )


def sourcing(each: Sourced) -> part_shapes.Sourcing:
    return part_shapes.Sourcing(
        id=each.public_id,
        strategy=each.strategy,
        parcels=each.parcels,
        candidates=[_candidate(candidate) for candidate in each.candidates],
        created_at=moment(each.created_at),
    )


def _candidate(stored: Mapping[str, Any]) -> part_shapes.SourcingCandidate:
    return part_shapes.SourcingCandidate(
        **{**stored} | {"location_id": ids.encode(ids.STOCK_LOCATION, UUID(stored["location_id"]))}
    )
