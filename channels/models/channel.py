from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from oms.core import ids
from oms.core.fields import Identified, Timestamped
from payments.enums import CaptureOn


class SalesChannel(Identified, Timestamped):
    """A way of selling: a storefront, a till, a marketplace, an import."""

    id_prefix = ids.SALES_CHANNEL

    code = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=120)
    description = models.CharField(max_length=255, blank=True, default="")
    is_active = models.BooleanField(_("active"), default=True, help_text=_("Takes orders."))
    default_currency = models.CharField(
        max_length=3, blank=True, default="", help_text=_("ISO 4217, for sources without one.")
    )
    time_zone = models.CharField(
        max_length=60, default="UTC", help_text=_("IANA name, for sources whose times have no zone.")
    )
    capture_on = models.CharField(
        max_length=12,
        choices=CaptureOn,
        default=CaptureOn.MANUAL,
        db_default=CaptureOn.MANUAL,
        help_text=_("When authorized money is taken."),
    )
    metadata = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class ChannelLocation(Identified):
    """A stock location whose stock a channel may sell. A location is an id here: stock locations are replaceable."""

    id_prefix = ids.CHANNEL_LOCATION

    channel = models.ForeignKey(SalesChannel, on_delete=models.CASCADE, related_name="locations", db_index=False)
    location_id = models.UUIDField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["channel", "location_id"], name="channellocation_once")]

    def __str__(self) -> str:
        return str(self.location_id)
