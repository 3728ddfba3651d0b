"""Sales channels as the API shows them, by the contract's names."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from channels.models import SalesChannel
from oms.web.rendering import moment


class ChannelStock(Struct, kw_only=True):
    """available: what can be promised at the channel's active locations together. All of it is ours."""

    inventory_item_id: str
    sku: str
    available: int


class Channel(Struct, kw_only=True):
    """code is ours: the short name that orders are placed with."""

    id: str
    code: str
    name: str
    description: str | None
    is_disabled: bool
    metadata: dict[str, Any]
    created_at: str
    updated_at: str
    deleted_at: str | None = None


def channel(row: SalesChannel) -> Channel:
    return Channel(
        id=row.public_id,
        code=row.code,
        name=row.name,
        description=row.description or None,
        is_disabled=not row.is_active,
        metadata=row.metadata,
        created_at=moment(row.created_at),
        updated_at=moment(row.updated_at),
    )
