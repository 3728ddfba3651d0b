"""What payments keep about a person: amounts and references stay, for the books; what was noted beside them goes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import Q, QuerySet

from oms.core.personal import ERASED, Person, mentions
from payments.models import Payment, PaymentSession, ProviderEvent, ProviderWebhook


class PaymentKeeper:
    def export(self, person: Person) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        webhooks = _webhooks(person).order_by("pk").values("provider", "kind", "received_at", "body", "other_body")
        return {
            "payments": list(Payment.objects.filter(order_id__in=person.order_ids).order_by("pk").values()),
            "payment_webhooks": list(webhooks),
        }

    def erase(self, person: Person) -> Mapping[str, int]:
        """A webhook that is still to be processed keeps its body: what it tells of money must not be lost."""
        theirs = Payment.objects.filter(order_id__in=person.order_ids)
        told = _webhooks(person).filter(processed_at__isnull=False, next_try_at=None)
        told_count = told.exclude(body=ERASED).update(body=ERASED, other_body="", headers={})
        named = theirs.filter(mentions("reference", person.words)).update(reference=ERASED)
        return {
            "payments": named + theirs.exclude(metadata={}).update(metadata={}),
            "payment_webhooks": told_count,
        }


def _webhooks(person: Person) -> QuerySet[ProviderWebhook]:
    """Those about their payments, and those that name them. Looks through all that are kept."""
    sessions = PaymentSession.objects.filter(collection__order_id__in=person.order_ids).exclude(reference="")
    known = list(sessions.values_list("provider", "reference"))
    about = Q(pk__in=[])
    for provider, reference in known:
        about |= Q(provider=provider, reference=reference)
    told = ProviderEvent.objects.filter(about, webhook_id__isnull=False).values("webhook_id")
    return ProviderWebhook.objects.filter(Q(pk__in=told) | Q(mentions("body || other_body", person.words)))
