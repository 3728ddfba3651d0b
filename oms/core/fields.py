"""Fields and base models that every table shares."""

from __future__ import annotations

from typing import Any, TypeVar

from django.db import models
from django.db.models.functions import Now

from oms.core import ids

# What may be set and what is read; the Django plugin of mypy fills them in, with None where a field is nullable.
_Set = TypeVar("_Set")
_Get = TypeVar("_Get")


class IdField(models.UUIDField[_Set, _Get]):
    """A UUIDv7 primary key, made in Python."""

    def __init__(self, **kwargs: Any) -> None:
        usual: dict[str, Any] = {"primary_key": True, "default": ids.new_id, "editable": False}
        super().__init__(**usual | kwargs)


class AmountField(models.DecimalField[_Set, _Get]):
    """An amount of money: numeric(20,4), already rounded to its currency, which stands on the order."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"max_digits": 20, "decimal_places": 4} | kwargs)


class UnitPriceField(models.DecimalField[_Set, _Get]):
    """The price of one, before rounding: numeric(20,6)."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"max_digits": 20, "decimal_places": 6} | kwargs)


class RateField(models.DecimalField[_Set, _Get]):
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
