"""The gateway as a program: `manage.py fakegateway`, which does not load Django."""

from __future__ import annotations

import argparse
import base64
import json
import os
import signal
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from payments.fakegateway.books import Books
from payments.fakegateway.server import Gateway
from payments.fakegateway.webhooks import Sender

# Nothing that it protects is worth anything.
SECRET: Final = "whsec_" + base64.b64encode(b"only for tests and for the demo").decode()


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=int, default=0, help="0: any that is free")
    parser.add_argument("--books", default=":memory:", metavar="FILE", help="a file that outlives it; else forgotten")
    parser.add_argument("--webhooks", default="", metavar="URL", help="where webhooks go; else they stay in its books")
    hang = "for so long it holds what times out, unless whoever asked hangs up before"
    parser.add_argument("--hang", type=float, default=60.0, metavar="SECONDS", help=hang)
    secret = os.environ.get("OMS_FAKE_GATEWAY_SECRET") or SECRET
    parser.add_argument("--secret", default=secret, help="what webhooks are signed with (whsec_...)")


def run(options: argparse.Namespace) -> None:
    """Serve until SIGTERM or Ctrl-C. The first line printed is JSON: the address and the pid."""
    if options.books != ":memory:":
        Path(options.books).parent.mkdir(parents=True, exist_ok=True)
    books = Books(options.books)
    sender = Sender(books, options.webhooks, options.secret)
    gateway = Gateway(books, sender, port=options.port, hang=options.hang)
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
    parser = argparse.ArgumentParser(prog="manage.py fakegateway", description=__doc__)
    add_arguments(parser)
    run(parser.parse_args(arguments))
