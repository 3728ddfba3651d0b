"""What a channel has already of the records of a chunk."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.db import connection

from channels.adapters.base import Kind
from oms.core import bulk


@dataclass(frozen=True, slots=True)
class Known:
    """What stands under an external id: an order (a sale or a sample) or a document. matched: of a credit.

    imported: it came by file; run_id: by which run it came or was last revised.
    """

    kind: Kind
    id: UUID
    name: str
    digest: str
    run_id: UUID | None
    currency: str
    total: Decimal
    matched: Decimal

    @property
    def is_order(self) -> bool:
        return self.kind in (Kind.SALE, Kind.SAMPLE)


_FIND = """
SELECT external_id, CASE WHEN is_sample THEN 'sample' ELSE 'sale' END, id, 'order #' || number, source_digest,
       import_run_id, currency, total + credit_total, 0
FROM orders_order WHERE channel_id = %(channel)s AND external_id = ANY(%(ids)s::text[])
UNION ALL
SELECT external_id, kind, id, replace(kind, '_', '-') || ' ' || external_id, source_digest,
       run_id, currency, total, matched_total
FROM channels_sourcedocument WHERE channel_id = %(channel)s AND external_id = ANY(%(ids)s::text[])
"""


def find(channel_id: UUID, external_ids: Collection[str]) -> dict[str, Known]:
    """Orders and documents of a channel by external id, in one query."""
    if not external_ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_FIND, {"channel": channel_id, "ids": bulk.text_array(external_ids)})
        return {row[0]: Known(Kind(row[1]), *row[2:]) for row in cursor.fetchall()}
