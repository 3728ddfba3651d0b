"""localstripe as a process of its own, and what it leaves out of Stripe put in front of it.

localstripe is GPL: it is no dependency of this project and nothing here imports it. It is installed into an environment
of its own under var/, and spoken to over HTTP alone. It keeps its own books, by which tests judge ours.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
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
from urllib.parse import parse_qsl

import httpx
import pytest
from django.conf import settings

VERSION = "1.15.10"
SECRET = "whsec_of_localstripe"
Answer = tuple[int, dict[str, Any]]
# It writes what it has there, whoever runs it, and never reads it with --from-scratch.
LITTER = Path("/tmp/localstripe.pickle")  # noqa: S108
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


@pytest.fixture(scope="session")
def localstripe(tmp_path_factory) -> Iterator[LocalStripe]:
    with running(tmp_path_factory.mktemp("localstripe")) as stripe:
        yield stripe


@pytest.fixture
def relay(localstripe, settings) -> Iterator[Relay]:
    """The provider `stripe`, by way of a relay to localstripe."""
    relay = Relay(localstripe)
    with relay.serving() as address:
        settings.STRIPE_SECRET_KEY = "sk_test_for_tests"
        settings.STRIPE_WEBHOOK_SECRET = SECRET
        settings.STRIPE_API_BASE = address
        settings.OMS = settings.OMS | {
            "PAYMENT_PROVIDERS": settings.OMS["PAYMENT_PROVIDERS"]
            | {"stripe": "payments.providers.stripe.adapter.StripeProvider"}
        }
        yield relay


@contextmanager
def running(folder: Path) -> Iterator[LocalStripe]:
    try:
        LITTER.unlink(missing_ok=True)
    except OSError:
        _cannot(f"localstripe cannot write {LITTER}, which belongs to somebody else")
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

    def has(self, reference: str) -> bool:
        return self.http.get(f"/v1/payment_intents/{reference}").is_success

    def is_held(self, reference: str) -> bool:
        return bool(self.intent(reference)["status"] == "requires_capture")

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

    It remembers the answer to each idempotency key, tells how much was received, searches by metadata, refuses to
    capture what is not held and to give back more than was taken, and takes away the reason of a refund, of which
    localstripe knows nothing. lose: the next answer of a call with this in its path is lost, after the call was carried
    out. asked: what was carried out.
    """

    def __init__(self, stripe: LocalStripe) -> None:
        self.stripe = stripe
        self.lose = ""
        self.asked: list[str] = []
        self._answers: dict[str, Answer] = {}

    def answer(self, method: str, path: str, key: str, body: bytes, headers: dict[str, str]) -> Answer:
        if key and key in self._answers:
            return self._answers[key]
        self.asked.append(f"{method} {path.partition('?')[0]}")
        answer = self._by_us(path, dict(parse_qsl(body.decode()))) or self._by_localstripe(method, path, body, headers)
        if key:
            self._answers[key] = answer
        return answer

    def _by_localstripe(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Answer:
        kept = b"&".join(part for part in body.split(b"&") if not part.startswith(b"reason="))
        got = self.stripe.http.request(method, path, content=kept, headers=headers)
        thing = got.json()
        if thing.get("object") == "payment_intent":
            thing |= {"amount": int(thing["amount"]), **_received(thing)}  # an amount that was changed is text there
        return got.status_code, thing

    def _by_us(self, path: str, data: dict[str, str]) -> Answer | None:
        way = path.partition("?")[0].split("/")[2:]
        if way[-1] == "search":
            query = httpx.URL(path).params["query"]
            everything = self.stripe.http.get("/v1/payment_intents", params={"limit": "1000"}).json()["data"]
            found = [each for each in everything if any(each["metadata"].get(k) == v for k, v in _asked_for(query))]
            return 200, {"object": "search_result", "data": found}
        if way[-1] == "capture" and self.stripe.has(way[1]) and not self.stripe.is_held(way[1]):
            return _refused("payment_intent_unexpected_state", "This PaymentIntent could not be captured.")
        if data and way == ["refunds"] and self.stripe.has(data["payment_intent"]):
            taken = _received(self.stripe.intent(data["payment_intent"]))["amount_received"]
            if int(data["amount"]) > taken - sum(self.stripe.refunds(data["payment_intent"])):
                return _refused("charge_already_refunded", "More than is left of the charge.")
        return None

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
            status, thing = relay.answer(self.command, self.path, key, body, headers)
            answer = json.dumps(thing).encode()
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


def _received(intent: dict[str, Any]) -> dict[str, int]:
    charge = intent["latest_charge"]
    if not charge or not charge["captured"] or charge["status"] != "succeeded":
        return {"amount_received": 0}
    released = [each["amount"] for each in charge["refunds"]["data"] if not each["payment_intent"]]
    return {"amount_received": charge["amount"] - sum(released)}


def _refused(code: str, message: str) -> Answer:
    return 400, {"error": {"type": "invalid_request_error", "code": code, "message": message}}


def _asked_for(query: str) -> list[tuple[str, str]]:
    return re.findall(r"metadata\['(\w+)'\]:'([\w-]+)'", query)


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
