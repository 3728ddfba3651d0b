"""What imports keep about a person: the raw rows of rejects, and by whose number a credit note goes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import Q, QuerySet

from channels.models import ImportReject, ImportRun, SourceDocument
from oms.core.models import OutboxEvent
from oms.core.personal import ERASED, Person, mentions


class ImportKeeper:
    """Rejects are found by the order's external id, or by the person's e-mail, phone, name or street in their row."""

    def export(self, person: Person) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        return {
            "import_rejects": list(_rejects(person).order_by("pk").values()),
            "source_documents": list(_documents(person).order_by("pk").values()),
        }

    def erase(self, person: Person) -> Mapping[str, int]:
        runs = ImportRun.objects.filter(mentions("error", person.words))
        failures = OutboxEvent.objects.filter(name="import.failed").filter(
            mentions("core_outboxevent.data::text", person.words)
        )
        told = 0
        for event in failures:
            told += OutboxEvent.objects.filter(pk=event.pk).update(data=event.data | {"error": ERASED})
        return {
            "import_rejects": _rejects(person).exclude(raw={}).update(raw={}, reason=ERASED, column=""),
            "source_documents": _documents(person).update(customer_ref=""),
            "import_runs": runs.update(error=ERASED),
            "import_failures": told,
        }


def _rejects(person: Person) -> QuerySet[ImportReject]:
    """Looks through all rejects."""
    by_channel: dict[Any, list[str]] = {}
    for channel_id, name in person.order_names:
        by_channel.setdefault(channel_id, []).append(name)
    wanted = Q(mentions("raw::text", person.words)) | Q(mentions("reason", person.words))
    for channel_id, names in by_channel.items():
        wanted |= Q(run__channel_id=channel_id, external_id__in=names)
    return ImportReject.objects.filter(wanted)


def _documents(person: Person) -> QuerySet[SourceDocument]:
    if person.known_as is None:
        return SourceDocument.objects.none()
    channel_id, name = person.known_as
    return SourceDocument.objects.filter(channel_id=channel_id, customer_ref=name)
