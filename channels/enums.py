"""The words of arriving."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class StockPolicy(models.TextChoices):
    """What orders that are brought in do to stock."""

    SKIP = "skip", _("skip: past sales, stock is not touched")
    UPDATE = "update", _("update: open orders hold stock, refused where short")
    FORCE = "force", _("force: open orders hold stock, and wait for what is short")


class RunStatus(models.TextChoices):
    RUNNING = "running", _("running")
    COMPLETED = "completed", _("completed")
    PARTIAL = "partial", _("completed with rejects")
    STOPPED = "stopped", _("stopped at an error")
    FAILED = "failed", _("failed")


class DocumentKind(models.TextChoices):
    """What a source may send besides sales."""

    CREDIT = "credit", _("credit note")
    WRITE_OFF = "write_off", _("stock write-off")


class MatchState(models.TextChoices):
    MATCHED = "matched", _("matched to sales")
    PARTIAL = "partial", _("matched in part")
    UNMATCHED = "unmatched", _("for staff")
    NOT_NEEDED = "not_needed", _("nothing to match")


class SourceKind(models.TextChoices):
    """Where a scheduled source finds orders."""

    FOLDER = "folder", _("a folder of files")
    HTTP = "http", _("an HTTP address")


class SourceRunStatus(models.TextChoices):
    """What became of one visit to a source."""

    WAITING = "waiting", _("waiting for a worker")
    RUNNING = "running", _("running")
    COMPLETED = "completed", _("completed")
    NOTHING = "nothing", _("nothing new")
    PARTIAL = "partial", _("completed with rejects")
    FAILED = "failed", _("failed")


class SourceFileStatus(models.TextChoices):
    """What became of a file that lay in a folder."""

    COMPLETED = "completed", _("brought in")
    PARTIAL = "partial", _("brought in with rejects")
    REPEATED = "repeated", _("same content as before")
    FAILED = "failed", _("refused")


class UploadKind(models.TextChoices):
    """What is in a file that somebody sent through the console."""

    ORDERS = "orders", _("orders")
    STOCK = "stock", _("counts of stock")


class UploadStatus(models.TextChoices):
    """How far a file is that somebody sent through the console."""

    UNMAPPED = "unmapped", _("its columns are not known yet")
    LOOKED_AT = "looked_at", _("looked at, not started")
    WAITING = "waiting", _("waiting for a worker")
    RUNNING = "running", _("running")
    COMPLETED = "completed", _("completed")
    PARTIAL = "partial", _("completed with rejects")
    STOPPED = "stopped", _("stopped at an error")
    FAILED = "failed", _("failed")
    DISCARDED = "discarded", _("discarded")
