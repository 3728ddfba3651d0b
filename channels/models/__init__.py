"""Where orders come from."""

from channels.models.channel import ChannelLocation, SalesChannel
from channels.models.scheduled import OrderSource, SourceFile, SourceRun
from channels.models.source import (
    CreditMatch,
    ImportLane,
    ImportReject,
    ImportRun,
    SourceDocument,
    SourceDocumentLine,
)
from channels.models.upload import ColumnMapping, ImportUpload

__all__ = [
    "ChannelLocation",
    "ColumnMapping",
    "CreditMatch",
    "ImportLane",
    "ImportReject",
    "ImportRun",
    "ImportUpload",
    "OrderSource",
    "SalesChannel",
    "SourceDocument",
    "SourceDocumentLine",
    "SourceFile",
    "SourceRun",
]
