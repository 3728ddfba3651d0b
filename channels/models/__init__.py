"""Where orders come from."""

from channels.models.channel import ChannelLocation, SalesChannel
from channels.models.source import CreditMatch, ImportReject, ImportRun, SourceDocument, SourceDocumentLine

__all__ = [
    "ChannelLocation",
    "CreditMatch",
    "ImportReject",
    "ImportRun",
    "SalesChannel",
    "SourceDocument",
    "SourceDocumentLine",
]
