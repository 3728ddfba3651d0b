"""The Celery side of the outbox: a nudge costs a request nothing, whatever the broker does, and survives a fork."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from django.conf import settings

PROJECT = Path(__file__).resolve().parents[2]

NUDGES = """
import os, threading, time
import django
django.setup()
from oms import relay

def nudged():
    started = time.monotonic()
    for _ in range(1000):
        relay.nudge()
    alive = sum(thread.name == "outbox-nudger" for thread in threading.enumerate())
    return alive == 1 and time.monotonic() - started < 1

relay._nudger_lock.acquire()  # as another thread may hold it at the moment of the fork
child = os.fork()
if child == 0:
    os._exit(0 if nudged() else 1)
relay._nudger_lock.release()
assert nudged()
child = os.fork()  # with a nudger that is there already
if child == 0:
    os._exit(0 if nudged() else 1)
assert {os.wait()[1], os.wait()[1]} == {0}
"""


def test_a_nudge_neither_waits_nor_fails_while_the_broker_is_down_nor_after_a_fork():
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "oms.settings",
        "DATABASE_URL": settings.DATABASE_URL,
        "REDIS_URL": "redis://127.0.0.1:1/0",
    }

    # From 3.12 on Python warns of a fork beside a thread, which is what happens here, and may.
    nudges = [sys.executable, "-W", "ignore:This process:DeprecationWarning", "-c", NUDGES]
    ended = subprocess.run(nudges, cwd=PROJECT, env=environment, capture_output=True, text=True, timeout=60)

    assert (ended.returncode, ended.stderr) == (0, "")
