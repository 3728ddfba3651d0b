"""The gateway over HTTP."""

from __future__ import annotations

import contextlib
import json
import os
import re
import select
import signal
import socket
import sys
import time
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from payments.fakegateway import ledger
from payments.fakegateway.books import Answer, Books, Refused
from payments.fakegateway.cards import MOVES, Twist, twist_of
from payments.fakegateway.pages import page
from payments.fakegateway.scripting import Script
from payments.fakegateway.webhooks import Sender

_PAYMENT: Final = re.compile(r"/v1/payments/(?P<reference>\w+)(?:/(?P<act>\w+))?")
_LARGEST_BODY: Final = 100_000
_PAGE: Final = 100


class Gateway(ThreadingHTTPServer):
    """hang: seconds for which a call that times out is held, unless whoever asked hangs up before."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, books: Books, sender: Sender, *, port: int, hang: float) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.books = books
        self.sender = sender
        self.script = Script()
        self.hang = hang

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is nothing to talk about; anything else is."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 1 << 16  # an answer goes out as one piece
    server: Gateway

    def log_message(self, *_: Any) -> None: ...

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        try:
            if url.path == "/books":
                self._answer(Answer(200, self.server.books.whole()))
            elif url.path.startswith("/3ds/"):
                self._send(200, page(self.server.books.payment(url.path.removeprefix("/3ds/"))), "text/html")
            else:
                order = self.server.script.take("look_up")
                if order.twist is None:
                    self._answer(self._found(url.path, query))
                elif order.twist.is_outcome:
                    raise Refused(422, "look_up_refused", "These books are not shown.")
                else:
                    self._go_wrong(order.twist, order.pid)
        except Refused as refusal:
            self._answer(refusal.answer)

    def do_POST(self) -> None:
        path = urlsplit(self.path).path
        try:
            body = self._body()
            if path == "/script":
                self._answer(self._scripted(body))
            elif path.startswith("/3ds/"):
                self._customer_acts(path.removeprefix("/3ds/"), body)
            else:
                self._call(path, body)
        except Refused as refusal:
            self._answer(refusal.answer)

    # --- reading -----------------------------------------------------------------------------------------------------

    def _found(self, path: str, query: Mapping[str, str]) -> Answer:
        books = self.server.books
        match = _PAYMENT.fullmatch(path)
        if match and not match["act"]:
            return Answer(200, {"payment": books.payment(match["reference"])})
        if path != "/v1/payments":
            raise Refused(404, "unknown_path", f"There is nothing at {path}.")
        if "key" in query:
            found = books.row("SELECT * FROM payments WHERE key = ?", query["key"])
            return Answer(200, {"payments": [books.shown(found)] if found else [], "next": None})
        limit = int(query["limit"]) if query.get("limit", "").isdecimal() else _PAGE
        payments = books.changed_since(query.get("since", ""), query.get("after", ""), max(1, min(limit, _PAGE)))
        last = payments[-1] if len(payments) == max(1, min(limit, _PAGE)) else None
        return Answer(200, {"payments": payments, "next": last and f"{last['changed_at']},{last['id']}"})

    # --- moving ------------------------------------------------------------------------------------------------------

    def _call(self, path: str, body: dict[str, Any]) -> None:
        match = _PAYMENT.fullmatch(path)
        act = "initiate" if path == "/v1/payments" else (match["act"] or "" if match else "")
        if act not in (*MOVES, "initiate", "update", "settle"):
            raise Refused(404, "unknown_path", f"There is nothing at {path}.")
        key = self.headers.get("Idempotency-Key", "")
        if not key:
            raise Refused(400, "idempotency_key_missing", "Say which call this is: Idempotency-Key.")
        reference = match["reference"] if match else ""
        order = self.server.script.take(act)
        with self.server.books.writing():
            self.server.books.add("calls", path=path, key=key, body=json.dumps(body))
            twist = order.twist or self._own_twist(act, reference, key, body)
        outcome = twist if twist and twist.is_outcome else None
        if twist is None or not twist.is_before:
            answer = self._carried_out(path, act, reference, key, body, outcome, order.manner)
        if twist is None or outcome:
            self._answer(answer)
        else:
            self._go_wrong(twist, order.pid)

    def _own_twist(self, act: str, reference: str, key: str, body: Mapping[str, Any]) -> Twist | None:
        """What the card or the amount does, where nobody scripted this call."""
        amount = body.get("amount")
        if act not in MOVES or not isinstance(amount, int):
            return None
        known = self.server.books.row("SELECT card FROM payments WHERE id = ?", reference)
        number = str(body.get("card", "")) if act == "authorize" else (known["card"] if known else "")
        twist = twist_of(number, act, amount)
        if twist is None or twist.is_outcome:
            return twist
        return twist if self.server.books.is_first_twist(key) else None

    def _carried_out(
        self, path: str, act: str, reference: str, key: str, body: dict[str, Any], outcome: Twist | None, manner: str
    ) -> Answer:
        """The stored answer to this key, or what is done now."""
        books = self.server.books
        asked = json.dumps([path, body], sort_keys=True)
        with books.writing():
            if (before := books.answer_to(key, asked)) is not None:
                return before
            try:
                answer = self._done(act, reference, key, body, outcome, manner)
            except Refused as refusal:
                answer = refusal.answer
            books.keep_answer(key, asked, answer)
        self.server.sender.wake()
        return answer

    def _done(
        self, act: str, reference: str, key: str, body: dict[str, Any], outcome: Twist | None, manner: str
    ) -> Answer:
        books = self.server.books
        if act == "initiate":
            return ledger.initiate(books, key, body)
        payment = books.payment(reference)
        if act == "update":
            return ledger.update(books, payment, body)
        if act == "settle":
            return ledger.settle(books, payment, body, manner)
        done = ledger.move(books, payment, act, key, body, outcome, manner)
        if outcome is Twist.REQUIRES_ACTION:
            return Answer(200, {**done.body, "redirect_url": f"{self.server.url}/3ds/{reference}"})
        return done

    def _customer_acts(self, reference: str, body: Mapping[str, Any]) -> None:
        result = {"approve": "succeeded", "fail": "declined"}.get(str(body.get("result")))
        if result is None:
            raise Refused(422, "bad_result", "The result is approve or fail.")
        with self.server.books.writing():
            payment = self.server.books.payment(reference)
            if payment["status"] != "requires_action":
                raise Refused(409, "nothing_to_do", f"This payment is {payment['status']}.")
            waiting = [each["id"] for each in payment["movements"] if each["state"] == "requires_action"]
            answer = ledger.settle(self.server.books, payment, {"outcome": result, "movement": waiting[0]}, "")
        self.server.sender.wake()
        if self._is_form():
            self._send(200, page(self.server.books.payment(reference)), "text/html")
        else:
            self._answer(answer)

    # --- for tests ---------------------------------------------------------------------------------------------------

    def _scripted(self, body: dict[str, Any]) -> Answer:
        """clear: nothing is scripted any more; forget: nothing is in the books; webhooks: where they go.

        It may kill, so it is said as JSON, which no page of somebody else can send from the browser of this machine.
        """
        if not self.headers.get("Content-Type", "").startswith("application/json"):
            raise Refused(415, "no_json", "A script is JSON: Content-Type: application/json.")
        if body.get("clear"):
            self.server.script.clear()
        if body.get("forget"):
            self.server.books.forget()
        if "webhooks" in body:
            self.server.sender.url = str(body["webhooks"])
            self.server.sender.wake()
        if "do" in body or "webhook" in body:
            self.server.script.add(body)
        return Answer(200, {})

    def _go_wrong(self, twist: Twist, pid: int) -> None:
        if twist in (Twist.ERROR_500_BEFORE, Twist.ERROR_500_AFTER):
            self._answer(Answer(500, {"error": {"code": "internal_error", "message": "Something broke."}}))
            return
        if twist is Twist.UNAUTHORIZED:
            raise Refused(401, "unauthorized", "Your credentials are no longer good.")
        if twist is Twist.KILL_PID:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if twist in (Twist.TIMEOUT_BEFORE, Twist.TIMEOUT_AFTER):
            self._hold()
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    def _hold(self) -> None:
        """Until whoever asked has had enough."""
        until = time.monotonic() + self.server.hang
        while time.monotonic() < until:
            readable, _, _ = select.select([self.connection], [], [], min(self.server.hang, 0.5))
            if readable and not self.connection.recv(1, socket.MSG_PEEK):
                return

    # --- HTTP --------------------------------------------------------------------------------------------------------

    def _is_form(self) -> bool:
        return self.headers.get("Content-Type", "").startswith("application/x-www-form-urlencoded")

    def _body(self) -> dict[str, Any]:
        length = self.headers.get("Content-Length", "0")
        if not length.isdecimal() or int(length) > _LARGEST_BODY:
            self.close_connection = True
            raise Refused(413, "body_too_large", "The body is too large.")
        text = self.rfile.read(int(length))
        if self._is_form():
            return {name: values[0] for name, values in parse_qs(text.decode(errors="replace")).items()}
        try:
            body = json.loads(text or b"{}")
        except ValueError as problem:
            raise Refused(400, "bad_json", "The body is no JSON.") from problem
        if not isinstance(body, dict):
            raise Refused(400, "bad_json", "The body is no JSON object.")
        return body

    def _answer(self, answer: Answer) -> None:
        self._send(answer.status, json.dumps(answer.body).encode(), "application/json")

    def _send(self, status: int, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
