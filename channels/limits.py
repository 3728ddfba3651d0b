"""What comes in belongs to its channel. Which location it concerns nobody knows yet: who sees some only sees none."""

from __future__ import annotations

from channels.models import (
    ChannelLocation,
    ColumnMapping,
    CreditMatch,
    ImportLane,
    ImportReject,
    ImportRun,
    ImportUpload,
    OrderSource,
    SalesChannel,
    SourceDocument,
    SourceDocumentLine,
    SourceFile,
    SourceRun,
)
from oms.web.limits import anyway, by, limit, limit_as, never, offer

limit(SalesChannel, channel=by("id"), location=anyway)
limit(ChannelLocation, channel=by("channel_id"), location=by("location_id"))
for _kind in (ColumnMapping, ImportRun, ImportUpload, OrderSource, SourceDocument):
    limit(_kind, channel=by("channel_id"), location=never)
limit_as(ImportLane, ImportRun, through="run")
limit_as(ImportReject, ImportRun, through="run")
limit_as(SourceRun, OrderSource, through="source")
limit_as(SourceFile, OrderSource, through="source")
limit_as(SourceDocumentLine, SourceDocument, through="document")
limit_as(CreditMatch, SourceDocumentLine, through="document_line")

offer(channels=lambda: list(SalesChannel.objects.order_by("name", "id").values_list("pk", "name")))
