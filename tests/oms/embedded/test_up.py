"""Commands that bring, share and leave the servers."""

from __future__ import annotations

import json
import signal
import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest

from oms.embedded import read_state
from oms.embedded.binaries import installed
from tests.oms.embedded.house import PROJECT, SECONDS, House, runs

SHOW = 'echo "$DATABASE_URL"; echo "$REDIS_URL"; cat "$OMS_VAR/servers.json"'


def test_a_command_runs_with_both_servers_and_they_stop_after_it(house: House) -> None:
    answer = house.up("--", "sh", "-c", f"{SHOW}; exit 7")

    database_url, redis_url, state = answer.stdout.split("\n", 2)
    servers = json.loads(state)
    assert (answer.returncode, database_url, redis_url) == (7, servers["database_url"], servers["redis_url"])
    assert not runs(servers["postgres"]["pid"])
    assert not runs(servers["valkey"]["pid"])
    assert read_state(house.var) is None
    assert list((house.var / "leases").iterdir()) == []


def test_what_was_committed_or_queued_is_there_the_next_time(house: House) -> None:
    house.sql("CREATE TABLE kept AS SELECT 42 AS answer")

    assert house.sql("SELECT answer FROM kept") == "42"
    assert house.database_log().count("database system was shut down at") == 2


def test_commits_are_durable_and_time_is_utc(house: House) -> None:
    names = ("fsync", "synchronous_commit", "jit", "TimeZone", "max_connections", "server_encoding")
    asked = ", ".join(f"current_setting('{name}')" for name in names)

    assert house.sql(f"SELECT {asked}") == "on|on|off|UTC|200|UTF8"


def test_a_command_finds_the_tools_that_fit_the_server(house: House) -> None:
    assert house.up("--", "pg_dump", "--version").stdout == f"pg_dump (PostgreSQL) {installed().postgres_version}\n"


def test_both_servers_answer_the_libraries_that_use_them(house: House) -> None:
    script = (
        "import os, psycopg, redis, kombu;"
        "print(psycopg.connect(os.environ['DATABASE_URL']).execute('select 1').fetchone()[0]);"
        "print(redis.Redis.from_url(os.environ['REDIS_URL']).ping());"
        "kombu.Connection(os.environ['REDIS_URL']).ensure_connection(max_retries=1); print('broker')"
    )

    answer = house.up("--", "python", "-c", script)

    assert answer.stdout.split() == ["1", "True", "broker"], answer.stderr


def test_the_whole_project_can_be_imported_before_any_server_runs(house: House) -> None:
    house.project = PROJECT

    assert house.sql("SELECT 1") == "1"


def test_a_second_command_shares_the_servers_and_the_last_one_out_stops_them(house: House) -> None:
    with house.busy() as first:
        servers = house.servers
        with house.busy():
            assert house.servers == servers

            first.send_signal(signal.SIGTERM)
            first.wait(SECONDS)

            assert read_state(house.var) == servers
            assert house.sql("SELECT 1") == "1"

    assert read_state(house.var) is None
    assert not runs(servers.postgres.pid)


def test_commands_that_start_at_the_same_moment_share_one_pair_of_servers(house: House) -> None:
    def show(_: int) -> str:
        return house.up("--", "sh", "-c", f"{SHOW}; sleep 2").stdout

    with ThreadPoolExecutor() as pool:
        shown = set(pool.map(show, range(3)))

    assert len(shown) == 1
    assert house.database_log().count("starting PostgreSQL") == 1


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_reaches_the_command_and_the_servers_stop_in_good_order(house: House, signum: int) -> None:
    trap = f"trap 'echo heard; exit 9' {signum}; echo ready; while :; do sleep 0.1; done"
    with house.busy(trap) as process:
        process.send_signal(signum)
        output, _ = process.communicate(timeout=SECONDS)

    assert (output, process.returncode) == ("heard\n", 9)
    assert read_state(house.var) is None
    assert "received fast shutdown request" in house.database_log()


def test_a_ctrl_c_of_the_terminal_does_not_reach_the_servers(house: House) -> None:
    with house.busy() as process:
        servers = house.servers
        groups = subprocess.run(
            ["ps", "-o", "sess=", "-p", f"{servers.postgres.pid},{servers.valkey.pid},{process.pid}"],
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split()

    assert sorted(groups) == sorted(str(pid) for pid in (servers.postgres.pid, servers.valkey.pid, process.pid))


def test_a_command_that_does_not_exist_is_named(house: House) -> None:
    answer = house.up("--", "no-such-command")

    assert answer.returncode == 127
    assert "no-such-command: No such file or directory" in answer.stderr


def test_servers_of_the_environment_are_used_and_none_are_started(house: House) -> None:
    answer = house.up("--", "sh", "-c", 'echo "$DATABASE_URL $REDIS_URL"', DATABASE_URL="postgresql://x", REDIS_URL="y")

    assert answer.stdout == "postgresql://x y\n"
    assert not house.var.exists()


def test_in_production_embedded_servers_are_refused(house: House) -> None:
    answer = house.up("--", "true", OMS_ENV="production")

    assert answer.returncode == 1
    assert "OMS_ENV is production" in answer.stderr
    assert "Set DATABASE_URL and REDIS_URL" in answer.stderr
    assert not house.var.exists()


def test_in_production_running_embedded_servers_are_not_found(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    with house.busy():
        assert read_state(house.var) == house.servers

        monkeypatch.setenv("OMS_ENV", "production")

        assert read_state(house.var) is None


def test_data_of_another_major_version_is_refused_with_the_dump_command(house: House) -> None:
    house.sql("CREATE TABLE kept AS SELECT 42 AS answer")
    version = house.var / "servers/postgres/PG_VERSION"
    current = version.read_text()
    version.write_text("15\n")

    answer = house.up("--", "true")

    assert answer.returncode == 1
    assert f"was written by PostgreSQL 15, the embedded one is {installed().postgres_version}." in answer.stderr
    assert f"pg_dumpall -h /tmp -U oms -f {house.var}/servers/dump-15.sql" in answer.stderr
    assert read_state(house.var) is None
    version.write_text(current)
    assert house.sql("SELECT answer FROM kept") == "42"
