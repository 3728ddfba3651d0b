"""The gateway as a program: `manage.py fakegateway`, which does not load Django."""

from __future__ import annotations

import argparse
import base64
import json
import os
import signal
import sqlite3
import sys
import threading
from collections.abc import Sequence
from typing import Final

from payments.fakegateway.books import Books
from payments.fakegateway.server import Gateway
from payments.fakegateway.webhooks import Sender

# Nothing that it protects is worth anything.
SECRET: Final = "whsec_" + base64.b64encode(b"only for tests and for the demo").decode()


HELP: Final = "Run a payment gateway that moves no money, with books of its own, until Ctrl-C (docs/payments.md)."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=_port, default=0, help="0: any that is free")
    parser.add_argument("--books", default=":memory:", metavar="FILE", help="a file that outlives it; else forgotten")
    address = "where webhooks go; else they stay in its books"
    parser.add_argument("--webhooks", type=_address, default="", metavar="URL", help=address)
    hang = "for so long it holds what times out, unless whoever asked hangs up before"
    parser.add_argument("--hang", type=_seconds, default=60.0, metavar="SECONDS", help=hang)
    secret = os.environ.get("OMS_FAKE_GATEWAY_SECRET") or SECRET
    signs = "what webhooks are signed with: whsec_ and base64; else OMS_FAKE_GATEWAY_SECRET, or one that all know"
    parser.add_argument("--secret", type=_secret, default=secret, help=signs)


def _port(text: str) -> int:
    if text.isdecimal() and int(text) < 1 << 16:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text} is no port: write 0 to 65535")


def _address(text: str) -> str:
    if not text or text.startswith(("http://", "https://")):
        return text
    raise argparse.ArgumentTypeError(f"{text} does not begin with http:// or https://")


def _seconds(text: str) -> float:
    if text.replace(".", "", 1).isdecimal():
        return float(text)
    raise argparse.ArgumentTypeError(f"{text} is no number of seconds")


def _secret(text: str) -> str:
    try:
        if base64.b64decode(text.removeprefix("whsec_"), validate=True):
            return text
    except ValueError:
        pass
    raise argparse.ArgumentTypeError("it is not whsec_ and base64")  # and is not shown


def run(options: argparse.Namespace) -> None:
    """Serve until SIGTERM or Ctrl-C. The first line printed is JSON: the address and the pid."""
    try:
        books = Books(options.books)
    except (OSError, sqlite3.Error) as problem:
        sys.exit(f"--books {options.books}: {problem}")
    sender = Sender(books, options.webhooks, options.secret)
    try:
        gateway = Gateway(books, sender, port=options.port, hang=options.hang)
    except OSError as problem:
        sys.exit(f"--port {options.port}: {problem.strerror}")
    sender.start()

    def end(*_: object) -> None:
        threading.Thread(target=gateway.shutdown, daemon=True).start()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    print(json.dumps({"fakegateway": gateway.url, "pid": os.getpid()}), flush=True)  # noqa: T201  (what it is read by)
    gateway.serve_forever(poll_interval=0.1)
    sender.end()
    gateway.server_close()
    books.close()


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="manage.py fakegateway", description=HELP)
    add_arguments(parser)
    run(parser.parse_args(arguments))
