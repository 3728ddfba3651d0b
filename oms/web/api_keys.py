"""Secret keys of programs: made, found by their hash, revoked."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from django.db import connection
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from oms.core import ids
from oms.core.actors import Actor, ActorKind
from oms.core.errors import FieldError, InvalidInput, NotAllowed, NotFound
from oms.core.transactions import atomic
from oms.web.models import ApiKey
from oms.web.scopes import Scope

PREFIX: Final = "sk_"


@dataclass(frozen=True, slots=True)
class KeyHolder:
    """The program behind a key, as `request.user` of what it asks. channels, locations: its limits (oms.web.limits)."""

    id: UUID
    title: str
    scopes: frozenset[str]
    channels: frozenset[UUID] | None = None
    locations: frozenset[UUID] | None = None

    is_authenticated = True
    is_active = True

    @property
    def actor(self) -> Actor:
        return Actor(ActorKind.API_KEY, ids.encode(ids.API_KEY, self.id), self.title)


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key that was just made. `secret` exists only here: it is shown once and never stored."""

    key: ApiKey
    secret: str

    def __repr__(self) -> str:
        return f"NewKey({self.key.redacted})"


class ApiKeyInUse(NotAllowed):
    code = "api_key_in_use"
    message = _("The key %(title)s is in use. Revoke it first.")


@atomic()
def create_api_key(
    *,
    title: str,
    scopes: Sequence[str],
    channel_ids: Collection[UUID] | None = None,
    location_ids: Collection[UUID] | None = None,
    created_by: Any = None,
) -> NewKey:
    """Make a key with these scopes (see Scope; none: it may do nothing). Each call makes another one.

    channel_ids, location_ids: what of the business it sees (oms.web.limits); None: all of it.

    Raises InvalidInput for an empty title or a scope that does not exist.
    """
    _require_sound(title, scopes)
    secret = PREFIX + secrets.token_hex(32)
    key = ApiKey.objects.create(
        title=title.strip(),
        digest=_digest(secret),
        redacted=f"{secret[:6]}***{secret[-3:]}",
        scopes=sorted(set(scopes)),
        channel_ids=None if channel_ids is None else sorted(set(channel_ids)),
        location_ids=None if location_ids is None else sorted(set(location_ids)),
        created_by=created_by,
    )
    return NewKey(key, secret)


@atomic()
def update_api_key(*, key_id: UUID, title: str | None = None, scopes: Sequence[str] | None = None) -> ApiKey:
    """Change what a key is called, or may do from now on. The same again changes nothing.

    Raises NotFound, InvalidInput.
    """
    key = _lock(key_id)
    _require_sound(key.title if title is None else title, key.scopes if scopes is None else scopes)
    key.title = key.title if title is None else title.strip()
    key.scopes = key.scopes if scopes is None else sorted(set(scopes))
    key.save(update_fields=["title", "scopes", "updated_at"])
    return key


@atomic()
def revoke_api_key(*, key_id: UUID, after: timedelta = timedelta()) -> None:
    """Make a key useless from now on, or `after` a while. Once it is useless, nothing changes any more."""
    now = timezone.now()
    still_good = Q(revoked_at=None) | Q(revoked_at__gt=now)
    ApiKey.objects.filter(still_good, pk=key_id).update(revoked_at=now + after, updated_at=now)


@atomic()
def delete_api_key(*, key_id: UUID) -> None:
    """Forget a revoked key; what it did stays told. Raises NotFound, also the second time, and ApiKeyInUse."""
    key = _lock(key_id)
    if key.revoked_at is None or key.revoked_at > timezone.now():
        raise ApiKeyInUse(title=key.title)
    key.delete()


def _lock(key_id: UUID) -> ApiKey:
    key = ApiKey.objects.select_for_update().filter(pk=key_id).first()
    if key is None:
        raise NotFound(kind="API key", id=ids.encode(ids.API_KEY, key_id))
    return key


def _require_sound(title: str, scopes: Sequence[str]) -> None:
    known = {scope.value for scope in Scope}
    errors = [
        FieldError("/scopes", f"There is no scope {scope}. Known: {', '.join(sorted(known))}.", "unknown_scope")
        for scope in scopes
        if scope not in known
    ]
    if not title.strip() or len(title) > 120:
        errors.append(FieldError("/title", "A key has a title of 1 to 120 characters.", "required"))
    if errors:
        raise InvalidInput(errors=errors)


# One statement for looking up and for noting the use, which is written once a minute at most: a busy key would else be
# a row that every request waits for.
_FIND = """
WITH found AS (
    SELECT id, title, scopes, channel_ids, location_ids, last_used_at FROM web_apikey
    WHERE digest = %s AND (revoked_at IS NULL OR revoked_at > clock_timestamp())
), used AS (
    UPDATE web_apikey SET last_used_at = clock_timestamp() FROM found
    WHERE web_apikey.id = found.id
      AND (found.last_used_at IS NULL OR found.last_used_at < clock_timestamp() - interval '1 minute')
)
SELECT id, title, scopes, channel_ids, location_ids FROM found
"""


def find(secret: str) -> KeyHolder | None:
    """Who holds this key; None when it is unknown or revoked. One query."""
    if not secret.startswith(PREFIX):
        return None
    with connection.cursor() as cursor:
        cursor.execute(_FIND, [_digest(secret)])
        row = cursor.fetchone()
    if row is None:
        return None
    channels, locations = (None if ids is None else frozenset(ids) for ids in row[3:])
    return KeyHolder(row[0], row[1], frozenset(row[2]), channels, locations)


def _digest(secret: str) -> str:
    """A plain hash is enough: the key is 256 bits of chance, which no list of likely words contains."""
    return hashlib.sha256(secret.encode()).hexdigest()
