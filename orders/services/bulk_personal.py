"""What bulk jobs keep about a person: the notes that were given with them, and that their orders were among many."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from oms.core.personal import ERASED, Person
from orders.models import BulkJob, BulkJobRow

_FREE_TEXT: Final = ("note", "body")


class BulkKeeper:
    """The words of a job go when one of its orders is to be forgotten: nobody can tell whom they speak of."""

    def export(self, person: Person) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        rows = BulkJobRow.objects.filter(order_id__in=person.order_ids).order_by("pk")
        return {"bulk_jobs": list(rows.values("job_id", "order_id", "job__act", "job__input", "state", "message"))}

    def erase(self, person: Person) -> Mapping[str, int]:
        spoken = BulkJob.objects.filter(input__has_any_keys=_FREE_TEXT)
        theirs = spoken.filter(pk__in=BulkJobRow.objects.filter(order_id__in=person.order_ids).values("job_id"))
        changed = []
        for job in theirs.select_for_update().order_by("pk"):
            erased = {key: ERASED if key in _FREE_TEXT and text else text for key, text in job.input.items()}
            if erased != job.input:
                job.input = erased
                changed.append(job)
        BulkJob.objects.bulk_update(changed, ["input"])
        return {"bulk_jobs": len(changed)}
