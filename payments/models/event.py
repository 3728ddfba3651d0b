"""What providers told us: webhooks as they came, and the facts that amounts follow from."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from oms.core import ids
from oms.core.fields import AmountField, Identified
from payments.enums import EventProblem, EventSource, MoneyAct, WebhookProblem
from payments.models.needing import NeedsSomebody
from payments.providers.base import Outcome


class ProviderWebhook(Identified, NeedsSomebody):
    """A webhook as it came, signature checked: stored first, answered at once, worked on later.

    body is the provider's, and may name people; it is pruned (settings.OMS["KEEP_DAYS"]). next_try_at: when it is
    worked on (again); None once that is of no use. One that was never processed and is tried no more is a dead letter.
    other_body: what came under the same id and says something else; it is never applied.
    """

    id_prefix = ids.PROVIDER_WEBHOOK

    provider = models.CharField(max_length=60)
    event_id = models.CharField(max_length=190)
    kind = models.CharField(max_length=120, blank=True, default="")
    headers = models.JSONField(default=dict, blank=True)
    body = models.TextField()
    times_received = models.PositiveIntegerField(default=1)
    received_at = models.DateTimeField(db_default=Now())
    processed_at = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True, blank=True)
    problem = models.CharField(max_length=255, choices=WebhookProblem, blank=True, default="")
    error = models.CharField(max_length=255, blank=True, default="", db_default="")
    other_body = models.TextField(blank=True, default="", db_default="")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["provider", "event_id"], name="webhook_once")]
        indexes = [
            # What is to be worked on, what needs a person, and what ever did: few rows.
            models.Index(fields=["next_try_at"], name="webhook_due", condition=Q(next_try_at__isnull=False)),
            models.Index(
                fields=["received_at", "id"], name="webhook_trouble", condition=~Q(problem="") & Q(dealt_with_at=None)
            ),
            models.Index(fields=["-id"], name="webhook_with_problem", condition=~Q(problem="")),
        ]

    def __str__(self) -> str:
        return f"{self.provider} {self.event_id}"


class ProviderEvent(Identified, NeedsSomebody):
    """One fact about one movement, append-only: the database refuses to change or delete it, but for saying once that
    somebody has dealt with its problem.

    The amounts of a payment are recomputed from all facts without a problem that bear its provider and reference, so it
    does not matter in which order, how often or how late they came. What has a problem is kept for people to see.
    """

    id_prefix = ids.PROVIDER_EVENT

    provider = models.CharField(max_length=60)
    reference = models.CharField(max_length=190)
    act = models.CharField(max_length=12, choices=MoneyAct)
    movement = models.CharField(max_length=190, blank=True, default="")
    outcome = models.CharField(max_length=20, choices=[(each.value, each.value) for each in Outcome])
    currency = models.CharField(max_length=3)
    amount = AmountField()
    key = models.UUIDField(null=True, blank=True, help_text=_("The attempt it answers, where the provider says so."))
    code = models.CharField(max_length=60, blank=True, default="")
    message = models.CharField(max_length=255, blank=True, default="")
    source = models.CharField(max_length=12, choices=EventSource)
    webhook_id = models.UUIDField(null=True, blank=True)
    problem = models.CharField(max_length=12, choices=EventProblem, blank=True, default="")
    occurred_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "reference", "act", "movement", "outcome"],
                name="providerevent_once",
                condition=Q(problem=""),
            )
        ]
        indexes = [
            models.Index(fields=["provider", "reference"], name="providerevent_by_reference"),
            models.Index(
                fields=["recorded_at", "id"],
                name="providerevent_trouble",
                condition=~Q(problem="") & Q(dealt_with_at=None),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reference} {self.act} {self.outcome}"
