"""The fake payment gateway beside the demo, with books that lie beside the demo's database."""

# ruff: noqa: S603  (it starts our own program)

from __future__ import annotations

import base64
import secrets
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, Self

from oms.embedded.programs import Program
from oms.embedded.state import PROJECT, var_dir

_BESIDE: Final = 90  # its port is so much above that of web, where that is free
_GRACE_SECONDS: Final = 5.0


@dataclass(frozen=True, slots=True)
class DemoGateway:
    """Where it listens, whom it tells, and the secret that both know."""

    port: int
    web_port: int
    secret: str

    @classmethod
    def beside(cls, web_port: int) -> Self:
        return cls(
            _free_port(web_port + _BESIDE), web_port, f"whsec_{base64.b64encode(secrets.token_bytes(24)).decode()}"
        )

    @property
    def environment(self) -> dict[str, str]:
        return {
            "OMS_FAKE_GATEWAY_URL": f"http://127.0.0.1:{self.port}",
            "OMS_FAKE_GATEWAY_SECRET": self.secret,
        }

    @property
    def program(self) -> Program:
        """For as long as the demo runs: it tells of what happened meanwhile, too."""
        webhooks = f"http://127.0.0.1:{self.web_port}/webhooks/payments/fake"
        return Program("gateway", [*self._command(), "--webhooks", webhooks])

    @contextmanager
    def running(self, environment: Mapping[str, str]) -> Iterator[None]:
        """While the demo is filled, before anybody listens for webhooks: they stay in its books."""
        process = subprocess.Popen(self._command(), env=environment, stdout=subprocess.DEVNULL, start_new_session=True)
        try:
            yield
        finally:
            process.terminate()
            try:
                process.wait(_GRACE_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _command(self) -> list[str]:
        books = str(var_dir() / "fakegateway.sqlite3")
        return [sys.executable, str(PROJECT / "manage.py"), "fakegateway", "--port", str(self.port), "--books", books]


def _free_port(wanted: int) -> int:
    """This one, or any where it is taken."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except (OSError, OverflowError):
                continue
            found: int = probe.getsockname()[1]
            return found
    return wanted
