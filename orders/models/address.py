from __future__ import annotations

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models

from oms.core import ids
from oms.core.fields import Identified
from orders.enums import AddressKind
from orders.models.lookups import ADDRESS_NAMES, PhoneBackwards, words_of
from orders.models.order import Order


class OrderAddress(Identified):
    """Where an order goes, or who pays for it, as it was said when it was placed."""

    id_prefix = ids.ADDRESS

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="addresses", db_index=False)
    kind = models.CharField(max_length=10, choices=AddressKind)
    first_name = models.CharField(max_length=120, blank=True, default="")
    last_name = models.CharField(max_length=120, blank=True, default="")
    company = models.CharField(max_length=160, blank=True, default="")
    address_1 = models.CharField(max_length=255, blank=True, default="")
    address_2 = models.CharField(max_length=255, blank=True, default="")
    city = models.CharField(max_length=120, blank=True, default="")
    province = models.CharField(max_length=120, blank=True, default="")
    postal_code = models.CharField(max_length=30, blank=True, default="")
    country_code = models.CharField(max_length=2, blank=True, default="")
    country_name = models.CharField(max_length=80, blank=True, default="")
    phone = models.CharField(max_length=40, blank=True, default="")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["order", "kind"], name="orderaddress_once")]
        indexes = [
            GinIndex(words_of(*ADDRESS_NAMES), name="orderaddress_by_name"),
            models.Index(OpClass(PhoneBackwards("phone"), name="text_pattern_ops"), name="orderaddress_by_phone"),
        ]

    def __str__(self) -> str:
        return ", ".join(filter(None, [self.address_1, self.postal_code, self.city, self.country_code]))
