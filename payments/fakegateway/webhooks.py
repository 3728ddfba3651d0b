"""News to the shop: queued with the movement it is about, signed (Standard Webhooks), sent until it is taken."""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import json
import threading
import time
import urllib.request
from typing import Final

from payments.fakegateway.books import Books, Row, new_id
from payments.fakegateway.cards import Manner

LATE_SECONDS: Final = 3.0
# One that is to come out of order waits for the next one of its payment, but no longer than this.
PATIENCE_SECONDS: Final = 5.0
_TRIES: Final = 12
_FIRST_PAUSE: Final = 0.2
_LONGEST_PAUSE: Final = 60.0
_TIMEOUT: Final = 5.0


def queue(books: Books, movement: Row, expires_at: str | None, manner: str) -> None:
    """Write down what is to be told of a movement as it is now. Inside `Books.writing`."""
    if manner == Manner.SILENT:
        return
    event = {
        "id": new_id("fevt"),
        "type": f"payment.{movement['act']}.{movement['state']}",
        "occurred_at": movement["occurred_at"],
        "data": {**{name: movement[name] for name in movement if name != "number"}, "expires_at": expires_at},
    }
    payment, at = movement["payment"], time.time()
    waits = manner == Manner.OUT_OF_ORDER and not books.row(
        "SELECT 1 FROM webhooks WHERE payment = ? AND waits = 1 AND copies > 0", payment
    )
    if not waits:  # whoever waited for this one goes behind it
        books.rows("UPDATE webhooks SET waits = 0, due_at = ? WHERE payment = ? AND waits = 1", at + 0.1, payment)
    delay = LATE_SECONDS if manner == Manner.LATE else PATIENCE_SECONDS if waits else 0.0
    books.add(
        "webhooks",
        id=event["id"],
        payment=payment,
        body=json.dumps(event),
        due_at=at + delay,
        waits=int(waits),
        copies=2 if manner == Manner.TWICE else 1,
    )


def signature(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


class Sender(threading.Thread):
    """Sends what is due, one after the other; what is not taken is sent again, later each time, and at last given up.

    Without an address everything stays in the books.
    """

    def __init__(self, books: Books, url: str, secret: str) -> None:
        super().__init__(name="webhooks", daemon=True)
        self.url = url
        self._books = books
        self._secret = secret
        self._wake = threading.Event()
        self._ended = False
        self._open = urllib.request.build_opener(urllib.request.ProxyHandler({})).open

    def wake(self) -> None:
        self._wake.set()

    def end(self) -> None:
        self._ended = True
        self._wake.set()

    def run(self) -> None:
        while not self._ended:
            self._wake.clear()
            due = self._due() if self.url else None
            if due is None:
                self._wake.wait(self._pause())
                continue
            taken = self._send(due)
            if not self._ended:
                self._note(due, taken)

    def _due(self) -> Row | None:
        return self._books.row(
            "SELECT * FROM webhooks WHERE copies > 0 AND due_at <= ? ORDER BY due_at, number LIMIT 1", time.time()
        )

    def _pause(self) -> float:
        coming = self._books.row("SELECT min(due_at) AS at FROM webhooks WHERE copies > 0")
        at = coming["at"] if coming and self.url else None
        return 60.0 if at is None else max(at - time.time(), 0.01)

    def _send(self, webhook: Row) -> bool:
        body, at = webhook["body"].encode(), int(time.time())
        headers = {
            "Content-Type": "application/json",
            "webhook-id": webhook["id"],
            "webhook-timestamp": str(at),
            "webhook-signature": signature(self._secret, webhook["id"], at, body),
        }
        try:
            request = urllib.request.Request(self.url, body, headers, method="POST")  # noqa: S310  (the operator's)
            with self._open(request, timeout=_TIMEOUT) as answer:
                return bool(200 <= answer.status < 300)
        except (OSError, ValueError, http.client.HTTPException):  # no address, no connection, no HTTP, or no success
            return False

    def _note(self, webhook: Row, taken: bool) -> None:
        tries = webhook["tries"] + 1
        if taken:
            change = "copies = copies - 1, sent = sent + 1, tries = 0"
            self._books.rows(f"UPDATE webhooks SET {change} WHERE id = ?", webhook["id"])  # noqa: S608
        elif tries >= _TRIES:
            self._books.rows("UPDATE webhooks SET copies = 0, tries = ? WHERE id = ?", tries, webhook["id"])
        else:
            due = time.time() + min(_FIRST_PAUSE * 2**tries, _LONGEST_PAUSE)
            self._books.rows("UPDATE webhooks SET due_at = ?, tries = ? WHERE id = ?", due, tries, webhook["id"])
