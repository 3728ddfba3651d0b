"""`manage.py up`: servers, and what is to run with them.

    manage.py up                   migrate, then web, worker and beat in this terminal until Ctrl-C
    manage.py up --demo            the same with a small shop to look at, and a fake payment gateway
    manage.py up -- COMMAND ...    run the command with the servers, exit with its exit code
    manage.py up --stop            stop servers that a killed command left behind

It runs before Django is loaded, because settings need the servers. Commands that run at the same time share
them; the last one to end stops them.
"""

# ruff: noqa: S603, T201  (it starts what its user names, and speaks to a terminal)

from __future__ import annotations

import argparse
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path

from oms.embedded import binaries, supervisor
from oms.embedded.errors import EmbeddedError
from oms.embedded.gateway import DemoGateway
from oms.embedded.programs import Program, Programs
from oms.embedded.signals import Signals, terminal_tells_our_children
from oms.embedded.state import PROJECT, Servers, var_dir
from oms.embedded.supervisor import Session

QUEUES = "default,providers,imports,webhooks"
NOT_FOUND, NOT_RUNNABLE = 127, 126


def main(arguments: Sequence[str]) -> int:
    """Run `manage.py up` with these arguments; returns the exit code."""
    options, command = _parse(arguments)
    signals = Signals()
    signals.watch()
    try:
        if options.stop:
            return 0 if supervisor.stop_unused(say=_say) else 1
        if _external_servers():
            return Up(None, signals).run(command, demo=options.demo)
        with supervisor.servers(say=_say) as session:
            return Up(session, signals).run(command, demo=options.demo)
    except EmbeddedError as error:
        _say(str(error))
        return 1


class Up:
    """One run of `manage.py up`; without a session it is with the servers of the environment."""

    def __init__(self, session: Session | None, signals: Signals) -> None:
        self._session = session
        self._signals = signals
        self._environment = _environment(session)

    def run(self, command: Sequence[str], *, demo: bool) -> int:
        return self._run_one(command) if command else self._serve(demo=demo)

    def _run_one(self, command: Sequence[str]) -> int:
        """Run one command in this terminal, passing signals on; returns its exit code as a shell would."""
        if self._signals.exit_code is not None:
            return self._signals.exit_code
        try:
            program = subprocess.Popen(command, env=self._environment)
        except OSError as error:
            _say(f"{command[0]}: {error.strerror}")
            return NOT_FOUND if isinstance(error, FileNotFoundError) else NOT_RUNNABLE

        def pass_on(signum: int) -> None:
            if program.poll() is None and not (signum == signal.SIGINT and terminal_tells_our_children()):
                program.send_signal(signum)

        with self._signals.passed_to(pass_on):
            code = program.wait()
        return code if code >= 0 else 128 - code

    def _serve(self, *, demo: bool) -> int:
        """Migrate, seed if asked, then run web, worker and beat until Ctrl-C."""
        port = int(os.environ.get("PORT") or 8000)
        if _listens(port):
            again = "make demo" if demo else "python manage.py up"
            _say(f"Port {port} is taken. Choose another one: PORT={port + 1} {again}")
            return 1
        welcome = var_dir() / "welcome.txt"
        self._environment["OMS_WELCOME"] = str(welcome)
        # Where collected static files would lie; in development there are none, and WhiteNoise would wonder.
        (PROJECT / "var/static").mkdir(parents=True, exist_ok=True)

        gateway = DemoGateway.beside(port) if demo and not os.environ.get("OMS_FAKE_GATEWAY_URL") else None
        if gateway is not None:
            self._environment |= gateway.environment
        with gateway.running(self._environment) if gateway else nullcontext():
            for step in [["migrate", "--verbosity=0"], *([["demo"]] if demo else [])]:
                code = self._run_one([sys.executable, str(PROJECT / "manage.py"), *step])
                if code != 0 or self._signals.exit_code is not None:
                    return code or self._signals.exit_code or 0
        return self._run_programs(port, welcome if demo else None, [gateway.program] if gateway else [])

    def _run_programs(self, port: int, welcome: Path | None, more: Sequence[Program]) -> int:
        programs = Programs([*_programs(port), *more], self._environment)
        watch = _Watch(port, welcome, self._session.servers if self._session else None, programs)
        with self._signals.passed_to(lambda _: programs.ask_to_end()):
            return programs.run(tick=watch.look)


class _Watch:
    """Says the address once it answers, and ends the programs if a server is gone."""

    def __init__(self, port: int, welcome: Path | None, servers: Servers | None, programs: Programs) -> None:
        self._port = port
        self._welcome = welcome
        self._servers = servers
        self._programs = programs
        self._greeted = False
        self._server_lost = False

    def look(self) -> None:
        if not self._greeted and _listens(self._port):
            self._greeted = True
            self._greet()
        if self._servers is not None and not self._server_lost and not self._servers.alive:
            self._server_lost = True
            _say(f"PostgreSQL or Valkey has ended; see the logs in {self._servers.home}")
            self._programs.ask_to_end()

    def _greet(self) -> None:
        address = f"http://127.0.0.1:{self._port}"
        lines = ["", f"  Console   {address}/console/", f"  API       {address}/docs", ""]
        if self._welcome is not None and self._welcome.is_file():
            lines += [f"  {line}" for line in self._welcome.read_text().splitlines()] + [""]
        lines += ["  Ctrl-C ends everything in good order.", ""]
        print("\n".join(lines), flush=True)


def _parse(arguments: Sequence[str]) -> tuple[argparse.Namespace, list[str]]:
    """Options before the first `--`, the command behind it."""
    arguments = list(arguments)
    cut = arguments.index("--") if "--" in arguments else len(arguments)
    parser = argparse.ArgumentParser(
        prog="manage.py up", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--demo", action="store_true", help="seed a small shop before serving")
    parser.add_argument("--stop", action="store_true", help="stop servers that nobody uses any more")
    options = parser.parse_args(arguments[:cut])
    command = arguments[cut + 1 :]
    if cut < len(arguments) and not command:
        parser.error("a command is missing behind --")
    if command and (options.demo or options.stop):
        parser.error("a command goes with neither --demo nor --stop")
    return options, command


def _external_servers() -> bool:
    return bool(os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL"))


def _environment(session: Session | None) -> dict[str, str]:
    """What the commands get: the URLs, and first in the path this Python and PostgreSQL's client tools.

    A URL that the caller has set stays.
    """
    environment = dict(os.environ)
    path = [str(Path(sys.executable).parent)]
    if session is not None:
        # Before the system's: a pg_dump that is older than the server refuses to work.
        path.append(str(binaries.installed().postgres))
        given = {name: environment[name] for name in ("DATABASE_URL", "REDIS_URL") if environment.get(name)}
        environment |= session.environment | given
    path.append(environment.get("PATH", os.defpath))
    environment["PATH"] = os.pathsep.join(path)
    return environment


def _programs(port: int) -> list[Program]:
    """What the Procfile lists, sized for one laptop."""
    python = sys.executable
    celery = [python, "-m", "celery", "--workdir", str(PROJECT), "-A", "oms"]
    processes = str(min(4, os.cpu_count() or 1))
    return [
        Program(
            "web",
            [
                *(python, "-m", "gunicorn", "oms.wsgi", "--chdir", str(PROJECT)),
                *("--bind", f"127.0.0.1:{port}", "--workers", "2", "--threads", "8", "--no-control-socket"),
            ],
        ),
        Program("worker", [*celery, "worker", "-Q", QUEUES, "--concurrency", processes, "--loglevel", "warning"]),
        Program(
            "beat",
            [*celery, "beat", "--scheduler", "django_celery_beat.schedulers:DatabaseScheduler", "--pidfile="],
        ),
    ]


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _say(text: str) -> None:
    """To standard error: what a command prints belongs to the command."""
    print(text, file=sys.stderr, flush=True)
