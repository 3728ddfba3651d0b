"""The fake gateway by itself: what its own books allow, and what it does again for the same key."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from socketserver import StreamRequestHandler, TCPServer
from threading import Thread
from typing import Any
from uuid import uuid4

import httpx
import pytest

from payments.fakegateway import running
from payments.fakegateway.cards import CARDS
from payments.providers.signatures import verify
from tests.payments.gateway import HANGS, SECRET, Gateway

USD = {"currency": "USD"}


def post(gateway: Gateway, path: str, body: dict[str, Any], key: str = "", timeout: float = 5) -> httpx.Response:
    headers = {"Idempotency-Key": key or str(uuid4())}
    return httpx.post(f"{gateway.url}/v1/payments{path}", json=body, headers=headers, timeout=timeout, trust_env=False)


def begun(gateway: Gateway, amount: int = 10000, **more: Any) -> str:
    reference: str = post(gateway, "", {"amount": amount, **USD, **more}).json()["payment"]["id"]
    return reference


def authorized(gateway: Gateway, amount: int = 10000, card: str = "", **more: Any) -> str:
    reference = begun(gateway, amount, **more)
    post(gateway, f"/{reference}/authorize", {"amount": amount, **USD, "card": card})
    return reference


def test_it_moves_no_more_than_its_books_allow(gateway):
    reference = authorized(gateway)

    answers = [
        post(gateway, f"/{reference}/{act}", {"amount": amount, "currency": currency})
        for act, amount, currency in [
            ("refund", 1, "USD"),
            ("capture", 10001, "USD"),
            ("capture", 6000, "EUR"),
            ("capture", 0, "USD"),
            ("capture", 6000, "USD"),
            ("capture", 4001, "USD"),
            ("refund", 6001, "USD"),
            ("refund", 2500, "USD"),
            ("refund", 3501, "USD"),
            ("void", 1, "USD"),
            ("void", 1, "USD"),
            ("capture", 1, "USD"),
            ("authorize", 10000, "USD"),
        ]
    ]
    unknown = post(gateway, "/fpay_unheard/capture", {"amount": 1, **USD})

    assert [answer.json().get("error", {}).get("code", "done") for answer in [*answers, unknown]] == [
        "refund_exceeds_capture",
        "capture_exceeds_authorization",
        "wrong_currency",
        "capture_exceeds_authorization",
        "done",
        "capture_exceeds_authorization",
        "refund_exceeds_capture",
        "done",
        "refund_exceeds_capture",
        "done",
        "nothing_to_void",
        "capture_exceeds_authorization",
        "already_authorized",
        "unknown_payment",
    ]
    assert gateway.moved(reference) == (10000, 6000, 2500)
    assert gateway.movements(reference)[-1] == ("void", 4000, "succeeded")


def test_the_same_key_has_the_same_answer_also_after_it_was_started_again(tmp_path):
    running = Gateway(tmp_path / "books")
    reference, key = authorized(running), str(uuid4())
    body = {"amount": 2500, **USD}
    first = post(running, f"/{reference}/capture", body, key)
    running.stop()

    again = Gateway(tmp_path / "books")
    second = post(again, f"/{reference}/capture", body, key)
    other = post(again, f"/{reference}/capture", body | {"amount": 2600}, key)
    moved = again.moved(reference)
    again.stop()

    assert (second.json(), moved) == (first.json(), (10000, 2500, 0))
    assert (other.status_code, other.json()["error"]["code"]) == (409, "idempotency_key_reused")


def test_a_key_that_many_ask_with_at_the_same_moment_moves_once(gateway):
    reference, key = authorized(gateway), str(uuid4())

    def capture(_: int) -> dict[str, Any]:
        told: dict[str, Any] = post(gateway, f"/{reference}/capture", {"amount": 2500, **USD}, key).json()
        return told

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(capture, range(8)))

    assert len({answer["movement"]["id"] for answer in answers}) == 1
    assert gateway.moved(reference) == (10000, 2500, 0)


@pytest.mark.parametrize(
    ("twist", "done_at_once"),
    [
        ("timeout_before", 0),
        ("timeout_after", 2500),
        ("error_500_before", 0),
        ("error_500_after", 2500),
        ("drop_before", 0),
        ("drop_after", 2500),
    ],
)
def test_what_went_wrong_is_done_once_when_it_is_asked_again(gateway, twist, done_at_once):
    reference, key = authorized(gateway), str(uuid4())
    gateway.script("capture", twist)

    try:
        timeout = HANGS / 2 if "timeout" in twist else 5
        code = post(gateway, f"/{reference}/capture", {"amount": 2500, **USD}, key, timeout).status_code
    except httpx.TransportError:
        code = 0
    at_once = gateway.moved(reference)[1]
    again = post(gateway, f"/{reference}/capture", {"amount": 2500, **USD}, key)

    assert code == (500 if "500" in twist else 0)
    assert (at_once, again.status_code, gateway.moved(reference)[1]) == (done_at_once, 200, 2500)


def test_some_amounts_go_wrong_with_any_card(gateway):
    reference, keys = authorized(gateway, 500000), [str(uuid4()) for _ in range(4)]
    asked = [{"amount": amount, **USD} for amount in (66602, 66603, 66606, 66607)]

    first = [post(gateway, f"/{reference}/capture", body, key) for body, key in zip(asked, keys, strict=True)]
    again = [post(gateway, f"/{reference}/capture", body, key) for body, key in zip(asked, keys, strict=True)]

    assert [answer.status_code for answer in first] == [200, 200, 500, 500]
    states = [answer.json()["movement"]["state"] for answer in again]
    assert states == ["declined", "pending", "succeeded", "succeeded"]
    assert gateway.moved(reference) == (500000, 66606 + 66607, 0)


def test_what_is_not_taken_in_time_is_not_taken_and_can_still_be_let_go(gateway):
    reference = authorized(gateway, card="4000000000000176")

    taken = post(gateway, f"/{reference}/capture", {"amount": 100, **USD}).json()["movement"]
    was = gateway.payment(reference)["status"]
    let_go = post(gateway, f"/{reference}/void", {"amount": 10000, **USD}).json()["movement"]

    assert (taken["state"], taken["code"], was) == ("declined", "authorization_expired", "expired")
    assert (let_go["state"], gateway.moved(reference)) == ("succeeded", (10000, 0, 0))


def test_the_customer_proves_who_they_are_on_a_page(gateway):
    reference = begun(gateway, capture=True)
    answer = post(gateway, f"/{reference}/authorize", {"amount": 10000, **USD, "card": "4000 0000 0000 0036"})
    page = answer.json()["redirect_url"]

    asked = httpx.get(page, trust_env=False).text
    before = gateway.moved(reference)
    approved = httpx.post(page, data={"result": "approve"}, trust_env=False).text
    again = httpx.post(page, data={"result": "fail"}, trust_env=False).json()

    assert page == f"{gateway.url}/3ds/{reference}"
    assert ("Approve" in asked, "captured" in approved, again["error"]["code"]) == (True, True, "nothing_to_do")
    assert (before, gateway.moved(reference)) == ((0, 0, 0), (10000, 10000, 0))


def test_payments_are_listed_by_their_last_change_in_pages(gateway):
    references = [begun(gateway, amount) for amount in (100, 200, 300)]
    since = gateway.payment(references[1])["changed_at"]
    post(gateway, f"/{references[0]}/authorize", {"amount": 100, **USD})

    def page(**query: Any) -> dict[str, Any]:
        listed: dict[str, Any] = httpx.get(f"{gateway.url}/v1/payments", params=query, trust_env=False).json()
        return listed

    first = page(since=since, limit=2)
    second = page(since=since, limit=2, after=first["next"])

    told = [payment["id"] for payment in first["payments"] + second["payments"]]
    assert (told, second["next"]) == ([references[1], references[2], references[0]], None)


class Shop(HTTPServer):
    """Whom webhooks are sent to; it refuses the first ones of each message, as many as it is told."""

    def __init__(self, refuses: int = 0) -> None:
        super().__init__(("127.0.0.1", 0), _Inbox)
        self.refuses = refuses
        self.asked: list[str] = []
        self.taken: list[tuple[str, str]] = []
        Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/hooks"

    def wait_for(self, count: int) -> list[str]:
        """What was taken, by its kind."""
        until = time.monotonic() + 10
        while len(self.taken) < count and time.monotonic() < until:
            time.sleep(0.01)
        self.shutdown()
        return [kind for _id, kind in self.taken]


class _Inbox(BaseHTTPRequestHandler):
    server: Shop

    def log_message(self, *_: Any) -> None: ...

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        message = verify(SECRET, {name.lower(): value for name, value in self.headers.items()}, body)
        self.server.asked.append(message)
        taken = self.server.asked.count(message) > self.server.refuses
        if taken:
            self.server.taken.append((message, httpx.Response(200, content=body).json()["type"]))
        self.send_response(204 if taken else 503)
        self.end_headers()


def test_webhooks_are_signed_and_sent_until_they_are_taken(gateway):
    shop = Shop(refuses=1)
    gateway.webhooks_to(shop.url)

    reference = authorized(gateway)
    post(gateway, f"/{reference}/capture", {"amount": 2500, **USD}, key := str(uuid4()))

    assert sorted(shop.wait_for(2)) == ["payment.authorize.succeeded", "payment.capture.succeeded"]
    told = gateway.webhooks()[-1]["data"]
    assert (told["key"], told["amount"], told["currency"], told["payment"]) == (key, 2500, "USD", reference)


@pytest.mark.parametrize(
    ("card", "taken"),
    [
        ("4000000000000143", ["authorize", "authorize", "capture", "capture"]),
        ("4000000000000150", ["capture", "authorize"]),
        ("4000000000000168", []),
    ],
)
def test_cards_have_webhooks_come_twice_out_of_order_or_not_at_all(gateway, card, taken):
    shop = Shop()
    gateway.webhooks_to(shop.url)

    reference = authorized(gateway, card=card)
    post(gateway, f"/{reference}/capture", {"amount": 2500, **USD})

    assert shop.wait_for(len(taken)) == [f"payment.{act}.succeeded" for act in taken]
    assert len({message for message, _ in shop.taken}) == len(set(taken))


class _Nonsense(StreamRequestHandler):
    def handle(self) -> None:
        self.request.recv(4096)
        self.wfile.write(b"this is no HTTP\r\n\r\n")


def test_webhooks_go_out_again_after_an_address_that_was_none_and_one_that_speaks_no_http(gateway):
    gateway.webhooks_to("nowhere")
    authorized(gateway)
    with TCPServer(("127.0.0.1", 0), _Nonsense) as odd:
        gateway.webhooks_to(f"http://127.0.0.1:{odd.server_address[1]}/")
        odd.timeout = 5
        odd.handle_request()
    shop = Shop()
    gateway.webhooks_to(shop.url)

    assert shop.wait_for(1) == ["payment.authorize.succeeded"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--port", "99999"], "99999 is no port: write 0 to 65535"),
        (["--port", "{busy}"], "--port {busy}: Address already in use"),
        (["--books", "{here}"], "--books {here}: unable to open database file"),
        (["--books", "{here}/text"], "--books {here}/text: file is not a database"),
        (["--books", "{here}/text/below/books"], "--books {here}/text/below/books: "),
        (["--webhooks", "127.0.0.1:8000/hooks"], "127.0.0.1:8000/hooks does not begin with http:// or https://"),
        (["--hang", "-1"], "-1 is no number of seconds"),
        (["--hang", "nan"], "nan is no number of seconds"),
        (["--secret", "whsec_nobase64!"], "it is not whsec_ and base64"),
        (["--secret", ""], "it is not whsec_ and base64"),
    ],
)
def test_what_it_cannot_be_started_with_is_said_in_a_line(gateway, tmp_path, capsys, arguments, said):
    (tmp_path / "text").write_text("no books at all, but a file of some length")
    words = {"busy": gateway.url.rpartition(":")[2], "here": str(tmp_path)}

    with pytest.raises(SystemExit) as refusal:
        running.main([each.format(**words) for each in arguments])

    assert refusal.value.code not in (0, None)
    assert said.format(**words) in f"{capsys.readouterr().err}{refusal.value.code}"


def test_a_late_webhook_waits_in_its_books(gateway):
    authorized(gateway, card="4000000000000135")

    (webhook,) = gateway.books()["webhooks"]

    assert 2 < webhook["due_at"] - datetime.fromisoformat(webhook["body"]["occurred_at"]).timestamp() < 4


def test_card_numbers_are_what_a_form_accepts():
    def luhn(number: str) -> int:
        doubled = [int(each) * 2 for each in number[-2::-2]]
        return (sum(map(int, number[::-2])) + sum(each - 9 if each > 9 else each for each in doubled)) % 10

    assert {luhn(number) for number in CARDS} == {0}
