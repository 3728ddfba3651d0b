"""What a `kill -9` leaves behind, and what the next command makes of it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from oms.embedded import read_state
from oms.embedded.account import server_account
from tests.oms.embedded.house import House, kill, runs


def test_after_a_killed_command_the_next_one_takes_over_its_servers(house: House) -> None:
    with house.busy() as killed:
        house.sql("CREATE TABLE kept AS SELECT 42 AS answer")
        servers = house.servers
        kill(killed.pid)
        assert read_state(house.var) == servers

        assert house.sql("SELECT answer FROM kept") == "42"

    assert house.database_log().count("starting PostgreSQL") == 1
    assert not runs(servers.postgres.pid)
    assert not runs(servers.valkey.pid)


def test_a_program_that_a_killed_command_left_behind_is_stopped(house: House) -> None:
    with house.busy("echo $$ > $OMS_VAR/pid; echo ready; exec sleep 60") as killed:
        program = int((house.var / "pid").read_text())
        kill(killed.pid)
        assert runs(program)

        house.sql("SELECT 1")

        assert not runs(program)


def test_a_killed_user_does_not_keep_the_servers_running(house: House) -> None:
    with house.busy() as killed:
        with house.busy():
            servers = house.servers
            kill(killed.pid)

        assert not runs(servers.postgres.pid)
        assert read_state(house.var) is None


def test_servers_that_a_killed_command_left_behind_can_be_stopped(house: House) -> None:
    with house.busy() as killed:
        servers = house.servers
        refused = house.up("--stop")
        kill(killed.pid)
        stopped = house.up("--stop")

    assert (refused.returncode, stopped.returncode) == (1, 0)
    assert f"in use by pid {killed.pid}" in refused.stderr
    assert not runs(servers.postgres.pid)
    assert not runs(servers.valkey.pid)


def test_servers_are_found_by_their_pid_files_when_the_state_file_is_lost(house: House) -> None:
    with house.busy() as killed:
        before = house.servers
        kill(killed.pid)
        (house.var / "servers.json").unlink()

        with house.busy():
            after = house.servers

    assert after.postgres == before.postgres
    assert after.valkey != before.valkey  # nobody knows its password any more
    assert not runs(before.valkey.pid)


def test_killed_servers_come_back_with_everything_that_was_committed(house: House) -> None:
    with house.busy() as killed:
        house.sql("CREATE TABLE kept AS SELECT 42 AS answer")
        servers = house.servers
        for pid in (killed.pid, servers.valkey.pid, servers.postgres.pid):
            kill(pid)
        assert read_state(house.var) is None

        assert house.sql("SELECT answer FROM kept") == "42"


def test_a_stranger_with_the_pid_of_a_dead_server_is_left_alone(house: House) -> None:
    house.sql("CREATE TABLE kept AS SELECT 42 AS answer")
    home = house.var / "servers"
    stranger = _sleeper_of_the_same_account(home)
    try:
        (home / "postgres/postmaster.pid").write_text(_stale_note(stranger.pid, home))
        (home / "valkey/valkey.pid").write_text(f"{stranger.pid}\n")
        (house.var / "leases/1.json").write_text("half a le")

        assert house.sql("SELECT answer FROM kept") == "42"
        assert house.up("--stop").returncode == 0
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_a_lease_whose_pid_is_somebody_else_by_now_does_not_count(house: House) -> None:
    house.sql("SELECT 1")
    lease = f'{{"pid": {os.getpid()}, "started": "1"}}'
    (house.var / f"leases/{os.getpid()}.json").write_text(lease)

    house.sql("SELECT 1")

    assert read_state(house.var) is None
    assert list((house.var / "leases").iterdir()) == []


def _sleeper_of_the_same_account(home: Path) -> subprocess.Popen[bytes]:
    """PostgreSQL takes a living process of its own account for the owner of the pid file."""
    return subprocess.Popen(["sleep", "60"], cwd="/", **server_account(home).identity)


def _stale_note(pid: int, home: Path) -> str:
    return f"{pid}\n{home}/postgres\n1700000000\n5432\n{home}\n\n  123456         7\nready   \n"
