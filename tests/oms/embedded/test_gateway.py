"""The fake gateway of the demo: it is there while the demo is filled, and again while it runs, with the same books."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import httpx
import pytest

from oms.embedded.gateway import DemoGateway
from oms.embedded.processes import wait_until


def answers(gateway: DemoGateway) -> bool:
    try:
        return httpx.get(f"{gateway.environment['OMS_FAKE_GATEWAY_URL']}/books", trust_env=False).is_success
    except httpx.TransportError:
        return False


def test_it_keeps_its_books_beside_the_demo_and_ends_when_that_is_filled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OMS_VAR", str(tmp_path))
    gateway = DemoGateway.beside(48000)

    with gateway.running(os.environ):
        answered = wait_until(lambda: answers(gateway), 30)

    file = str(tmp_path / "fakegateway.sqlite3")
    assert (answered, answers(gateway), Path(file).is_file()) == (True, False, True)
    assert list(gateway.program.command[-4:]) == [
        *("--books", file),
        *("--webhooks", "http://127.0.0.1:48000/webhooks/payments/fake"),
    ]


def test_it_takes_another_port_where_its_own_is_taken() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]

        assert DemoGateway.beside(port - 90).port != port
