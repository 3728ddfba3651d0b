"""Scratch databases on the server that is there, and a web server on one.

Every one is a copy of a template that has the project's tables and a small shop. A filled shop can be kept for the next
run: it is taken again while the migrations and what fills it are the same.
"""

from __future__ import annotations

import hashlib
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit

import psycopg

from bench import fill

SKUS: Final = 2_000
_HERE: Final = Path(__file__).parent


def _url() -> str:
    from django.conf import settings

    return str(settings.DATABASE_URL)


def sibling(url: str, name: str) -> str:
    """The URL of another database on the same server."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=f"/{name}"))


def say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)  # noqa: T201


_TEMPLATE: Final = "bench_template"


@dataclass(slots=True)
class Shops:
    """Shops to measure in, filled ones for all parts of a run."""

    used: list[str] = field(default_factory=list)

    @contextmanager
    def empty(self, name: str) -> Iterator[str]:
        """A shop without orders; its URL. It is gone afterwards."""
        _copy_template(f"bench_{name}")
        try:
            yield sibling(_url(), f"bench_{name}")
        finally:
            _drop(f"bench_{name}")

    def filled(self, orders: int) -> str:
        """A shop with so many orders; its URL. Made where no run before this one has kept it."""
        name = f"bench_orders_{orders}"
        url, mark = sibling(_url(), name), f"filled {_fingerprint()}"
        self.used.append(name)
        if _mark_of(name) != mark:
            say(f"Filling {name} ...")
            _copy_template(name)
            seconds = fill.fill(url, orders, lambda progress: say(f"  {progress}"))
            proof = json.loads(python(url, "bench.verifying"))
            for what in ("--orders", "--payments"):
                proof |= json.loads(python(url, "bench.verifying", what, "500"))
            say(f"  {orders:,} orders in {seconds:.0f} s; proved: {proof['rows']:,} ledger rows")
            _mark(name, mark)
        return url

    def close(self) -> None:
        """Away with everything that was made for this run."""
        for name in (*self.used, _TEMPLATE):
            _drop(name)


def _copy_template(name: str) -> None:
    _make_template()
    _drop(name)
    with closing(psycopg.connect(_url(), autocommit=True)) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE {_TEMPLATE}'.encode())


def _drop(name: str) -> None:
    with closing(psycopg.connect(_url(), autocommit=True)) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'.encode())


def _make_template() -> None:
    mark = f"template {_fingerprint()}"
    if _mark_of(_TEMPLATE) == mark:
        return
    say("Making a small shop ...")
    with closing(psycopg.connect(_url(), autocommit=True)) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {_TEMPLATE} WITH (FORCE)".encode())
        connection.execute(f"CREATE DATABASE {_TEMPLATE}".encode())
    url = sibling(_url(), _TEMPLATE)
    manage(url, "migrate", "--verbosity", "0", "--skip-checks")
    shop(url)
    with closing(psycopg.connect(url, autocommit=True)) as connection:
        connection.execute((_HERE / "sql" / "floor.sql").read_bytes())
        connection.execute("VACUUM ANALYZE")
    _mark(_TEMPLATE, mark)


def _fingerprint() -> str:
    """Of everything that decides what such a database holds: migrations, and the files that fill it."""
    from django.db.migrations.loader import MigrationLoader

    known = sorted(map(str, MigrationLoader(None).disk_migrations))
    files = sorted([_HERE / "shop.py", _HERE / "fill.py", *(_HERE / "sql").glob("*.sql")])
    content = b"".join(path.read_bytes() for path in files)
    return hashlib.sha256("\n".join(known).encode() + content).hexdigest()


def _mark_of(name: str) -> str | None:
    query = "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s"
    with closing(psycopg.connect(_url())) as connection:
        row = connection.execute(query, [name]).fetchone()
    return str(row[0]) if row else None


def _mark(name: str, mark: str) -> None:
    with closing(psycopg.connect(_url(), autocommit=True)) as connection:
        connection.execute(f"COMMENT ON DATABASE \"{name}\" IS '{mark}'".encode())


def environment(url: str) -> dict[str, str]:
    return {
        **os.environ,
        "DATABASE_URL": url,
        "DJANGO_SETTINGS_MODULE": "bench.settings",
        "LOG_LEVEL": "ERROR",
        "PYTHONWARNINGS": "ignore",
    }


def manage(url: str, *arguments: str) -> None:
    subprocess.run([sys.executable, "manage.py", *arguments], check=True, env=environment(url))  # noqa: S603


def python(url: str, *arguments: str) -> str:
    """Run a module on this database; what it printed."""
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-m", *arguments], check=True, env=environment(url), stdout=subprocess.PIPE, text=True
    )
    return done.stdout


def shop(url: str) -> dict[str, Any]:
    """The shop of a database as its clients know it (`bench.shop`); made where there is none."""
    known: dict[str, Any] = json.loads(python(url, "bench.shop", str(SKUS)))
    return known


@contextmanager
def web(url: str, *, workers: int = 2, threads: int = 4) -> Iterator[int]:
    """gunicorn on a free port, as in production: as many workers as cores, some threads."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        *(sys.executable, "-m", "gunicorn", "oms.wsgi", "--bind", f"127.0.0.1:{port}"),
        *("--workers", str(workers), "--threads", str(threads), "--keep-alive", "120", "--log-level", "error"),
    ]
    server = subprocess.Popen(command, env=environment(url))  # noqa: S603
    try:
        _wait(port)
        yield port
    finally:
        server.terminate()
        server.wait(20)


def _wait(port: int) -> None:
    for _ in range(600):
        with closing(socket.socket()) as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError("gunicorn does not answer")
