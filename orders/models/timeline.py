from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from oms.core import ids
from oms.core.fields import Identified
from orders.models.lookups import NOTE_WORDS, words_of
from orders.models.order import Order


class TimelineEntry(Identified):
    """What happened to an order: when, by whom, and from what to what."""

    id_prefix = ids.TIMELINE_ENTRY

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="timeline", db_index=False)
    occurred_at = models.DateTimeField(db_default=Now())
    actor = models.JSONField()
    action = models.CharField(max_length=60, help_text=_("The name of the event, or of the act."))
    facts = models.JSONField(default=dict)
    changes = models.JSONField(default=dict, help_text=_("Field: [from, to]."))

    class Meta:
        ordering = ["-occurred_at", "-id"]
        indexes = [models.Index(fields=["order", "-occurred_at"], name="timelineentry_by_order")]

    def __str__(self) -> str:
        return self.action


class Note(Identified):
    """What a member of staff wants the others to know about an order."""

    id_prefix = ids.NOTE

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="notes")
    body = models.TextField()
    author = models.JSONField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["-created_at"]
        indexes = [GinIndex(words_of(NOTE_WORDS), name="note_by_words")]

    def __str__(self) -> str:
        return self.body[:60]
