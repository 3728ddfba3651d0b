"""What an item is made of, weighs and is declared as: for carriers, customs and whoever looks at it."""

from __future__ import annotations

from typing import Final

from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

SIZES: Final = ("weight", "length", "height", "width")
DETAILS: Final = (
    "description",
    "thumbnail",
    "origin_country",
    "hs_code",
    "mid_code",
    "material",
    "unit_of_measure",
    *SIZES,
)


class Described(models.Model):
    """Sizes are whole numbers in the units of whoever keeps the item: grams and millimetres, as a rule."""

    description = models.TextField(blank=True, default="", db_default="", max_length=10_000)
    thumbnail = models.URLField(max_length=500, blank=True, default="", db_default="")
    origin_country = models.CharField(
        max_length=2,
        blank=True,
        default="",
        db_default="",
        validators=[RegexValidator(r"^[A-Z]{2}\Z")],
        help_text=_("Where it was made, ISO 3166-1."),
    )
    hs_code = models.CharField(
        _("HS code"), max_length=20, blank=True, default="", db_default="", help_text=_("What customs call it.")
    )
    mid_code = models.CharField(
        _("MID code"), max_length=40, blank=True, default="", db_default="", help_text=_("Who made it, for US customs.")
    )
    material = models.CharField(max_length=120, blank=True, default="", db_default="")
    unit_of_measure = models.CharField(max_length=40, blank=True, default="", db_default="")
    weight = models.PositiveIntegerField(null=True, blank=True)
    length = models.PositiveIntegerField(null=True, blank=True)
    height = models.PositiveIntegerField(null=True, blank=True)
    width = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        abstract = True
