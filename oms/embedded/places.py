"""Where the data, the sockets and, if need be, copies of the programs lie."""

from __future__ import annotations

import hashlib
import os
import re
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

from oms.embedded.account import Account, server_account
from oms.embedded.errors import EmbeddedError

# The kernel's limit for the path of a Unix socket, and what PostgreSQL puts behind the directory.
SOCKET_PATH_BYTES = 107
SOCKET_NAME = ".s.PGSQL.5432"


@dataclass(frozen=True, slots=True)
class Places:
    """`home` holds the data of both servers and belongs to their account; `sockets` is where clients go."""

    account: Account
    home: Path
    sockets: Path
    shelter: Path


def settle(root: Path) -> Places:
    """Find the places for the servers of this var directory, and make the directories that are missing."""
    shelter = shelter_path(root)
    make_public(root)
    home = _existing_home(root, shelter)
    account = server_account(home or root / "servers")
    home = home or _new_home(root, shelter, account)

    if not account.can_enter(home):
        raise EmbeddedError(
            f"The data in {home} is out of reach for uid {account.uid}, under which the servers run.\n"
            "Open the directories above it to that account, or move it away to start anew."
        )
    return Places(account, home, _sockets(home, shelter, account), shelter)


def make_public(directory: Path) -> None:
    """Make a directory everyone may pass through, whatever the umask. One that exists keeps its mode."""
    try:
        directory.mkdir(parents=True)
    except FileExistsError:
        return
    except OSError as error:
        raise EmbeddedError(f"{directory} cannot be made ({error}). Set OMS_VAR to a directory of your own.") from error
    directory.chmod(0o755)


def make_shelter(shelter: Path) -> None:
    """Make the directory outside the project. Its name can be foretold, so one that exists must be ours."""
    make_public(shelter)
    found = shelter.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o022:
        raise EmbeddedError(f"{shelter} exists but was not made by this account. Remove it, then try again.")


def _existing_home(root: Path, shelter: Path) -> Path | None:
    """Data stays where it was made, even if another place could be chosen by now."""
    for home in (root / "servers", shelter / "servers"):
        if home.is_dir():
            return home
    return None


def _new_home(root: Path, shelter: Path, account: Account) -> Path:
    if account.can_enter(root):
        home = root / "servers"
    else:
        make_shelter(shelter)
        home = shelter / "servers"
    account.make_directory(home)
    return home


def _sockets(home: Path, shelter: Path, account: Account) -> Path:
    """The home itself, unless its path is too long for a socket or has signs that need quoting in a URL."""
    plain = re.fullmatch(r"[A-Za-z0-9/._-]+", str(home))
    if plain and len(str(home / SOCKET_NAME)) <= SOCKET_PATH_BYTES:
        return home
    make_shelter(shelter)
    account.make_directory(shelter / "sockets")
    return shelter / "sockets"


def shelter_path(root: Path) -> Path:
    """A short path outside the project, always the same for the same var directory and user."""
    # Not the environment's temporary directory first: it is often private to the user, and emptied at boot.
    # That others can write there too is minded in `make_shelter`.
    shared = Path("/var/tmp")  # noqa: S108
    base = shared if os.access(shared, os.W_OK | os.X_OK) else Path(tempfile.gettempdir())
    mark = hashlib.sha256(os.fsencode(os.path.realpath(root))).hexdigest()[:12]
    return base / f"oms-{os.geteuid()}-{mark}"
