"""Rows of payments, for those who write many at once."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from oms.core.bulk import Row


class PaymentRow(Row, kw_only=True):
    table = "payments_payment"

    id: UUID
    order_id: UUID
    provider: str
    method: str
    reference: str
    currency: str
    amount: Decimal
    captured: Decimal
    refunded: Decimal
    captured_at: datetime | None
    metadata: dict[str, Any]
    is_stated: bool = False
