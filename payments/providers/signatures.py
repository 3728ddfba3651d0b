"""Checking webhooks that are signed by the Standard Webhooks spec (https://www.standardwebhooks.com)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import time
from collections.abc import Mapping
from typing import Final

TOLERANCE_SECONDS: Final = 300


class BadSignature(Exception):
    """Its text says why."""


def verify(secret: str, headers: Mapping[str, str], body: bytes) -> str:
    """The id of a message that is signed with this secret (`whsec_` and base64) and is not old. headers: lower case.

    Raises BadSignature.
    """
    if not secret:
        raise BadSignature("no secret is set")
    try:
        message_id, timestamp = headers["webhook-id"], headers["webhook-timestamp"]
        signatures = headers["webhook-signature"].split()
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
        sent_at = int(timestamp)
    except KeyError as problem:
        raise BadSignature(f"{problem.args[0]} is missing") from problem
    except binascii.Error as problem:
        raise BadSignature("the secret is no base64") from problem
    except ValueError as problem:
        raise BadSignature("its timestamp is no number") from problem
    signed = f"{message_id}.{timestamp}.".encode() + body
    right = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    if not any(hmac.compare_digest(right.encode(), each.encode()) for each in signatures):
        raise BadSignature("its signature is wrong")
    if abs(time.time() - sent_at) > TOLERANCE_SECONDS:
        raise BadSignature("it was signed too long ago, or in the future")
    return message_id
