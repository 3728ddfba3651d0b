"""localstripe as a process of its own, and what it leaves out of Stripe put in front of it.

localstripe is GPL: it is no dependency of this project and nothing here imports it. It is installed into an environment
of its own under var/, and spoken to over HTTP alone. It keeps its own books, by which tests judge ours.
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import pytest
from django.conf import settings

VERSION = "1.15.10"
AUTH = {"authorization": "Bearer sk_test_for_tests"}


def installed() -> Path:
    """The Python of an environment that has it; installed once, by one of several test processes."""
    home = Path(settings.BASE_DIR) / "var" / "localstripe" / VERSION
    home.mkdir(parents=True, exist_ok=True)
    python = home / "env" / "bin" / "python"
    with (home / "lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        if not (home / "installed").exists():
            _run([sys.executable, "-m", "venv", "--clear", str(home / "env")])
            _run([str(python), "-m", "pip", "install", "--quiet", f"localstripe=={VERSION}"])
            (home / "installed").touch()
    return python


@contextmanager
def running(folder: Path) -> Iterator[LocalStripe]:
    port = _free_port()
    log = (folder / "localstripe.log").open("w")
    process = subprocess.Popen(
        [str(installed()), "-m", "localstripe", "--port", str(port), "--from-scratch"],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "PYTHONUNBUFFERED": "1"},
        stdout=log,
        stderr=log,
    )
    try:
        _wait_for(port, process, folder / "localstripe.log")
        with httpx.Client(base_url=f"http://localhost:{port}", headers=AUTH) as books:
            yield LocalStripe(books)
    finally:
        process.kill()  # it would wait for connections, and has nothing to tidy up
        process.wait(10)
        log.close()


class LocalStripe:
    """The customer's browser, the dashboard, and the books, all straight at localstripe."""

    def __init__(self, http: httpx.Client) -> None:
        self.http = http

    def card(self, number: str = "4242424242424242") -> str:
        """A payment method, as Stripe's own form makes one."""
        card = {"number": number, "exp_month": 12, "exp_year": 2030, "cvc": "123"}
        return str(self._post("/v1/payment_methods", {"type": "card", "card": card})["id"])

    def confirm(self, intent: str, card: str) -> dict[str, Any]:
        """The browser pays by itself."""
        self._post(f"/v1/payment_intents/{intent}", {"payment_method": card})
        return self._post(f"/v1/payment_intents/{intent}/confirm", {})

    def prove_who_they_are(self, intent: str, secret: str) -> dict[str, Any]:
        return self._post(f"/v1/payment_intents/{intent}/_authenticate", {"client_secret": secret, "success": True})

    def send_webhooks_to(self, url: str, secret: str) -> None:
        self.http.post("/_config/webhooks/ours", json={"url": url, "secret": secret}).raise_for_status()

    def intent(self, reference: str) -> dict[str, Any]:
        return dict(self.http.get(f"/v1/payment_intents/{reference}").raise_for_status().json())

    def refunds(self, reference: str) -> list[int]:
        """What went back of an intent, in minor units, without what was released by a capture of a part."""
        found = self.http.get("/v1/refunds", params={"payment_intent": reference}).raise_for_status().json()["data"]
        return sorted(each["amount"] for each in found if each["payment_intent"])

    def _post(self, path: str, data: dict[str, Any]) -> dict[str, Any]:
        return dict(self.http.post(path, json=data).raise_for_status().json())


class Relay:
    """Between the adapter and localstripe: what Stripe does and localstripe does not.

    It remembers the answer to each idempotency key, and tells how much was received; it takes away the reason of a
    refund, of which localstripe knows nothing. lose: the next answers of calls with this in their path are lost, after
    the call was carried out. asked: what was carried out.
    """

    def __init__(self, stripe: LocalStripe) -> None:
        self.stripe = stripe
        self.lose = ""
        self.asked: list[str] = []
        self._answers: dict[str, tuple[int, bytes]] = {}

    def answer(self, method: str, path: str, key: str, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        if key and key in self._answers:
            return self._answers[key]
        self.asked.append(f"{method} {path.partition('?')[0]}")
        kept = b"&".join(part for part in body.split(b"&") if not part.startswith(b"reason="))
        got = self.stripe.http.request(method, path, content=kept, headers=headers)
        answer = got.status_code, _completed(got.content)
        if key:
            self._answers[key] = answer
        return answer

    @contextmanager
    def serving(self) -> Iterator[str]:
        server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_of(self))
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            server.server_close()


def _handler_of(relay: Relay) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            headers = {name: self.headers[name] for name in ("authorization", "content-type") if self.headers.get(name)}
            key = self.headers.get("idempotency-key", "")
            status, answer = relay.answer(self.command, self.path, key, body, headers)
            if relay.lose and relay.lose in self.path:
                relay.lose = ""
                self.close_connection = True
                return
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        do_GET = do_POST = _answer  # noqa: N815

        def log_message(self, *args: Any) -> None:
            """The tests say what is worth saying."""

    return Handler


def _completed(answer: bytes) -> bytes:
    thing = json.loads(answer)
    if thing.get("object") != "payment_intent":
        return answer
    charge = thing["latest_charge"]
    taken = 0
    if charge and charge["captured"] and charge["status"] == "succeeded":
        released = [each["amount"] for each in charge["refunds"]["data"] if not each["payment_intent"]]
        taken = charge["amount"] - sum(released)
    return json.dumps(thing | {"amount_received": taken}).encode()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(200):
        if process.poll() is not None:
            _cannot(f"localstripe does not start: {log.read_text()[-400:]}")
        try:
            socket.create_connection(("localhost", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    _cannot("localstripe does not answer")


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        _cannot(f"localstripe cannot be installed: {done.stderr[-400:]}")


def _cannot(why: str) -> None:
    (pytest.fail if os.environ.get("CI") else pytest.skip)(why)
