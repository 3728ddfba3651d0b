"""What fulfillments keep about a person: links to labels and tracking pages, which show the address, and notes beside.

Tracking numbers stay: a claim against the carrier needs them, and only the carrier can tell whose they are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fulfillment.models import Fulfillment, Parcel
from oms.core.personal import Person


class FulfillmentKeeper:
    def export(self, person: Person) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        theirs = Fulfillment.objects.filter(order_id__in=person.order_ids).order_by("pk")
        parcels = Parcel.objects.filter(fulfillment__order_id__in=person.order_ids).order_by("pk")
        return {"fulfillments": list(theirs.values()), "parcels": list(parcels.values())}

    def erase(self, person: Person) -> Mapping[str, int]:
        theirs = Fulfillment.objects.filter(order_id__in=person.order_ids)
        parcels = Parcel.objects.filter(fulfillment__order_id__in=person.order_ids)
        return {
            "fulfillments": theirs.exclude(metadata={}).update(metadata={}),
            "parcels": parcels.exclude(tracking_url="", label_url="").update(tracking_url="", label_url=""),
        }
