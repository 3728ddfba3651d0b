"""The words of stock."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class MovementKind(models.TextChoices):
    """Why a counter of a level moved. One ledger row has one kind."""

    OPENING = "opening", _("opening stock")
    RESERVE = "reserve", _("reserved")
    RELEASE = "release", _("released")
    CONSUME = "consume", _("taken for a fulfillment")
    UNCONSUME = "unconsume", _("put back from a fulfillment")
    ADJUST = "adjust", _("adjusted")
    COUNT = "count", _("counted")
    RECEIPT = "receipt", _("received")
    TRANSFER = "transfer", _("transferred")
    SAFETY = "safety", _("safety stock set")


class AdjustmentReason(models.TextChoices):
    """What a person must say when stock is changed by hand."""

    COUNT = "count", _("count")
    RECEIVED = "received", _("goods received")
    DAMAGED = "damaged", _("damaged")
    LOST = "lost", _("lost or stolen")
    FOUND = "found", _("found")
    CORRECTION = "correction", _("correction of a mistake")
    IMPORT = "import", _("imported")
    OTHER = "other", _("other")
