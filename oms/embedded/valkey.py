"""The Valkey server: broker of Celery, cache of Django."""

from __future__ import annotations

import contextlib
import secrets
import signal
import socket
import subprocess
from dataclasses import dataclass
from pathlib import Path

from oms.embedded.binaries import Binaries
from oms.embedded.errors import EmbeddedError
from oms.embedded.lookup import find_server
from oms.embedded.places import Places
from oms.embedded.processes import Process, wait_until

START_SECONDS = 60
STOP_SECONDS = 30
ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class Valkey:
    """One Valkey with its data in `places.home`.

    It listens on a free port of the loopback, with a password: redis-py and Celery write the path of a socket
    in two different ways, and a port reads the same to both.
    """

    places: Places
    binaries: Binaries

    @property
    def data(self) -> Path:
        return self.places.home / "valkey"

    @property
    def log(self) -> Path:
        return self.places.home / "valkey.log"

    def running(self) -> Process | None:
        """The server of this data directory, whoever started it; never a stranger with its old pid."""
        try:
            pid = int((self.data / "valkey.pid").read_text())
        except (OSError, ValueError):
            return None
        return find_server(pid, name="valkey-server", directory=self.data)

    def start(self) -> tuple[Process, str]:
        """Start it with what it last wrote down; returns the process and the URL once it answers."""
        self.places.account.make_directory(self.data)
        password = secrets.token_urlsafe(24)
        for _ in range(ATTEMPTS):
            port = _free_port()
            process = self._start_at(port, password)
            if process is not None:
                return process, f"redis://:{password}@127.0.0.1:{port}/0"
        raise EmbeddedError(f"Valkey does not start. See its log, {self.log}")

    def stop(self, process: Process) -> None:
        """Let it write down what is queued, and end."""
        process.send(signal.SIGTERM)
        if not process.wait(STOP_SECONDS):
            process.send(signal.SIGKILL)
            process.wait(STOP_SECONDS)

    def _start_at(self, port: int, password: str) -> Process | None:
        server = self.places.account.start([self.binaries.valkey, "-"], log=self.log, stdin=subprocess.PIPE)
        try:
            _write(server, self._configuration(port, password))
            wait_until(lambda: server.poll() is not None or _answers(port, password), START_SECONDS)
        except BaseException:
            server.terminate()
            server.wait(STOP_SECONDS)
            raise
        process = Process.of(server.pid)
        if process is None or server.poll() is not None:
            return None  # Somebody took the port in between, most likely.
        _started_here.append(server)
        return process

    def _configuration(self, port: int, password: str) -> str:
        """Given by standard input: a command line can be read by everyone on the machine."""
        directory = str(self.data).replace("\\", "\\\\").replace('"', '\\"')
        return "\n".join(
            [
                "bind 127.0.0.1",
                f"port {port}",
                f"requirepass {password}",
                f'dir "{directory}"',
                f'pidfile "{directory}/valkey.pid"',
                "daemonize no",
                # Queued tasks survive a crash but for the last second; the outbox sends those again.
                "appendonly yes",
                "appendfsync everysec",
                'save ""',
                # A broker that forgets silently is worse than one that refuses.
                "maxmemory-policy noeviction",
                "",
            ]
        )


_started_here: list[subprocess.Popen[bytes]] = []


def _write(server: subprocess.Popen[bytes], configuration: str) -> None:
    if server.stdin is None:
        return
    # A pipe is broken when the server ended before it read; the caller notices.
    with contextlib.suppress(BrokenPipeError), server.stdin as stdin:
        stdin.write(configuration.encode())


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _answers(port: int, password: str) -> bool:
    """Whether it lets us in and has loaded its data."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
            connection.sendall(f"AUTH {password}\r\nPING\r\n".encode())
            answer = b""
            while answer.count(b"\r\n") < 2:
                part = connection.recv(256)
                if not part:
                    return False
                answer += part
    except OSError:
        return False
    return answer.startswith(b"+OK") and b"+PONG" in answer
