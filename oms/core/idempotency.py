"""The answer to an unsafe request is kept with what the request did, so that its repeat is answered alike.

The key takes an advisory lock of the database for as long as the request runs: whoever asks with it meanwhile is told
so, and a crash frees it. The answer is stored in the transaction that did the work; what was refused is not stored.

Where somebody outside is asked after that transaction, what is stored with the work is what was intended: the answer is
what has become of it, whenever it is asked for.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import msgspec
from django.db import connection
from django.utils.translation import gettext_lazy as _

from oms.core import ids
from oms.core.alone import alone
from oms.core.errors import DomainError, IdempotencyKeyInUse, IdempotencyKeyReused

MAX_KEY_LENGTH: Final = 255
INTENDED: Final = 102  # HTTP's Processing: what is kept is no answer yet


class MalformedIdempotencyKey(DomainError):
    code = "malformed_idempotency_key"
    message = _("An Idempotency-Key has 1 to %(most)s printable ASCII characters.")


@dataclass(frozen=True, slots=True)
class Key:
    """A key as one caller (`scope`: an API key or a user) sent it, with the fingerprint of what was asked with it."""

    scope: str
    key: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """status: HTTP. headers: those that belong to the answer. body: its bytes, as they were sent."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def intents(self) -> list[UUID] | None:
        """The ids of what was intended, where that was kept; None where it is the answer itself."""
        return msgspec.json.decode(self.body, type=list[UUID]) if self.status == INTENDED else None


def key_for(scope: str, key: str, *parts: bytes) -> Key:
    """A key for a request that consists of `parts` (method, path, body). Raises MalformedIdempotencyKey."""
    if not key or len(key) > MAX_KEY_LENGTH or not key.isascii() or not key.isprintable():
        raise MalformedIdempotencyKey(most=MAX_KEY_LENGTH)
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "big") + part)  # lengths keep the parts apart
    return Key(scope, key, digest.hexdigest())


def recall(key: Key) -> KeptAnswer | None:
    """Take the key until the transaction ends; the answer kept under it, if there is one. Two statements.

    They are two because the second must see what was committed before the lock was had.
    Raises IdempotencyKeyInUse while another request holds it, IdempotencyKeyReused when it was used for something else.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [_name(key)])
        if not cursor.fetchone()[0]:
            raise IdempotencyKeyInUse()
    return _find(key)


def keep(key: Key, answer: KeptAnswer) -> None:
    """Store an answer in the caller's transaction. One statement. The caller has recalled the key in it."""
    headers = msgspec.json.encode(answer.headers).decode()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO core_idempotencykey (id, scope, key, fingerprint, status, headers, body)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s)",
            [ids.new_id(), key.scope, key.key, key.fingerprint, answer.status, headers, answer.body],
        )


def keep_intents(key: Key, intents: Sequence[UUID]) -> None:
    """Store, in the transaction that wrote them, what a request intends: its answer is their present state."""
    keep(key, KeptAnswer(INTENDED, {}, msgspec.json.encode(list(intents))))


@contextmanager
def held(key: Key) -> Iterator[KeptAnswer | None]:
    """The same for a request of several transactions (a batch): the key is held by the session until the block ends.

    What it did before a crash must be found by other means than the kept answer (a batch: by external id).
    """
    with alone(_name(key)) as ours:
        if not ours:
            raise IdempotencyKeyInUse()
        yield _find(key)


def _name(key: Key) -> str:
    return f"idempotency\n{key.scope}\n{key.key}"


def _find(key: Key) -> KeptAnswer | None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT fingerprint, status, headers::text, body FROM core_idempotencykey WHERE scope = %s AND key = %s",
            [key.scope, key.key],
        )
        found = cursor.fetchone()
    if found is None:
        return None
    if found[0] != key.fingerprint:
        raise IdempotencyKeyReused()
    return KeptAnswer(found[1], msgspec.json.decode(found[2], type=dict[str, str]), bytes(found[3]))
