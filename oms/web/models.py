"""Keys by which programs sign in, what of the business staff may see, and what people keep of the console's lists."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from oms.core import ids
from oms.core.fields import Identified, Timestamped


class ApiKey(Identified, Timestamped):
    """A secret key of the Admin API. Only its hash is kept; the key itself is shown once, when it is made."""

    id_prefix = ids.API_KEY

    title = models.CharField(max_length=120)
    digest = models.CharField(max_length=64, unique=True, editable=False, help_text=_("SHA-256 of the key."))
    redacted = models.CharField(
        max_length=24, editable=False, help_text=_("Its first and last letters, to tell it by.")
    )
    scopes = ArrayField(
        models.CharField(max_length=60),
        default=list,
        blank=True,
        help_text=_("What it may do, such as orders:write. Empty: nothing."),
    )
    channel_ids = ArrayField(models.UUIDField(), null=True, blank=True, help_text=_("Sales channels. Null: all."))
    location_ids = ArrayField(models.UUIDField(), null=True, blank=True, help_text=_("Stock locations. Null: all."))
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("API key")

    def __str__(self) -> str:
        return f"{self.title} ({self.redacted})"


class StaffLimits(models.Model):
    """The sales channels and stock locations that a member of staff may see. No row, or null: all of them.

    Who may see their own locations only (a permission, which the role warehouse has) sees none until some are named.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="limits"
    )
    channel_ids = ArrayField(models.UUIDField(), null=True, blank=True)
    location_ids = ArrayField(models.UUIDField(), null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = _("limits")
        default_permissions = ("view",)
        permissions = [("own_locations_only", "Sees the stock locations named in their limits only")]

    def __str__(self) -> str:
        return str(self.user)


class RoleGrant(models.Model):
    """A permission that was once given to the group of a role (oms.web.roles), so that it is not given twice."""

    role = models.CharField(max_length=60)
    permission = models.CharField(max_length=150)

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["role", "permission"], name="rolegrant_once")]

    def __str__(self) -> str:
        return f"{self.role}: {self.permission}"


class SavedView(Identified, Timestamped):
    """A list of the console as somebody narrowed it down: its address under a name, for them or for everybody."""

    id_prefix = ids.SAVED_VIEW

    page = models.CharField(max_length=120, editable=False, help_text=_("The list that it narrows: orders_order."))
    name = models.CharField(max_length=60)
    query = models.CharField(max_length=2000, blank=True, default="", help_text=_("The search and the filters."))
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    is_shared = models.BooleanField(_("shared"), default=False, help_text=_("Everybody who sees the list sees it."))

    class Meta:
        verbose_name = _("saved view")
        permissions = [("share_savedview", _("Can share saved views"))]
        constraints = [models.UniqueConstraint(fields=["page", "owner", "name"], name="savedview_name_once")]
        indexes = [models.Index(fields=["page"], name="savedview_shared", condition=models.Q(is_shared=True))]

    def __str__(self) -> str:
        return self.name


class SecondFactor(models.Model):
    """The app on a telephone that shows a member of staff six digits (TOTP, RFC 6238). Counts once it was confirmed.

    last_step: the half minute of the last code that was taken, so that none is taken twice. recovery: SHA-256 of the
    codes that open the account without the telephone, each once.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="second_factor"
    )
    secret = models.CharField(max_length=64, editable=False)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    last_step = models.BigIntegerField(default=0, editable=False)
    recovery = ArrayField(models.CharField(max_length=64), default=list, blank=True, editable=False)

    class Meta:
        verbose_name = _("second factor")
        verbose_name_plural = _("second factors")
        default_permissions = ("view", "delete")

    def __str__(self) -> str:
        return str(self.user)


class AuditEntry(Identified):
    """Who did what that concerns access, settings or personal data. Append-only: a trigger refuses to change a row, and
    to delete one that is younger than a month. No user is referred to, for the entry outlives them.

    subject: what it was done to, as `kind:id`. address: the network it came from, not the machine.
    """

    id_prefix = ids.AUDIT_ENTRY

    occurred_at = models.DateTimeField(db_default=Now(), editable=False)
    action = models.CharField(max_length=40)
    actor_kind = models.CharField(max_length=10)
    actor_id = models.CharField(max_length=60)
    actor_label = models.CharField(max_length=160, blank=True, default="")
    subject = models.CharField(max_length=120, blank=True, default="")
    subject_label = models.CharField(max_length=160, blank=True, default="")
    details = models.JSONField(default=dict, blank=True)
    address = models.CharField(max_length=50, blank=True, default="")

    class Meta:
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit entries")
        default_permissions = ("view",)
        indexes = [
            models.Index(fields=["action", "-id"], name="auditentry_by_action"),
            models.Index(fields=["actor_label", "-id"], name="auditentry_by_actor"),
            models.Index(fields=["subject", "-id"], name="auditentry_by_subject"),
            models.Index(fields=["occurred_at"], name="auditentry_by_time"),
        ]

    def __str__(self) -> str:
        return self.action
