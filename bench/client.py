"""A small load generator: keep-alive connections in one process, requests prepared as bytes before the clock starts."""

from __future__ import annotations

import selectors
import socket
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field


@dataclass(slots=True)
class Outcome:
    """seconds: of the whole run. statuses: how often each. latencies: seconds of each request."""

    seconds: float = 0.0
    statuses: dict[int, int] = field(default_factory=dict)
    latencies: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        return sum(self.statuses.values()) / self.seconds


def percentile(latencies: Sequence[float], share: float) -> float:
    ordered = sorted(latencies)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def message(path: str, body: bytes, headers: dict[str, str]) -> bytes:
    """One HTTP/1.1 POST as it goes over the wire."""
    more = {"Content-Type": "application/json", "Content-Length": str(len(body))}
    return _head("POST", path, headers | more) + body


def question(path: str, headers: dict[str, str]) -> bytes:
    """One HTTP/1.1 GET as it goes over the wire."""
    return _head("GET", path, headers)


def _head(method: str, path: str, headers: dict[str, str]) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode()


class _Connection:
    def __init__(self, port: int) -> None:
        self.port = port
        self.socket = self._open()
        self.started = 0.0
        self.buffer = b""

    def _open(self) -> socket.socket:
        opened = socket.create_connection(("127.0.0.1", self.port))
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return opened

    def send(self, request: bytes) -> None:
        self.buffer = b""
        self.started = time.perf_counter()
        self.socket.sendall(request)

    def receive(self) -> int | None:
        """The status once the answer is complete; the connection is opened anew where the server closed it."""
        data = self.socket.recv(65536)
        if not data:
            raise ConnectionError("the server closed the connection before it answered")
        self.buffer += data
        head, found, rest = self.buffer.partition(b"\r\n\r\n")
        if not found:
            return None
        lowered = head.lower()
        length = int(lowered.split(b"content-length:")[1].split(b"\r\n")[0])
        return int(head[9:12]) if len(rest) >= length else None


def run(port: int, clients: int, requests: Iterator[bytes]) -> Outcome:
    """Send all requests, `clients` at a time, each as soon as the one before it on its connection is answered."""
    outcome = Outcome()
    selector = selectors.DefaultSelector()
    connections = [_Connection(port) for _ in range(clients)]
    start, busy = time.perf_counter(), 0
    for connection in connections:
        if (request := next(requests, None)) is not None:
            connection.send(request)
            selector.register(connection.socket, selectors.EVENT_READ, connection)
            busy += 1
    while busy:
        for key, _ in selector.select():
            connection = key.data
            status = connection.receive()
            if status is None:
                continue
            outcome.latencies.append(time.perf_counter() - connection.started)
            outcome.statuses[status] = outcome.statuses.get(status, 0) + 1
            if (request := next(requests, None)) is not None:
                connection.send(request)
            else:
                selector.unregister(connection.socket)
                busy -= 1
    outcome.seconds = time.perf_counter() - start
    for connection in connections:
        connection.socket.close()
    return outcome
