"""What payments keep about a person: amounts and references stay, for the books; what was noted beside them goes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from oms.core.personal import ERASED, Person, mentions
from payments.models import Payment


class PaymentKeeper:
    def export(self, person: Person) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        return {"payments": list(Payment.objects.filter(order_id__in=person.order_ids).order_by("pk").values())}

    def erase(self, person: Person) -> Mapping[str, int]:
        theirs = Payment.objects.filter(order_id__in=person.order_ids)
        named = theirs.filter(mentions("reference", person.words)).update(reference=ERASED)
        return {"payments": named + theirs.exclude(metadata={}).update(metadata={})}
