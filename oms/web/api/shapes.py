"""API keys as the API shows them, by the contract's names."""

from __future__ import annotations

from msgspec import Struct

from oms.web.models import ApiKey
from oms.web.rendering import moment, moment_or_none


class Key(Struct, kw_only=True):
    """token: the secret, in the one answer that made it; empty ever after. scopes is ours."""

    id: str
    title: str
    token: str
    redacted: str
    type: str
    scopes: list[str]
    created_by: str | None
    created_at: str
    updated_at: str
    last_used_at: str | None
    revoked_at: str | None
    revoked_by: str | None = None
    deleted_at: str | None = None


class DeletedKey(Struct, kw_only=True):
    id: str
    object: str = "api_key"
    deleted: bool = True


def key(row: ApiKey, *, token: str = "") -> Key:
    return Key(
        id=row.public_id,
        title=row.title,
        token=token,
        redacted=row.redacted,
        type="secret",
        scopes=row.scopes,
        created_by=None if row.created_by_id is None else str(row.created_by_id),
        created_at=moment(row.created_at),
        updated_at=moment(row.updated_at),
        last_used_at=moment_or_none(row.last_used_at),
        revoked_at=moment_or_none(row.revoked_at),
    )
