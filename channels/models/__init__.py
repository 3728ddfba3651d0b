"""Where orders come from."""

from channels.models.channel import ChannelLocation, SalesChannel
from channels.models.source import (
    CreditMatch,
    ImportLane,
    ImportReject,
    ImportRun,
    SourceDocument,
    SourceDocumentLine,
)

__all__ = [
    "ChannelLocation",
    "CreditMatch",
    "ImportLane",
    "ImportReject",
    "ImportRun",
    "SalesChannel",
    "SourceDocument",
    "SourceDocumentLine",
]
