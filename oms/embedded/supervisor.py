"""Start the servers for whoever comes first, share them, and stop them when the last one leaves."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from oms.embedded import binaries, places, state
from oms.embedded.binaries import Binaries
from oms.embedded.errors import EmbeddedError
from oms.embedded.leases import Leases, locked, mark_of
from oms.embedded.lookup import MARK
from oms.embedded.places import Places
from oms.embedded.postgres import Postgres
from oms.embedded.processes import Process
from oms.embedded.state import Servers
from oms.embedded.valkey import Valkey

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Session:
    """The servers, while this process uses them."""

    servers: Servers
    holder: Process

    @property
    def environment(self) -> dict[str, str]:
        """What programs get that use the servers: the URLs, and the mark by which they are stopped if we are killed."""
        urls = {"DATABASE_URL": self.servers.database_url, "REDIS_URL": self.servers.redis_url}
        return {**urls, MARK: mark_of(self.holder)}


@contextmanager
def servers(root: Path | None = None, *, say: Say) -> Iterator[Session]:
    """Use the servers of this var directory: started if need be, stopped after the last user.

    Any number of processes may do this at once. What a killed one left behind is taken over or stopped.
    Raises EmbeddedError: in production, for data of another major version, when nothing can be started.
    """
    root = _prepare(root)
    session = _join(root, say)
    try:
        yield session
    finally:
        _leave(root, session, say)


def stop_unused(root: Path | None = None, *, say: Say) -> bool:
    """Stop servers that a killed command left behind. False, and nothing stops, if somebody uses them."""
    root = _prepare(root)
    leases = Leases(root)
    with locked(root):
        leases.clear_the_dead(say)
        users = leases.living()
        if users:
            pids = ", ".join(str(holder.pid) for holder in users)
            say(f"The servers are in use by pid {pids}; they stop with the last one")
            return False
        _stop(root, say)
        return True


def _prepare(root: Path | None) -> Path:
    if os.environ.get("OMS_ENV") == "production":
        raise EmbeddedError(
            "Embedded servers are for development and tests; OMS_ENV is production.\n"
            "Set DATABASE_URL and REDIS_URL to servers that are run and backed up as such."
        )
    root = root or state.var_dir()
    places.make_public(root)
    if not os.access(root, os.W_OK | os.X_OK):
        raise EmbeddedError(f"{root} is not yours to write in. Set OMS_VAR to a directory that is.")
    return root


def _join(root: Path, say: Say) -> Session:
    leases = Leases(root)
    with locked(root):
        leases.clear_the_dead(say)
        holder = leases.take()
        try:
            return Session(_running_servers(root, say), holder)
        except BaseException:
            leases.give_back(holder)
            if not leases.living():
                _stop(root, say)
            raise


def _leave(root: Path, session: Session, say: Say) -> None:
    places.make_public(root)  # Somebody may have removed it meanwhile.
    leases = Leases(root)
    with locked(root):
        leases.give_back(session.holder)
        leases.clear_the_dead(say)
        if not leases.living():
            _stop(root, say, session.servers)


def _running_servers(root: Path, say: Say) -> Servers:
    """Both servers: those that run if they can be used, else new ones."""
    known = state.load(root)
    if known is not None and known.alive:
        return known

    settled = places.settle(root)
    programs = binaries.reachable(settled)
    postgres, valkey = Postgres(settled, programs), Valkey(settled, programs)

    database = postgres.running() or postgres.start(say)
    broker, redis_url = _adopt_or_start(valkey, known)
    running = Servers(
        database_url=postgres.url,
        redis_url=redis_url,
        postgres=database,
        valkey=broker,
        postgres_version=programs.postgres_version,
        valkey_version=programs.valkey_version,
        home=str(settled.home),
    )
    state.save(root, running)
    _announce(root, running, settled, programs, say)
    return running


def _adopt_or_start(valkey: Valkey, known: Servers | None) -> tuple[Process, str]:
    """Only the state file knows the password, so a Valkey that it does not know is started again."""
    orphan = valkey.running()
    if orphan is not None and known is not None and known.valkey == orphan:
        return orphan, known.redis_url
    if orphan is not None:
        valkey.stop(orphan)
    return valkey.start()


def _stop(root: Path, say: Say, known: Servers | None = None) -> None:
    """Stop what runs: the servers we know, and those of the pid files, left by a command that is no more."""
    state.forget(root)
    try:
        settled = places.settle(root)
        programs = binaries.installed()
    except EmbeddedError:
        return  # They could not be started either, so there is nothing to stop.
    valkey, postgres = Valkey(settled, programs), Postgres(settled, programs)

    broker, database = valkey.running(), postgres.running()
    if known is not None:
        broker, database = broker or known.valkey, database or known.postgres
    if broker is not None:
        valkey.stop(broker)
    if database is not None:
        postgres.stop(database)
        say("PostgreSQL and Valkey stopped")


def _announce(root: Path, running: Servers, settled: Places, programs: Binaries, say: Say) -> None:
    say(f"PostgreSQL {running.postgres_version} and Valkey {running.valkey_version} run, data in {running.home}")
    if not settled.home.is_relative_to(root):
        say(f"  (not in {root}, which uid {settled.account.uid}, under which they run, cannot enter)")
    if programs.postgres.is_relative_to(settled.shelter):
        say(f"  (from copies of the programs in {settled.shelter}, as that uid cannot run the installed)")
    if settled.sockets != settled.home:
        say(f"  (with the socket in {settled.sockets}, as the other path is too long or not plain enough)")
