"""Rows of imports, for those who write many at once."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from oms.core.bulk import Row


class DocumentRow(Row, kw_only=True):
    table = "channels_sourcedocument"

    id: UUID
    channel_id: UUID
    run_id: UUID | None
    external_id: str
    kind: str
    customer_ref: str
    issued_at: datetime
    currency: str
    total: Decimal
    matched_total: Decimal
    match_state: str
    source_digest: str


class DocumentLineRow(Row, kw_only=True):
    table = "channels_sourcedocumentline"

    id: UUID
    document_id: UUID
    position: int
    sku: str
    title: str
    quantity: int
    unit_price: Decimal
    amount: Decimal
    matched_quantity: int
    matched_amount: Decimal


class MatchRow(Row, kw_only=True):
    table = "channels_creditmatch"

    id: UUID
    document_line_id: UUID
    order_id: UUID
    sold_id: UUID
    quantity: int
    amount: Decimal


class RejectRow(Row, kw_only=True):
    table = "channels_importreject"

    id: UUID
    run_id: UUID
    line: int
    column: str
    reason: str
    external_id: str
    raw: dict[str, Any]
