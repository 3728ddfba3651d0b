"""Root or not, private home or not, long path or not: the servers start, and no mode is changed."""

from __future__ import annotations

import os
import pwd
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from oms.embedded.places import shelter_path
from tests.oms.embedded.house import House, runs, uid_of

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can be other accounts")
NAMELESS = 12345


def test_servers_run_as_nobody_for_root_and_else_as_the_user(house: House) -> None:
    expected = pwd.getpwnam("nobody").pw_uid if os.geteuid() == 0 else os.geteuid()

    with house.busy():
        servers = house.servers
        uids = {uid_of(servers.postgres.pid), uid_of(servers.valkey.pid)}
        home = Path(servers.home).stat()
        state = (house.var / "servers.json").stat()

    assert uids == {expected}
    assert (home.st_uid, stat.S_IMODE(home.st_mode)) == (expected, 0o700)
    assert (state.st_uid, stat.S_IMODE(state.st_mode)) == (os.geteuid(), 0o600)


@needs_root
@pytest.mark.parametrize("uid", [pwd.getpwnam("nobody").pw_uid, NAMELESS])
def test_an_ordinary_user_runs_the_servers_even_without_a_name(copied: Path, base: Path, uid: int) -> None:
    if uid == NAMELESS and not _may_borrow_a_name(uid):
        pytest.skip("this kernel allows no user namespaces, which lend a name to a bare uid")
    house = _house_of(uid, copied, base)

    try:
        user = house.sql("SELECT pg_read_file('/proc/self/loginuid') IS NOT NULL, current_user")
        owner = (house.var / "servers/postgres").stat().st_uid
    finally:
        house.clean_up()

    assert (user, owner) == ("t|oms", uid)


@needs_root
def test_root_keeps_running_servers_as_the_owner_of_their_data(copied: Path, base: Path) -> None:
    nobody = pwd.getpwnam("nobody").pw_uid
    house = House(copied, base / "var", [sys.executable], environment={"PYTHONPATH": str(copied / "packages")})
    house.sql("CREATE TABLE kept AS SELECT 42 AS answer")
    for entry in [house.var / "servers", *(house.var / "servers").rglob("*")]:
        os.chown(entry, NAMELESS, NAMELESS)

    with house.busy():
        uid = uid_of(house.servers.postgres.pid)
        assert house.sql("SELECT answer FROM kept") == "42"

    assert uid == NAMELESS != nobody


@needs_root
def test_an_ordinary_user_is_told_that_the_data_belongs_to_another_account(copied: Path, base: Path) -> None:
    house = _house_of(pwd.getpwnam("nobody").pw_uid, copied, base)
    (house.var / "servers").mkdir(parents=True)
    os.chown(house.var, house.uid or 0, -1)

    answer = house.up("--", "true")

    assert answer.returncode == 1
    assert "belongs to uid 0, not to you" in answer.stderr


@needs_root
def test_a_private_home_is_left_private_and_the_servers_go_where_they_can(copied: Path, base: Path) -> None:
    base.chmod(0o700)
    house = House(copied, base / "var", [sys.executable], environment={"PYTHONPATH": str(copied / "packages")})

    try:
        first = house.up("--", "sh", "-c", 'psql "$DATABASE_URL" -qc "CREATE TABLE kept AS SELECT 42 AS answer"')
        answer = house.sql("SELECT answer FROM kept")
        with house.busy():
            uid, home = uid_of(house.servers.postgres.pid), Path(house.servers.home)
            shelter = home.parent
            modes = [stat.S_IMODE(path.stat().st_mode) for path in (base, shelter, home)]
    finally:
        house.clean_up()

    assert (answer, uid) == ("42", pwd.getpwnam("nobody").pw_uid)
    assert modes == [0o700, 0o755, 0o700]
    assert f"data in {home}" in first.stderr
    assert f"copies of the programs in {shelter}" in first.stderr


@needs_root
def test_a_shelter_that_somebody_else_prepared_is_refused(house: House, base: Path) -> None:
    base.chmod(0o700)
    trap = shelter_path(house.var)
    trap.mkdir(mode=0o755)
    os.chown(trap, NAMELESS, NAMELESS)

    answer = house.up("--", "true")

    assert answer.returncode == 1
    assert f"{trap} exists but was not made by this account" in answer.stderr
    assert list(trap.iterdir()) == []


def test_no_mode_or_owner_of_a_directory_that_was_there_is_changed(house: House, base: Path) -> None:
    house.var.mkdir()
    house.var.chmod(0o751)
    (house.var / "exports").mkdir(mode=0o700)
    there = [
        base,
        *base.parents,
        house.var,
        house.var / "exports",
        Path(sys.prefix),
        *Path(sys.prefix).parents,
    ]
    before = [_mark(path) for path in there]

    house.sql("SELECT 1")

    assert [_mark(path) for path in there] == before


@pytest.mark.parametrize("name", ["a/" + "long" * 25, "with a space, a comma & a %2F"])
def test_a_path_that_no_socket_can_have_is_no_obstacle(house: House, base: Path, name: str) -> None:
    house.var = base / name / "var"

    with house.busy():
        servers = house.servers
        assert house.sql("SELECT 1") == "1"

    assert servers.home == str(house.var / "servers")
    assert str(base) not in servers.database_url
    assert not runs(servers.postgres.pid)


def test_a_strict_umask_is_no_obstacle(house: House) -> None:
    house.python = ["/bin/sh", "-c", 'umask 077; exec "$0" "$@"', sys.executable]

    assert house.sql("SELECT 1") == "1"


def _house_of(uid: int, project: Path, base: Path) -> House:
    """The project as that account would run it, with a Python that it can run."""
    own = base / "own"
    own.mkdir()
    _own(own, uid)
    environment = {"PYTHONPATH": str(project / "packages"), "HOME": "/nonexistent"}
    return House(project, own / "var", [_python_for(uid)], uid, environment)


def _own(directory: Path, uid: int) -> None:
    directory.mkdir(exist_ok=True)
    os.chown(directory, uid, uid)


def _python_for(uid: int) -> str:
    test = "import sys; sys.exit(sys.version_info < (3, 11))"
    for python in (sys.executable, "/usr/bin/python3", "/usr/local/bin/python3"):
        if shutil.which(python) and _succeeds(uid, python, "-c", test):
            return python
    pytest.skip(f"uid {uid} can run no Python 3.11 or newer on this machine")


def _may_borrow_a_name(uid: int) -> bool:
    return _succeeds(uid, "unshare", "--user", "--map-user=65534", "true")


def _succeeds(uid: int, *command: str) -> bool:
    try:
        return (
            subprocess.run(
                command, user=uid, group=uid, extra_groups=[], cwd="/", capture_output=True, check=False
            ).returncode
            == 0
        )
    except OSError:
        return False


def _mark(path: Path) -> tuple[int, int, int]:
    found = path.stat()
    return found.st_mode, found.st_uid, found.st_gid
