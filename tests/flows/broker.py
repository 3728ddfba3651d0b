"""A broker of one's own, that can be emptied without hurting anybody."""

from __future__ import annotations

import secrets
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
import redis

from oms.embedded import binaries
from oms.embedded.errors import EmbeddedError

SECONDS = 30


@dataclass(frozen=True)
class Broker:
    url: str

    def flush(self) -> int:
        """FLUSHALL; how many keys there were."""
        with redis.Redis.from_url(self.url) as connection:
            keys = int(connection.dbsize())
            connection.flushall()
        return keys

    def has_a_worker(self) -> bool:
        """Whether somebody has said that he takes messages of the queue."""
        with redis.Redis.from_url(self.url) as connection:
            return bool(connection.exists("_kombu.binding.default"))


@contextmanager
def broker(directory: Path) -> Iterator[Broker]:
    """Valkey or Redis on a free port of the loopback, which keeps nothing, until the block ends."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    password = secrets.token_hex(16)
    configuration = f'bind 127.0.0.1\nport {port}\nrequirepass {password}\nsave ""\nappendonly no\n'
    server = subprocess.Popen([_program(), "-"], cwd=directory, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    try:
        assert server.stdin
        with server.stdin as stdin:
            stdin.write(configuration.encode())
        url = f"redis://:{password}@127.0.0.1:{port}/0"
        _wait_for(url)
        yield Broker(url)
    finally:
        server.kill()
        server.wait()


def _program() -> str:
    with suppress(EmbeddedError):
        return str(binaries.installed().valkey)
    found = shutil.which("valkey-server") or shutil.which("redis-server")
    if found is None:
        pytest.skip("there is no valkey-server and no redis-server here")
    return found


def _wait_for(url: str) -> None:
    ends_at = time.monotonic() + SECONDS
    while True:
        try:
            with redis.Redis.from_url(url) as connection:
                connection.ping()
                return
        except redis.ConnectionError:
            assert time.monotonic() < ends_at, "the broker does not start"
            time.sleep(0.05)
