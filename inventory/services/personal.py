"""What stock keeps about a person: what reservations say of themselves. The ledger is append-only and names nobody."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import Q, QuerySet

from inventory.models import Reservation
from oms.core.personal import Person, mentions


class ReservationKeeper:
    def export(self, person: Person) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        return {"reservations": list(_theirs(person).order_by("pk").values())}

    def erase(self, person: Person) -> Mapping[str, int]:
        theirs = _theirs(person).exclude(description="", metadata={})
        return {"reservations": theirs.update(description="", metadata={})}


def _theirs(person: Person) -> QuerySet[Reservation]:
    said = Q(mentions("description", person.words)) | Q(mentions("inventory_reservation.metadata::text", person.words))
    return Reservation.objects.filter(Q(order_id__in=person.order_ids) | said)
