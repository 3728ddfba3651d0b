"""Run several programs in one terminal, each line of output under the name of its program."""

# ruff: noqa: S603, T201  (it starts programs and speaks to a terminal)

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

COLOURS = (36, 33, 35, 32, 34)
GRACE_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Program:
    name: str
    command: Sequence[str]


class Programs:
    """Programs that live and end together: when one ends, or on request, all are asked to end."""

    def __init__(self, programs: Sequence[Program], environment: Mapping[str, str]) -> None:
        self._programs = programs
        self._environment = {**environment, "PYTHONUNBUFFERED": "1"}
        self._width = max(len(program.name) for program in programs)
        self._running: dict[str, subprocess.Popen[str]] = {}
        self._readers: list[threading.Thread] = []
        self._printing = threading.Lock()
        self._asked_at: float | None = None
        self._hurry = False
        self._told: set[str] = set()

    def run(self, *, tick: Callable[[], None]) -> int:
        """Run them to their end; returns the exit code of the first that ended, or 0 if they were asked to.

        `tick` is called about five times a second.
        """
        for colour, program in zip(COLOURS, self._programs, strict=False):
            if self._asked_at is not None:
                break
            self._start(program, colour)

        code: int | None = None
        while any(process.poll() is None for process in self._running.values()):
            if self._asked_at is None:
                code = self._ended_code()
            self._press()
            tick()
            time.sleep(0.2)
        for reader in self._readers:
            reader.join(timeout=1)
        return code or 0

    def ask_to_end(self) -> None:
        """Ask all to finish what they do and end; asked again, or after the grace, they are killed."""
        if self._asked_at is not None:
            self._hurry = True
            return
        self._asked_at = time.monotonic()

    def _start(self, program: Program, colour: int) -> None:
        process = subprocess.Popen(
            program.command,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            # A Ctrl-C reaches us alone, and we end them in good order.
            start_new_session=True,
        )
        self._running[program.name] = process
        reader = threading.Thread(target=self._relay, args=(program.name, process, colour), daemon=True)
        reader.start()
        self._readers.append(reader)

    def _relay(self, name: str, process: subprocess.Popen[str], colour: int) -> None:
        prefix = f"{name:<{self._width}} | "
        if sys.stdout.isatty():
            prefix = f"\033[{colour}m{prefix}\033[0m"
        for line in process.stdout or ():
            with self._printing:
                print(prefix + line.rstrip("\n"), flush=True)

    def _ended_code(self) -> int | None:
        """If one has ended unasked, ask the others to end too, and answer its exit code."""
        for name, process in self._running.items():
            code = process.poll()
            if code is not None:
                with self._printing:
                    print(f"{name} ended with exit code {code}; ending the others", flush=True)
                self.ask_to_end()
                return code if code > 0 else 1
        return None

    def _press(self) -> None:
        if self._asked_at is None:
            return
        for name, process in self._running.items():
            if name not in self._told and process.poll() is None:
                self._told.add(name)
                # To the program only, not to its workers: it tells them itself, gracefully.
                process.send_signal(signal.SIGTERM)
        if self._hurry or time.monotonic() - self._asked_at > GRACE_SECONDS:
            for process in self._running.values():
                if process.poll() is None:
                    os.killpg(process.pid, signal.SIGKILL)
