"""A client that speaks the Admin API."""

from __future__ import annotations

import json
from typing import Any

from django.test import Client

from oms.web.api_keys import create_api_key
from oms.web.scopes import Scope


def key(*scopes: str) -> str:
    """The secret of a fresh API key: with these scopes, or with all."""
    return create_api_key(title="Test", scopes=scopes or list(Scope)).secret


class Api:
    """Requests as a program makes them. Bodies are JSON; a body of bytes is sent as it is."""

    def __init__(self, secret: str | None = None, **headers: str) -> None:
        self.client = Client(raise_request_exception=True)
        self.headers = {"Authorization": f"Bearer {secret or key()}"} | headers

    def get(self, path: str, **headers: str) -> Any:
        return self.client.get(path, headers=self.headers | _named(headers))

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        kind = "application/json" if content else "application/octet-stream"
        return self.client.post(path, content, content_type=kind, headers=self.headers | _named(headers))

    def delete(self, path: str, **headers: str) -> Any:
        return self.client.delete(path, headers=self.headers | _named(headers))


def _named(headers: dict[str, str]) -> dict[str, str]:
    """`if_match='"7"'` is If-Match."""
    return {name.replace("_", "-"): value for name, value in headers.items()}


def order_body(lines: dict[str, int], **fields: Any) -> dict[str, Any]:
    """An order over these skus and quantities at 10.00 each."""
    items = [{"sku": sku, "quantity": quantity, "unit_price": 10} for sku, quantity in lines.items()]
    return {"currency_code": "USD", "items": items} | fields


def problem(response: Any) -> tuple[int, str, str]:
    """Status, type and code of a refusal, which must be application/problem+json."""
    assert response["Content-Type"] == "application/problem+json", response.content
    body = response.json()
    assert body["status"] == response.status_code
    assert body["detail"] == body["message"]
    assert body["request_id"] == response["X-Request-Id"]
    return response.status_code, body["type"], body["code"]


def pointers(response: Any) -> list[str]:
    return [error["pointer"] for error in response.json()["errors"]]
