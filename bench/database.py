"""A scratch database on the server that is there, and a web server on it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from urllib.parse import urlsplit, urlunsplit

import psycopg


def _url() -> str:
    from django.conf import settings

    return str(settings.DATABASE_URL)


def sibling(url: str, name: str) -> str:
    """The URL of another database on the same server."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=f"/{name}"))


@contextmanager
def scratch(name: str) -> Iterator[str]:
    """Make a database with the project's tables, give its URL, drop it afterwards."""
    base = _url()
    with closing(psycopg.connect(base, autocommit=True)) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        connection.execute(f'CREATE DATABASE "{name}"')
    url = sibling(base, name)
    manage(url, "migrate", "--verbosity", "0", "--skip-checks")
    try:
        yield url
    finally:
        with closing(psycopg.connect(base, autocommit=True)) as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def environment(url: str) -> dict[str, str]:
    return {**os.environ, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "bench.settings", "LOG_LEVEL": "ERROR"}


def manage(url: str, *arguments: str) -> None:
    subprocess.run([sys.executable, "manage.py", *arguments], check=True, env=environment(url))  # noqa: S603


def python(url: str, *arguments: str) -> str:
    """Run a module on this database; what it printed."""
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-m", *arguments], check=True, env=environment(url), stdout=subprocess.PIPE, text=True
    )
    return done.stdout


@contextmanager
def web(url: str, *, workers: int = 2, threads: int = 4) -> Iterator[int]:
    """gunicorn on a free port, as in production: as many workers as cores, some threads."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        *(sys.executable, "-m", "gunicorn", "oms.wsgi", "--bind", f"127.0.0.1:{port}"),
        *("--workers", str(workers), "--threads", str(threads), "--keep-alive", "30", "--log-level", "error"),
    ]
    server = subprocess.Popen(command, env=environment(url))  # noqa: S603
    try:
        _wait(port)
        yield port
    finally:
        server.terminate()
        server.wait(20)


def _wait(port: int) -> None:
    for _ in range(200):
        with closing(socket.socket()) as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError("gunicorn does not answer")
