"""The PostgreSQL server: its data directory, its start, its stop."""

from __future__ import annotations

import shlex
import shutil
import signal
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from oms.embedded.account import named_user_prefix
from oms.embedded.binaries import Binaries
from oms.embedded.errors import EmbeddedError
from oms.embedded.lookup import find_server, servers_in
from oms.embedded.places import SOCKET_NAME, Places
from oms.embedded.processes import Process, wait_until

NAME = "oms"

# Commits are durable, as PostgreSQL ships it: figures and crash tests rely on it.
SETTINGS = {
    "listen_addresses": "",
    "port": "5432",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "fsync": "on",
    "synchronous_commit": "on",
    "max_wal_size": "2GB",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] ",
    "log_checkpoints": "off",
}

# Sorting and upper case by Unicode code point, from PostgreSQL itself: the same on every machine.
INITDB_OPTIONS = (
    "--auth=trust",
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
)

START_SECONDS = 300
STOP_SECONDS = 60
ORPHAN_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Postgres:
    """One PostgreSQL with its data in `places.home`, reachable by its socket only."""

    places: Places
    binaries: Binaries

    @property
    def data(self) -> Path:
        return self.places.home / "postgres"

    @property
    def log(self) -> Path:
        return self.places.home / "postgres.log"

    @property
    def url(self) -> str:
        """As libpq, psycopg and Django read it: the directory of the socket is a parameter."""
        return f"postgresql://{NAME}@/{NAME}?host={quote(str(self.places.sockets))}"

    def running(self) -> Process | None:
        """The server of this data directory, whoever started it; never a stranger with its old pid."""
        pid = self._noted_pid()
        return None if pid is None else find_server(pid, name="postgres", directory=self.data)

    def start(self, say: Callable[[str], None]) -> Process:
        """Start it, with a new database if there is none; returns when it takes connections.

        Refuses a data directory that another major version wrote.
        """
        self._refuse_other_major_version()
        self._clear_away_a_dead_server()
        if not self.data.exists():
            self._initialise()

        server = self.places.account.start(self._command(), log=self.log, stdin=subprocess.DEVNULL)
        try:
            self._wait_until_ready(server, say)
        except BaseException:
            server.send_signal(signal.SIGINT)
            server.wait(STOP_SECONDS)
            raise
        process = Process.of(server.pid)
        if process is None:
            raise EmbeddedError(f"PostgreSQL stopped at once. {self._last_words()}")
        _keep(server)
        return process

    def stop(self, process: Process) -> None:
        """Fast shutdown: open transactions roll back, everything committed is on disk."""
        process.send(signal.SIGINT)
        if not process.wait(STOP_SECONDS):
            process.send(signal.SIGQUIT)
            process.wait(STOP_SECONDS)

    def _command(self) -> list[str | Path]:
        settings = {**SETTINGS, "unix_socket_directories": str(self.places.sockets)}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return [self.binaries.postgres / "postgres", "-D", self.data, *options]

    def _wait_until_ready(self, server: subprocess.Popen[bytes], say: Callable[[str], None]) -> None:
        def settled() -> bool:
            return server.poll() is not None or self._takes_connections(server.pid)

        if not wait_until(settled, 5):
            say(f"PostgreSQL is still recovering after a crash; see {self.log}")
            wait_until(settled, START_SECONDS)
        if not self._takes_connections(server.pid):
            raise EmbeddedError(f"PostgreSQL does not start. {self._last_words()}")

    def _takes_connections(self, pid: int) -> bool:
        note = self._note()
        return len(note) > 7 and note[0] == str(pid) and note[7].strip() == "ready"

    def _initialise(self) -> None:
        """Make the data directory beside its place and move it there: a half-made one is never used."""
        draft = self.places.home / "postgres.new"
        shutil.rmtree(draft, ignore_errors=True)
        self._tool("initdb", "-D", draft, f"--username={NAME}", *INITDB_OPTIONS)
        self._tool("postgres", "--single", "-D", draft, "postgres", stdin=f"CREATE DATABASE {NAME};\n")
        draft.rename(self.data)

    def _tool(self, program: str, *arguments: str | Path, stdin: str = "") -> None:
        prefix = [] if self.places.account.borrowed else named_user_prefix()
        command = [*prefix, self.binaries.postgres / program, *arguments]
        answer = self.places.account.run(command, stdin=stdin)
        if answer.returncode != 0:
            raise EmbeddedError(f"{program} failed:\n{answer.stdout}{answer.stderr}")

    def _clear_away_a_dead_server(self) -> None:
        """After `kill -9` of the server its backends may still be at work, and its pid another's.

        PostgreSQL would refuse to start if the pid were by now another process of the same account, so its
        pid files go; but only once no backend is left, because they also protect the data from two servers.
        """
        notes = [self.data / "postmaster.pid", self.places.sockets / f"{SOCKET_NAME}.lock"]
        if not any(note.exists() for note in notes):
            return

        def none_left() -> bool:
            return not servers_in(self.data, name="postgres")

        if not wait_until(none_left, ORPHAN_SECONDS, pause=0.1):
            for backend in servers_in(self.data, name="postgres"):
                backend.send(signal.SIGKILL)
            wait_until(none_left, ORPHAN_SECONDS, pause=0.1)
        for note in notes:
            note.unlink(missing_ok=True)

    def _refuse_other_major_version(self) -> None:
        try:
            found = (self.data / "PG_VERSION").read_text().strip()
        except FileNotFoundError:
            return
        if found != self.binaries.postgres_major:
            raise EmbeddedError(self._how_to_move(found))

    def _how_to_move(self, found: str) -> str:
        data, home = shlex.quote(str(self.data)), shlex.quote(str(self.places.home))
        dump = shlex.quote(str(self.places.home / f"dump-{found}.sql"))
        owner = f" (as uid {self.places.account.uid}, its owner)" if self.places.account.borrowed else ""
        return (
            f"{self.data} was written by PostgreSQL {found}, "
            f"the embedded one is {self.binaries.postgres_version}.\n"
            f"To keep the data, dump it with the programs of PostgreSQL {found}{owner}:\n"
            f"  pg_ctl -D {data} -w -o \"-c listen_addresses='' -k /tmp\" start\n"
            f"  pg_dumpall -h /tmp -U {NAME} -f {dump}\n"
            f"  pg_ctl -D {data} -w stop\n"
            f"then put the directory aside and load the dump into a new one:\n"
            f"  mv {data} {home}/postgres-{found}\n"
            f'  python manage.py up -- sh -c \'psql "$DATABASE_URL" -f "$0"\' {dump}\n'
            f"To do without the data, remove {self.data}."
        )

    def _noted_pid(self) -> int | None:
        note = self._note()
        return int(note[0]) if note and note[0].strip().isdigit() else None

    def _note(self) -> list[str]:
        """What the server writes down about itself: its pid first, its status in the eighth line."""
        try:
            return (self.data / "postmaster.pid").read_text().splitlines()
        except OSError:
            return []

    def _last_words(self) -> str:
        try:
            lines = self.log.read_text(errors="replace").splitlines()[-8:]
        except OSError:
            lines = []
        return "\n".join([f"Its log {self.log} ends:", *lines])


_started_here: list[subprocess.Popen[bytes]] = []


def _keep(server: subprocess.Popen[bytes]) -> None:
    """Servers may outlive the command that started them; a forgotten handle would warn about just that."""
    _started_here.append(server)
