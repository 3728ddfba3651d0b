"""The life of a parcel: packed, shipped, delivered, or canceled. Rules over orders are in `orders.services`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import timezone

from fulfillment.models import Fulfillment, FulfillmentLine, Parcel
from fulfillment.providers.base import FulfillmentProvider, SubmitLine, SubmitRequest
from oms.core import ids, locks, providers
from oms.core.errors import NotFound
from oms.core.outside import require_no_transaction


@dataclass(frozen=True, slots=True)
class PackedLine:
    """`quantity_reserved` of the units were taken from stock and go back to it on cancellation."""

    order_line_id: UUID
    sku: str
    title: str
    quantity: int
    quantity_reserved: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Tracking:
    """A parcel's tracking number and where it can be looked up."""

    number: str
    url: str = ""
    label_url: str = ""
    carrier: str = ""


def open_fulfillment(
    *,
    order_id: UUID,
    order_number: int,
    location_id: UUID | None,
    lines: Sequence[PackedLine],
    requires_shipping: bool,
    provider: str = "manual",
    metadata: Mapping[str, Any] | None = None,
) -> Fulfillment:
    """Write a packed fulfillment and hand it to its provider.

    Raises UnknownProvider, and CalledInsideTransaction for one that is not local.
    """
    party = _party(provider)
    fulfillment = Fulfillment.objects.create(
        order_id=order_id,
        location_id=location_id,
        provider=provider,
        requires_shipping=requires_shipping,
        packed_at=timezone.now(),
        metadata=dict(metadata or {}),
    )
    FulfillmentLine.objects.bulk_create(
        FulfillmentLine(
            fulfillment=fulfillment,
            order_line_id=line.order_line_id,
            quantity=line.quantity,
            quantity_reserved=line.quantity_reserved,
        )
        for line in lines
    )
    told = [SubmitLine(line.order_line_id, line.sku, line.title, line.quantity) for line in lines]
    party.submit(SubmitRequest(fulfillment.pk, order_number, location_id, told))
    return fulfillment


def _party(code: str) -> FulfillmentProvider:
    """Who packs. What is local may be asked within the transaction that is open here; nobody else."""
    party: FulfillmentProvider = providers.get("FULFILLMENT_PROVIDERS", code)
    if not party.local:
        require_no_transaction(f"the fulfillment provider {code}")
    return party


def lock_fulfillment(order_id: UUID, fulfillment_id: UUID) -> Fulfillment:
    """A fulfillment of this order, locked. Raises NotFound."""
    rows = Fulfillment.objects.filter(pk=fulfillment_id, order_id=order_id)
    for fulfillment in locks.lock(locks.Rank.CAPABILITY, rows):
        return fulfillment
    raise NotFound(kind="fulfillment", id=ids.encode(ids.FULFILLMENT, fulfillment_id))


def cancel(fulfillment: Fulfillment) -> None:
    """Call it off with its provider, too. Raises as `open_fulfillment` does."""
    _party(fulfillment.provider).cancel(fulfillment.pk)
    fulfillment.canceled_at = timezone.now()
    fulfillment.save(update_fields=["canceled_at", "updated_at"])


def ship(
    fulfillment: Fulfillment,
    parcels: Sequence[Tracking],
    *,
    at: datetime | None = None,
    metadata: Mapping[str, Any] | None = None,
) -> None:
    """Gone, with these parcels. metadata: laid over what is noted already."""
    fulfillment.shipped_at = at or timezone.now()
    fulfillment.metadata = {**fulfillment.metadata, **(metadata or {})}
    fulfillment.save(update_fields=["shipped_at", "metadata", "updated_at"])
    Parcel.objects.bulk_create(
        Parcel(
            fulfillment=fulfillment,
            tracking_number=parcel.number,
            tracking_url=parcel.url,
            label_url=parcel.label_url,
            carrier=parcel.carrier,
        )
        for parcel in parcels
    )


def deliver(fulfillment: Fulfillment) -> None:
    """Arrived. What does not ship (a download) arrives without being shipped."""
    fulfillment.delivered_at = timezone.now()
    fulfillment.save(update_fields=["delivered_at", "updated_at"])
