"""Fields and base models that every table shares."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models.functions import Now

from oms.core import ids


class IdField(models.UUIDField):
    """A UUIDv7 primary key, made in Python."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"primary_key": True, "default": ids.new_id, "editable": False} | kwargs)


class AmountField(models.DecimalField):
    """An amount of money: numeric(20,4), already rounded to its currency, which stands on the order."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"max_digits": 20, "decimal_places": 4} | kwargs)


class UnitPriceField(models.DecimalField):
    """The price of one, before rounding: numeric(20,6)."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"max_digits": 20, "decimal_places": 6} | kwargs)


class RateField(models.DecimalField):
    """A rate in per cent, numeric(9,6): 20 is twenty per cent, as the contract writes it."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"max_digits": 9, "decimal_places": 6} | kwargs)


class Identified(models.Model):
    """A row with a UUIDv7 key; `id_prefix` is the type that the key wears outside."""

    id_prefix = ""

    id = IdField()

    class Meta:
        abstract = True

    @property
    def public_id(self) -> str:
        return ids.encode(self.id_prefix, self.pk)


class Timestamped(models.Model):
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    updated_at = models.DateTimeField(db_default=Now(), auto_now=True)

    class Meta:
        abstract = True
