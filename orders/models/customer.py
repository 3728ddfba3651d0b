from __future__ import annotations

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from oms.core import ids
from oms.core.fields import Identified, Timestamped
from orders.models.lookups import CUSTOMER_NAMES, PhoneBackwards, words_of


class Customer(Identified, Timestamped):
    """A person or company that orders.

    Known by the id that a sales channel gives them, or else by their e-mail address (compared without case).
    """

    id_prefix = ids.CUSTOMER

    channel = models.ForeignKey("channels.SalesChannel", null=True, blank=True, on_delete=models.PROTECT)
    external_id = models.CharField(max_length=100, null=True, blank=True)  # noqa: DJ001  (null: known by e-mail)
    email = models.EmailField(blank=True, default="")
    phone = models.CharField(max_length=40, blank=True, default="")
    first_name = models.CharField(max_length=120, blank=True, default="")
    last_name = models.CharField(max_length=120, blank=True, default="")
    company_name = models.CharField(max_length=160, blank=True, default="")
    has_account = models.BooleanField(default=False)
    metadata = models.JSONField(default=dict, blank=True)
    erased_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text=_("Who they were was erased then; their orders stay.")
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["channel", "external_id"],
                name="customer_external_id_once",
                condition=Q(external_id__isnull=False),
            ),
            models.UniqueConstraint(
                Lower("email"),
                name="customer_guest_email_once",
                condition=Q(external_id__isnull=True, has_account=False) & ~Q(email=""),
            ),
            models.CheckConstraint(
                condition=Q(external_id__isnull=True) | Q(channel__isnull=False), name="customer_external_id_of_channel"
            ),
        ]
        indexes = [
            models.Index(Lower("email"), name="customer_by_email"),
            models.Index(
                fields=["external_id"], name="customer_by_external_id", condition=Q(external_id__isnull=False)
            ),
            models.Index(fields=["created_at", "id"], name="customer_by_created_at"),
            models.Index(fields=["created_at", "id"], name="customer_with_account", condition=Q(has_account=True)),
            GinIndex(words_of(*CUSTOMER_NAMES), name="customer_by_name"),
            models.Index(OpClass(PhoneBackwards("phone"), name="text_pattern_ops"), name="customer_by_phone"),
        ]

    def __str__(self) -> str:
        name = f"{self.first_name} {self.last_name}".strip()
        if self.erased_at:
            return str(_("Erased customer"))
        return name or self.company_name or self.email or str(_("Customer %s") % (self.external_id or self.public_id))


class CustomerChannel(models.Model):
    """A sales channel that knows a customer: it gave them their id, or they ordered there.

    Only the database writes it, by triggers on customers and orders. A row stays as long as its customer.
    """

    pk = models.CompositePrimaryKey("customer_id", "channel_id")
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="channels", db_index=False)
    channel_id = models.UUIDField()

    class Meta:
        indexes = [models.Index(fields=["channel_id", "customer_id"], name="customerchannel_by_channel")]

    def __str__(self) -> str:
        return f"{self.customer_id} {self.channel_id}"
