"""Several programs in one terminal: they live and end together."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable

import pytest

from oms.embedded.programs import Program, Programs
from oms.embedded.signals import Signals

WAITS = "trap 'echo tidied up; exit 0' TERM; echo begins; while :; do sleep 0.05; done"


def programs(**scripts: str) -> Programs:
    return Programs([Program(name, ["/bin/sh", "-c", script]) for name, script in scripts.items()], os.environ)


def after(seconds: float, act: Callable[[], None]) -> Callable[[], None]:
    """A tick that acts once the time has come."""
    due = time.monotonic() + seconds
    return lambda: act() if time.monotonic() > due else None


def test_each_line_stands_under_the_name_of_its_program(capsys: pytest.CaptureFixture[str]) -> None:
    code = programs(web="echo one; echo two >&2; sleep 0.3", worker="echo three; sleep 1").run(tick=lambda: None)

    lines = capsys.readouterr().out.splitlines()
    assert {"web    | one", "web    | two", "worker | three"} <= set(lines)
    assert code == 1  # a program that ends unasked is a failure, even if it ends well


def test_when_one_ends_the_others_end_in_good_order(capsys: pytest.CaptureFixture[str]) -> None:
    code = programs(web=WAITS, worker="sleep 0.5; exit 5").run(tick=lambda: None)

    output = capsys.readouterr().out
    assert code == 5
    assert "worker ended with exit code 5" in output
    assert "web    | tidied up" in output


def test_asked_to_end_all_of_them_do_and_that_is_a_success(capsys: pytest.CaptureFixture[str]) -> None:
    both = programs(web=WAITS, worker=WAITS)
    asked: list[bool] = []

    def ask_once() -> None:
        if not asked:
            asked.append(True)
            both.ask_to_end()

    code = both.run(tick=after(0.5, ask_once))

    assert code == 0
    assert capsys.readouterr().out.count("tidied up") == 2


def test_asked_twice_those_that_do_not_listen_are_killed() -> None:
    deaf = programs(web="trap '' TERM; while :; do sleep 0.05; done")
    begin = time.monotonic()

    code = deaf.run(tick=after(0.3, deaf.ask_to_end))

    assert code == 0
    assert time.monotonic() - begin < 5


def test_asked_before_they_were_started_none_is() -> None:
    never = programs(web="touch /nonexistent; exit 3")
    never.ask_to_end()

    assert never.run(tick=lambda: None) == 0


def test_a_signal_that_came_while_a_program_was_being_started_still_reaches_it() -> None:
    signals, heard = Signals(), list[int]()
    before = signal.getsignal(signal.SIGHUP)
    signals.watch([signal.SIGHUP])
    try:
        os.kill(os.getpid(), signal.SIGHUP)

        with signals.passed_to(heard.append):
            os.kill(os.getpid(), signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, before)

    assert heard == [signal.SIGHUP, signal.SIGHUP]
    assert signals.exit_code == 128 + signal.SIGHUP
