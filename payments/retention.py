"""What payments leave behind, for a time. Payments, attempts and the log of what providers told stay."""

from __future__ import annotations

from django.db.models import Q

from oms.core.retention import Kept, declare
from payments.enums import WebhookProblem
from payments.models import ProviderWebhook

declare(
    Kept(
        name="provider_webhooks",
        what="webhooks of payment providers that were processed",
        days=90,
        model=ProviderWebhook,
        disposable=lambda before: (
            Q(received_at__lt=before, processed_at__isnull=False)
            & ~Q(problem=WebhookProblem.DIFFERS, dealt_with_at=None)
        ),
    )
)
