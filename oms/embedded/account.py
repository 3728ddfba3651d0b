"""Under which account the servers run. PostgreSQL refuses to run as root, and rightly so."""

# ruff: noqa: S603  (starting programs is what this file is for; none is named by a stranger)

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from oms.embedded.errors import EmbeddedError

ANSWER_SECONDS = 120


class _Identity(TypedDict, total=False):
    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True, slots=True)
class Account:
    """The uid and gid of the servers. `borrowed` is when root lends them an unprivileged one."""

    uid: int
    gid: int
    borrowed: bool

    @property
    def identity(self) -> _Identity:
        """What `subprocess` needs to start a process under this account."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []} if self.borrowed else {}

    def run(self, command: Sequence[str | Path], *, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """Run a short command to its end, in `/`: the caller's directory may be out of its reach."""
        return subprocess.run(
            command,
            input=stdin,
            capture_output=True,
            text=True,
            errors="replace",
            cwd="/",
            env=clean_environment(),
            umask=0o077,
            timeout=ANSWER_SECONDS,
            check=False,
            **self.identity,
        )

    def start(self, command: Sequence[str | Path], *, log: Path, stdin: int) -> subprocess.Popen[bytes]:
        """Start a server in a session of its own, so that a Ctrl-C in the terminal does not reach it.

        The shell opens the log, as the account: root must not write into a directory that is not its own.
        """
        return subprocess.Popen(
            ["/bin/sh", "-c", 'exec "$@" >>"$0" 2>&1', log, *command],
            stdin=stdin,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            env=clean_environment(),
            umask=0o077,
            start_new_session=True,
            **self.identity,
        )

    def can_run(self, command: Sequence[str | Path]) -> bool:
        try:
            return self.run(command).returncode == 0
        except OSError:
            return False

    def can_enter(self, directory: Path) -> bool:
        return self.can_run(["/bin/sh", "-c", 'cd "$1"', "sh", directory])

    def make_directory(self, directory: Path) -> None:
        """Make a directory that only this account can look into. One that exists is left as it is."""
        try:
            directory.mkdir(mode=0o700)
        except FileExistsError:
            return
        if self.borrowed:
            os.chown(directory, self.uid, self.gid)


def server_account(data: Path) -> Account:
    """The account for servers with that data directory.

    As an ordinary user: that user. As root: the owner of the data if there is some, else `nobody`.
    """
    if os.geteuid() != 0:
        return _own_account(data)
    account = _owner_of(data) or _nobody()
    try:
        account.run(["/bin/sh", "-c", ":"])
    except (OSError, subprocess.SubprocessError) as error:
        raise EmbeddedError(
            f"PostgreSQL does not run as root, and this process may not become uid {account.uid} ({error}).\n"
            "Run the command as an ordinary user, or set DATABASE_URL and REDIS_URL to servers of your own."
        ) from error
    return account


def named_user_prefix() -> list[str]:
    """What to put before a program that insists on a user with a name, when this uid has none.

    Containers often run under a bare number. A user namespace lends it the name of `nobody`; files made in it
    belong to the number all the same.
    """
    try:
        pwd.getpwuid(os.geteuid())
    except KeyError:
        nobody = _nobody()
        unshare = shutil.which("unshare")
        if unshare:
            return [unshare, "--user", f"--map-user={nobody.uid}", f"--map-group={nobody.gid}"]
    return []


def clean_environment() -> dict[str, str]:
    """No PGPORT, no secrets, the same language and clock everywhere."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}


def _own_account(data: Path) -> Account:
    account = Account(os.geteuid(), os.getegid(), borrowed=False)
    owner = _uid_of(data)
    if owner is not None and owner != account.uid:
        raise EmbeddedError(
            f"{data} belongs to uid {owner}, not to you (uid {account.uid}): the servers were started under"
            " another account before.\n"
            "Run the command as that account, or set OMS_VAR to a directory of your own."
        )
    return account


def _owner_of(data: Path) -> Account | None:
    uid = _uid_of(data)
    return Account(uid, data.stat().st_gid, borrowed=True) if uid else None


def _uid_of(data: Path) -> int | None:
    try:
        return data.stat().st_uid
    except OSError:
        return None


def _nobody() -> Account:
    try:
        entry = pwd.getpwnam("nobody")
    except KeyError:
        return Account(65534, 65534, borrowed=True)
    return Account(entry.pw_uid, entry.pw_gid, borrowed=True)
