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
    INCOMING = "incoming", _("expected")
    FILL = "fill", _("given to those who waited")
    SHORTAGE = "shortage", _("missing: waits for goods again")


class AdjustmentReason(models.TextChoices):
    """What a person must say when stock is changed by hand."""

    COUNT = "count", _("count")
    RECEIVED = "received", _("goods received")
    DAMAGED = "damaged", _("damaged")
    LOST = "lost", _("lost or stolen")
    FOUND = "found", _("found")
    CORRECTION = "correction", _("correction of a mistake")
    IMPORT = "import", _("imported")
    RETURNED = "returned", _("came back from a customer")
    OTHER = "other", _("other")


class ArrivalStatus(models.TextChoices):
    """How far goods from outside have come. `closed`: no more of it is expected, though something is missing."""

    EXPECTED = "expected", _("expected")
    RECEIVING = "receiving", _("partly received")
    RECEIVED = "received", _("received")
    CLOSED = "closed", _("closed short")


class TransferStatus(models.TextChoices):
    """How far goods between two locations have come. `closed`: the rest is lost."""

    DRAFT = "draft", _("draft")
    SENT = "sent", _("on the way")
    RECEIVING = "receiving", _("partly received")
    RECEIVED = "received", _("received")
    CLOSED = "closed", _("closed with a loss")
    CANCELED = "canceled", _("canceled")


class CountStatus(models.TextChoices):
    OPEN = "open", _("being counted")
    APPLIED = "applied", _("applied")
    CANCELED = "canceled", _("canceled")
