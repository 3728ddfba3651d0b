"""Ending long work at a good moment when it is asked to (SIGTERM, Ctrl-C), instead of in the middle of a chunk."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

_ASKING = (signal.SIGTERM, signal.SIGINT)


@contextmanager
def asked_politely(note: Callable[[str], None]) -> Iterator[Callable[[], None]]:
    """Keep SIGTERM and SIGINT waiting while the block runs: the function that is yielded is called at each good moment,
    and ends the process with 143 or 130 if it was asked. A second one ends it at once. `note` is told when it is asked.

    Outside of the main thread, which alone hears signals, it never ends anything.
    """
    asked: list[int] = []

    def hear(signum: int, frame: FrameType | None) -> None:
        asked.append(signum)
        if len(asked) > 1:
            raise SystemExit(128 + signum)
        note("Ending at the next good moment. Started again, it goes on from there.")

    def good_moment() -> None:
        if asked:
            raise SystemExit(128 + asked[0])

    if threading.current_thread() is not threading.main_thread():
        yield good_moment
        return
    before = {each: signal.signal(each, hear) for each in _ASKING}
    try:
        yield good_moment
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
