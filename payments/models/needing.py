"""What needs a person until somebody has dealt with it."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class NeedsSomebody(models.Model):
    """dealt_with_at: since then it needs nobody any more, because somebody said so or because it came right."""

    dealt_with_at = models.DateTimeField(_("dealt with"), null=True, blank=True)
    dealt_with_by = models.JSONField(_("dealt with by"), null=True, blank=True)

    class Meta:
        abstract = True
