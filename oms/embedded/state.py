"""Where the running servers are: `var/servers.json`, written by the supervisor, read by settings."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from oms.embedded.processes import Process

PROJECT = Path(__file__).resolve().parent.parent.parent


@dataclass(frozen=True, slots=True)
class Servers:
    """Two running servers and how to reach them."""

    database_url: str
    redis_url: str
    postgres: Process
    valkey: Process
    postgres_version: str
    valkey_version: str
    home: str

    @property
    def alive(self) -> bool:
        return self.postgres.alive and self.valkey.alive


def var_dir() -> Path:
    """The directory of everything that is not code: `var/` of the project, or what OMS_VAR says."""
    return Path(os.environ.get("OMS_VAR") or PROJECT / "var").absolute()


def read_state(root: Path | None = None) -> Servers | None:
    """The embedded servers that run for this project, or None.

    `root` is the var directory. None also when they died without a word, and in production, where
    settings must name real servers.
    """
    if os.environ.get("OMS_ENV") == "production":
        return None
    servers = load(root or var_dir())
    return servers if servers is not None and servers.alive else None


def load(root: Path) -> Servers | None:
    """What the state file says, true or not any more."""
    try:
        content = json.loads(state_file(root).read_text())
        return Servers(**{**content, **{name: Process(**content[name]) for name in ("postgres", "valkey")}})
    except (OSError, ValueError, TypeError, KeyError):
        return None


def save(root: Path, servers: Servers) -> None:
    """Write it for settings to find. Only the owner may read it: it holds a password."""
    write_json(state_file(root), asdict(servers))


def forget(root: Path) -> None:
    state_file(root).unlink(missing_ok=True)


def state_file(root: Path) -> Path:
    return root / "servers.json"


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Replace the file as a whole, so that nobody ever reads half of it."""
    draft = path.with_name(f"{path.name}.{os.getpid()}.new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(content, file, indent=2)
    draft.replace(path)
