"""What Ctrl-C, a plain `kill` and a closed terminal do to a command that has servers to stop."""

from __future__ import annotations

import os
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from types import FrameType

WATCHED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Signals:
    """Notes signals instead of dying of them, and passes them on to whoever is at work."""

    def __init__(self) -> None:
        self._received: list[int] = []
        self._waiting: deque[int] = deque()
        self._pass_on: Callable[[int], None] | None = None

    def watch(self, signums: Iterable[int] = WATCHED) -> None:
        for signum in signums:
            signal.signal(signum, self._receive)

    @contextmanager
    def passed_to(self, pass_on: Callable[[int], None]) -> Iterator[None]:
        """Within the block signals go there; first the one that came while it was still being started."""
        self._pass_on = pass_on
        self._deliver()
        try:
            yield
        finally:
            self._pass_on = None

    @property
    def exit_code(self) -> int | None:
        """What a shell would report of a command that the first signal ended; None if there was none."""
        return 128 + self._received[0] if self._received else None

    def _receive(self, signum: int, _: FrameType | None) -> None:
        self._received.append(signum)
        self._waiting.append(signum)
        self._deliver()

    def _deliver(self) -> None:
        while self._pass_on is not None and self._waiting:
            self._pass_on(self._waiting.popleft())


def terminal_tells_our_children() -> bool:
    """Whether a Ctrl-C comes from a terminal that sends it to our children as well.

    Then passing it on would make two of one, and a second Ctrl-C means "at once" to pytest and Celery.
    """
    try:
        terminal = os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY)
    except OSError:
        return False
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:
        return False
    finally:
        os.close(terminal)
