"""Checking webhooks that are signed by the Standard Webhooks spec (https://www.standardwebhooks.com)."""

from __future__ import annotations

from collections.abc import Mapping

from standardwebhooks.webhooks import EmptyWebhookSecretError, Webhook, WebhookVerificationError


class BadSignature(Exception):
    """Its text says why."""


def verify(secret: str, headers: Mapping[str, str], body: bytes) -> str:
    """The id of a message that is signed with this secret (`whsec_` and base64) within the last five minutes.

    headers: names in lower case. Raises BadSignature.
    """
    try:
        Webhook(secret).verify(body, dict(headers), json_parse=False)
    except (WebhookVerificationError, EmptyWebhookSecretError, ValueError) as problem:
        raise BadSignature(str(problem)) from problem
    return headers["webhook-id"]
