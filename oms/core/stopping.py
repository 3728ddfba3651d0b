"""Ending long work at a good moment when the system asks for it (SIGTERM), instead of in the middle of a chunk."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

_ASKED_EXIT_CODE = 128 + signal.SIGTERM


@contextmanager
def asked_politely(note: Callable[[str], None]) -> Iterator[Callable[[], None]]:
    """Keep SIGTERM waiting while the block runs: the function that is yielded is called at each good moment, and ends
    the process with 143 if it was asked. A second SIGTERM ends it at once. `note` is told when it is asked.

    Outside of the main thread, which alone hears signals, it never ends anything.
    """
    asked = threading.Event()

    def hear(signum: int, frame: FrameType | None) -> None:
        if asked.is_set():
            raise SystemExit(_ASKED_EXIT_CODE)
        asked.set()
        note("Ending at the next good moment. Started again, it goes on from there.")

    def good_moment() -> None:
        if asked.is_set():
            raise SystemExit(_ASKED_EXIT_CODE)

    if threading.current_thread() is not threading.main_thread():
        yield good_moment
        return
    before = signal.signal(signal.SIGTERM, hear)
    try:
        yield good_moment
    finally:
        signal.signal(signal.SIGTERM, before)
