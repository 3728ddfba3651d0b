"""Somebody else's shop: it serves its orders by HTTP in pages, with books of its own, and misbehaves as it is told.

    python -m tests.order_server ORDERS PAGE_SIZE [FAULT …]

prints its port. GET /orders gives pages, GET /whole one file with an ETag, GET /books what it has, POST /change?count=3
changes some orders and adds as many. Each fault hits one request for a page: 429, 500, cut, slow, or "ok" for none;
"repeats" makes each page begin with the last orders of the one before.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

REPEATED = 2


class Books:
    """The orders by number, each with its quantity and when it last changed; and what was asked."""

    def __init__(self, count: int, page_size: int, faults: list[str]) -> None:
        self.page_size = page_size
        self.repeats = "repeats" in faults
        self.faults = [fault for fault in faults if fault != "repeats"]
        self.slow_seconds = 2.5
        self.secret = ""
        self.hurry = ""  # Retry-After of a 429
        self.extra_headers: dict[str, str] = {}
        self.asked: list[dict[str, Any]] = []
        self.lock = threading.Lock()
        self.orders: dict[str, dict[str, Any]] = {}
        self.add(count)

    def add(self, count: int) -> None:
        now = datetime.now(UTC)
        for number in range(len(self.orders) + 1, len(self.orders) + count + 1):
            self.orders[f"S-{number}"] = {"quantity": 1 + number % 5, "at": now + timedelta(microseconds=number)}

    def pages_asked(self) -> list[dict[str, Any]]:
        return [each for each in self.asked if each["path"] == "/orders"]

    def change(self, count: int) -> None:
        with self.lock:
            now = datetime.now(UTC)
            for place, name in enumerate(list(self.orders)[:count]):
                order = self.orders[name]
                self.orders[name] = {"quantity": order["quantity"] + 10, "at": now + timedelta(microseconds=place)}
            self.add(count)

    def page(self, since: datetime | None, number: int) -> tuple[list[str], bool]:
        """The lines of a page, oldest change first, and whether there is another."""
        with self.lock:
            rows = sorted(self.orders.items(), key=lambda row: row[1]["at"])
        rows = [row for row in rows if since is None or row[1]["at"] >= since]
        start = number * self.page_size
        end = start + self.page_size
        if self.repeats:
            start = max(0, start - REPEATED)
        return [line(name, order["quantity"]) for name, order in rows[start:end]], end < len(rows)


def line(name: str, quantity: int) -> str:
    items = [{"sku": "LAMP", "title": "Lamp", "quantity": quantity, "unit_price": 10}]
    told = {"external_id": name, "currency_code": "GBP", "placed_at": "2024-05-01T10:00:00Z", "items": items}
    return json.dumps(told)


class OrderServer(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, count: int = 0, page_size: int = 10, faults: list[str] | None = None) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.books = Books(count, page_size, faults or [])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is nothing to talk about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: OrderServer

    def log_message(self, *_: Any) -> None: ...

    def do_GET(self) -> None:
        books = self.server.books
        url = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        with books.lock:
            books.asked.append({"path": url.path, "query": query, "headers": dict(self.headers)})
        if books.secret and self.headers.get("Authorization") != books.secret:
            self._answer(401, b"")
        elif url.path == "/books":
            told = {name: order["quantity"] for name, order in books.orders.items()}
            self._answer(
                200, json.dumps({"orders": told, "asked": len(books.pages_asked()), "left": books.faults}).encode()
            )
        elif url.path == "/whole":
            self._whole(books)
        elif url.path == "/orders":
            self._page(books, query)
        else:
            self._answer(404, b"")

    def do_POST(self) -> None:
        url = urlsplit(self.path)
        self.server.books.change(int(parse_qs(url.query)["count"][0]))
        self._answer(200, b"")

    def _whole(self, books: Books) -> None:
        body = "".join(f"{line(name, order['quantity'])}\n" for name, order in books.orders.items()).encode()
        etag = f'"{hash(body)}"'
        if self.headers.get("If-None-Match") == etag:
            self._answer(304, b"")
        else:
            self._answer(200, body, ETag=etag)

    def _page(self, books: Books, query: dict[str, str]) -> None:
        with books.lock:
            fault = books.faults.pop(0) if books.faults else ""
        if fault == "429":
            return self._answer(429, b"", **{"Retry-After": books.hurry or "1"})
        if fault == "500":
            return self._answer(500, b"broken")
        if fault == "slow":
            time.sleep(books.slow_seconds)
        since = datetime.fromisoformat(query["updated_since"]) if "updated_since" in query else None
        number = int(query.get("page", 0))
        lines, more = books.page(since, number)
        asked = "".join(f"&{name}={value}" for name, value in query.items() if name != "page").replace("+", "%2B")
        link = {"Link": f'</orders?page={number + 1}{asked}>; rel="next"'} if more else {}
        self._answer(200, "".join(f"{each}\n" for each in lines).encode(), cut=fault == "cut", **link)
        return None

    def _answer(self, status: int, body: bytes, *, cut: bool = False, **headers: str) -> None:
        self.send_response_only(status)
        self.send_header("Date", format_datetime(datetime.now(UTC), usegmt=True))
        for name, value in (headers | self.server.books.extra_headers).items():
            self.send_header(name, value)
        if status != 304:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if cut else body)
        if cut:
            self.close_connection = True


def main(count: int, page_size: int, faults: list[str]) -> None:
    server = OrderServer(count, page_size, faults)
    sys.stdout.write(f"{server.server_address[1]}\n")
    sys.stdout.flush()
    server.serve_forever()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])
