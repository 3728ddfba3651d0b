from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from channels.enums import DocumentKind, MatchState, RunStatus, StockPolicy
from channels.models.channel import SalesChannel
from oms.core import ids
from oms.core.fields import AmountField, Identified, Timestamped, UnitPriceField


class ImportRun(Identified, Timestamped):
    """One file brought into one channel. Started again after a crash it goes on where the last committed chunk ended.

    A run is recognised by channel, format, policy and the SHA-256 of the file. `cursor` counts the records of the
    file, in the order in which they are worked on, that are committed; it moves in the transaction of their chunk.
    With several workers the records are dealt out into as many lanes: the run itself keeps the first one's account,
    `ImportLane` those of the others, until the end, when the run sums them up.
    """

    id_prefix = ids.IMPORT_RUN

    channel = models.ForeignKey(SalesChannel, on_delete=models.PROTECT, related_name="import_runs")
    file_name = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)
    format = models.CharField(max_length=40)
    stock = models.CharField(max_length=10, choices=StockPolicy)
    status = models.CharField(max_length=12, choices=RunStatus, default=RunStatus.RUNNING)
    cursor = models.BigIntegerField(default=0, help_text=_("Records that are committed."))
    lines_committed = models.BigIntegerField(default=0)
    lines_started = models.BigIntegerField(
        default=0, help_text=_("Lines taken up, written before their chunk: ahead of the committed ones after a crash.")
    )
    lines_repeated = models.BigIntegerField(default=0, help_text=_("Lines worked on again after crashes."))
    attempts = models.PositiveIntegerField(default=1)
    workers = models.PositiveSmallIntegerField(default=1, help_text=_("Processes that share the records."))
    figures = models.JSONField(default=dict, help_text=_("Counts and sums by kind of record."))
    error = models.TextField(blank=True, default="")
    started_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True, blank=True)
    actor = models.JSONField()

    class Meta:
        ordering = ["-started_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["channel", "fingerprint", "format", "stock"],
                name="importrun_running_once",
                condition=Q(status="running"),
            ),
        ]

    def __str__(self) -> str:
        return self.file_name


class ImportLane(Identified):
    """The account of one of the further workers of a run that is not finished: its share of the records.

    Which records are a worker's own depends on nothing but the file and the number of workers.
    """

    id_prefix = ids.IMPORT_LANE

    run = models.ForeignKey(ImportRun, on_delete=models.CASCADE, related_name="lanes", db_index=False)
    number = models.PositiveSmallIntegerField(help_text=_("From 1; the run itself is lane 0."))
    cursor = models.BigIntegerField(default=0)
    lines_committed = models.BigIntegerField(default=0)
    lines_started = models.BigIntegerField(default=0)
    lines_repeated = models.BigIntegerField(default=0)
    figures = models.JSONField(default=dict)
    updated_at = models.DateTimeField(auto_now=True, db_default=Now())

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["run", "number"], name="importlane_once")]

    def __str__(self) -> str:
        return str(self.number)


class ImportReject(Identified):
    """A record that was refused: where it stands in the file, what is wrong, and the raw rows to mend.

    Open until its record came in, or was tried again (what is refused then is a reject of that run), or somebody says
    that it is dealt with.
    """

    id_prefix = ids.IMPORT_REJECT

    run = models.ForeignKey(ImportRun, on_delete=models.CASCADE, related_name="rejects")
    line = models.BigIntegerField(help_text=_("Line in the file, the header is line 1."))
    column = models.CharField(max_length=120, blank=True, default="")
    reason = models.TextField()
    external_id = models.CharField(max_length=190, blank=True, default="")
    raw = models.JSONField()
    created_at = models.DateTimeField(db_default=Now())
    settled_at = models.DateTimeField(_("dealt with"), null=True, blank=True)

    class Meta:
        ordering = ["line"]
        indexes = [models.Index(fields=["run", "line"], name="importreject_open", condition=Q(settled_at=None))]

    def __str__(self) -> str:
        return f"{self.line}: {self.reason}"


class SourceDocument(Identified):
    """What a source sent that is no sale: a credit note, or a write-off of stock. Kept whole, counted to the penny.

    `total` is signed as in the source (credits are negative).
    """

    id_prefix = ids.SOURCE_DOCUMENT

    channel = models.ForeignKey(SalesChannel, on_delete=models.PROTECT, related_name="documents", db_index=False)
    run = models.ForeignKey(ImportRun, null=True, blank=True, on_delete=models.SET_NULL, related_name="documents")
    external_id = models.CharField(max_length=190)
    kind = models.CharField(max_length=12, choices=DocumentKind)
    customer_ref = models.CharField(max_length=100, blank=True, default="", help_text=_("The channel's customer id."))
    issued_at = models.DateTimeField()
    currency = models.CharField(max_length=3)
    total = AmountField()
    matched_total = AmountField(default=0)
    match_state = models.CharField(max_length=12, choices=MatchState, default=MatchState.NOT_NEEDED)
    source_digest = models.CharField(max_length=64, blank=True, default="")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["channel", "external_id"], name="sourcedocument_once")]
        indexes = [models.Index(fields=["kind", "match_state", "-issued_at"], name="sourcedocument_for_staff")]

    def __str__(self) -> str:
        return self.external_id


class SourceDocumentLine(Identified):
    id_prefix = ids.SOURCE_DOCUMENT_LINE

    document = models.ForeignKey(SourceDocument, on_delete=models.CASCADE, related_name="lines", db_index=False)
    position = models.PositiveIntegerField()
    sku = models.CharField(max_length=100, blank=True, default="")
    title = models.CharField(max_length=255, blank=True, default="")
    quantity = models.IntegerField()
    unit_price = UnitPriceField()
    amount = AmountField()
    matched_quantity = models.IntegerField(default=0)
    matched_amount = AmountField(default=0)

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["document", "position"], name="sourcedocumentline_position_once")
        ]

    def __str__(self) -> str:
        return f"{self.quantity} x {self.sku}"


class CreditMatch(Identified):
    """How many units of an earlier sale a line of a credit note gives back.

    `sold_id` is an order line or a shipping line.
    """

    id_prefix = ids.CREDIT_MATCH

    document_line = models.ForeignKey(SourceDocumentLine, on_delete=models.CASCADE, related_name="matches")
    order_id = models.UUIDField(db_index=True)
    sold_id = models.UUIDField(db_index=True)
    quantity = models.PositiveIntegerField()
    amount = AmountField(help_text=_("What is given back for them: positive."))

    def __str__(self) -> str:
        return f"{self.quantity} of {self.sold_id}"
