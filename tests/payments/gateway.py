"""The fake gateway as a process of its own, and what tests ask of it besides what our adapter does.

def test_it(gateway):            # payments with the provider "fake" are made there
    gateway.script("refund", "timeout_after")
    ...
    assert gateway.moved(reference) == (10000, 7000, 0)
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from payments.fakegateway.webhooks import signature
from payments.providers.base import InboundWebhook

ROOT = Path(__file__).resolve().parents[2]
HANGS = 0.4  # seconds; who waits longer sees the connection cut
SECRET = "whsec_b25seSBmb3IgdGVzdHM="


class Gateway:
    """A running fake gateway. file: its books, which outlive it."""

    def __init__(self, file: Path) -> None:
        command = [sys.executable, "manage.py", "fakegateway", "--books", str(file), "--secret", SECRET]
        command += ["--hang", str(HANGS)]
        self._process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self.url: str = json.loads(self._process.stdout.readline())["fakegateway"]
        self._client = httpx.Client(base_url=self.url, trust_env=False, timeout=10)

    @property
    def settings(self) -> dict[str, str]:
        """For settings.OMS."""
        return {"FAKE_GATEWAY_URL": self.url, "FAKE_GATEWAY_SECRET": SECRET}

    @property
    def environment(self) -> dict[str, str]:
        """The same for another process of ours."""
        return {"OMS_FAKE_GATEWAY_URL": self.url, "OMS_FAKE_GATEWAY_SECRET": SECRET}

    def script(self, on: str = "any", do: str = "", *, webhook: str = "", times: int = 1, pid: int = 0) -> None:
        """What happens with the next calls: payments.fakegateway.cards.Twist, Manner."""
        self._post("/script", {"on": on, "do": do, "webhook": webhook, "times": times, "pid": pid})

    def forget_script(self) -> None:
        self._post("/script", {"clear": True})

    def webhooks_to(self, url: str) -> None:
        self._post("/script", {"webhooks": url})

    def begin_anew(self) -> None:
        """Empty books, nothing scripted, nobody who hears."""
        self._post("/script", {"clear": True, "forget": True, "webhooks": ""})

    def books(self) -> dict[str, Any]:
        """payments with their movements, calls and webhooks, as the gateway has them."""
        return self._get("/books")

    def payment(self, reference: str) -> dict[str, Any]:
        payment: dict[str, Any] = self._get(f"/v1/payments/{reference}")["payment"]
        return payment

    def moved(self, reference: str) -> tuple[int, int, int]:
        """Authorized, captured and refunded, in minor units."""
        payment = self.payment(reference)
        return payment["authorized"], payment["captured"], payment["refunded"]

    def movements(self, reference: str) -> list[tuple[str, int, str]]:
        return [(each["act"], each["amount"], each["state"]) for each in self.payment(reference)["movements"]]

    def calls(self, act: str) -> list[str]:
        """The keys of all calls of this kind, the first one first."""
        return [each["key"] for each in self.books()["calls"] if each["path"].endswith(f"/{act}")]

    def webhooks(self) -> list[dict[str, Any]]:
        """The bodies, in the order in which they were written."""
        return [each["body"] for each in self.books()["webhooks"]]

    def signed_webhooks(self) -> list[InboundWebhook]:
        """What it would send, signed as it would be."""
        return [
            InboundWebhook(
                headers={
                    "webhook-id": each["id"],
                    "webhook-timestamp": str(at := int(time.time())),
                    "webhook-signature": signature(SECRET, each["id"], at, body := json.dumps(each).encode()),
                },
                body=body,
            )
            for each in self.webhooks()
        ]

    def settle(self, reference: str, outcome: str = "succeeded", movement: str = "") -> None:
        """What is pending gets its outcome; by its id also a capture or refund that was done, which then failed."""
        body = {"outcome": outcome, **({"movement": movement} if movement else {})}
        self._post(f"/v1/payments/{reference}/settle", body)

    def customer(self, reference: str, result: str = "approve") -> None:
        """Who pays answers the question of 3-D Secure: approve or fail."""
        self._post(f"/3ds/{reference}", {"result": result})

    def move_there(self, reference: str, act: str, amount: int, currency: str = "USD", *, key: str = "") -> None:
        """Somebody moves money at the gateway itself, not from here; or with a key of ours, so late that we gave up."""
        self._post(f"/v1/payments/{reference}/{act}", {"amount": amount, "currency": currency}, key)

    def stop(self) -> None:
        self._client.close()
        self._process.terminate()
        self._process.wait(10)

    def _get(self, path: str) -> dict[str, Any]:
        answer = self._client.get(path)
        assert answer.is_success, answer.text
        told: dict[str, Any] = answer.json()
        return told

    def _post(self, path: str, body: dict[str, Any], key: str = "") -> None:
        answer = self._client.post(path, json=body, headers={"Idempotency-Key": key or f"there-{uuid4()}"})
        assert answer.is_success, answer.text


@pytest.fixture(scope="session")
def gateway_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    running = Gateway(tmp_path_factory.mktemp("gateway") / "books.sqlite3")
    yield running
    running.stop()


@pytest.fixture
def gateway(gateway_process: Gateway, settings: Any) -> Gateway:
    """The gateway with empty books, as the provider "fake"."""
    gateway_process.begin_anew()
    settings.OMS = settings.OMS | gateway_process.settings
    return gateway_process
