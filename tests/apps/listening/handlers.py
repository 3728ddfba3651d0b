"""What another installed app listens to: each receiver appends what it hears to the file that LISTENING_FILE names.

It takes LISTENING_SECONDS for it, and fails before it with a chance of LISTENING_FAILURES (none where that is not set).
"""

from __future__ import annotations

import json
import os
import random
import time
from typing import Any

from django.dispatch import receiver

from oms.core.events import Delivered, on, signal


@receiver(signal("order.placed"))
def plain(sender: Any, event: Delivered, **kwargs: Any) -> None:
    _write("plain", event)


@on("order.placed", "order.hold_placed", "order.hold_released")
def short(event: Delivered) -> None:
    _write("short", event)


@on("order.hold_placed", ordered=False)
def loose(event: Delivered) -> None:
    _write("loose", event)


def _write(receiver: str, event: Delivered) -> None:
    """One line, in one write: also a process that is killed leaves whole lines."""
    if random.random() < float(os.environ.get("LISTENING_FAILURES", "0")):
        raise ConnectionError("nobody answers")
    time.sleep(float(os.environ["LISTENING_SECONDS"]))
    heard = {
        "pid": os.getpid(),
        "receiver": receiver,
        "event": event.name,
        "sequence": event.sequence,
        "order": event["order_id"],
    }
    file = os.open(os.environ["LISTENING_FILE"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.write(file, json.dumps(heard).encode() + b"\n")
    os.close(file)
