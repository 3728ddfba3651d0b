"""What the kernel keeps: the outbox, its deliveries, and the answers to requests with an Idempotency-Key."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from oms.core import ids
from oms.core.fields import Identified


class OutboxEvent(Identified):
    """News of a committed change, written in the transaction that made it.

    `stream` is what the events are ordered within (an order, an inventory level); `sequence` rises in it, for an order
    without gaps.
    """

    id_prefix = ids.EVENT

    name = models.CharField(max_length=80)
    version = models.PositiveSmallIntegerField(default=1)
    occurred_at = models.DateTimeField(db_default=Now())
    stream = models.UUIDField(null=True, blank=True)
    sequence = models.BigIntegerField(null=True, blank=True)
    actor = models.JSONField()
    data = models.JSONField()
    relayed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("event")
        constraints = [
            models.UniqueConstraint(fields=["stream", "sequence"], name="outboxevent_sequence_once"),
            models.CheckConstraint(
                condition=models.Q(stream__isnull=True, sequence__isnull=True)
                | models.Q(stream__isnull=False, sequence__isnull=False),
                name="outboxevent_sequence_with_stream",
            ),
        ]
        indexes = [
            models.Index(fields=["id"], name="outboxevent_unrelayed", condition=models.Q(relayed_at=None)),
            models.Index(fields=["name", "-occurred_at"], name="outboxevent_by_name"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.sequence or ''}".strip()


class DeliveryState(models.TextChoices):
    PENDING = "pending", _("pending")
    DELIVERED = "delivered", _("delivered")
    DEAD = "dead", _("dead letter")


class Delivery(Identified):
    """One event for one subscriber.

    Within (subscriber, stream) the oldest goes first; a dead one parks those behind it.
    """

    id_prefix = ids.DELIVERY

    event = models.ForeignKey(OutboxEvent, on_delete=models.CASCADE, related_name="deliveries", db_index=False)
    subscriber = models.CharField(max_length=200)
    stream = models.UUIDField(null=True, blank=True)
    sequence = models.BigIntegerField(null=True, blank=True)
    state = models.CharField(max_length=12, choices=DeliveryState, default=DeliveryState.PENDING)
    attempts = models.PositiveIntegerField(default=0)
    due_at = models.DateTimeField(db_default=Now())
    delivered_at = models.DateTimeField(null=True, blank=True)
    error = models.TextField(blank=True, default="")

    class Meta:
        verbose_name_plural = _("deliveries")
        constraints = [
            models.UniqueConstraint(fields=["event", "subscriber"], name="delivery_once_per_subscriber"),
        ]
        indexes = [
            models.Index(fields=["due_at"], name="delivery_due", condition=models.Q(state="pending")),
            models.Index(
                fields=["subscriber", "stream", "sequence"],
                name="delivery_open_by_stream",
                condition=~models.Q(state="delivered"),
            ),
            models.Index(fields=["due_at"], name="delivery_dead", condition=models.Q(state="dead")),
        ]

    def __str__(self) -> str:
        return f"{self.subscriber}: {self.state}"


class IdempotencyKey(Identified):
    """The answer that was given to an unsafe request, so that its repeat is answered alike and does nothing."""

    id_prefix = ids.IDEMPOTENCY_KEY

    scope = models.CharField(max_length=100, help_text=_("Who asked: an API key or a user."))
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64, help_text=_("SHA-256 over method, path and body."))
    status = models.PositiveSmallIntegerField()
    headers = models.JSONField(default=dict)
    body = models.BinaryField()
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["scope", "key"], name="idempotencykey_once")]
        indexes = [models.Index(fields=["created_at"], name="idempotencykey_by_age")]

    def __str__(self) -> str:
        return self.key
