"""The contract's SDK from npm, installed once under var/ and run by node."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from django.conf import settings

HERE = Path(__file__).parent
OLDEST = 20


@pytest.fixture(scope="session")
def node():
    """Runs a script of this folder beside the installed SDK and returns the JSON it prints.

    Without node, npm or a way to the registry there is nothing to test: skipped, but never in CI.
    """
    home = _installed()

    def run(script: str, **env: str):
        shutil.copy(HERE / script, home)
        done = subprocess.run(
            ["node", script],
            cwd=home,
            env={"PATH": os.environ["PATH"]} | env,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run


def _installed() -> Path:
    for program in ("node", "npm"):
        if shutil.which(program) is None:
            _cannot(f"{program} is not installed (Debian: apt-get install nodejs npm)")
    version = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout.strip()
    if int(version.lstrip("v").partition(".")[0]) < OLDEST:
        _cannot(f"node {version} is too old, the SDK needs {OLDEST}")
    lock = (HERE / "package-lock.json").read_bytes()
    home = Path(settings.BASE_DIR) / "var" / "sdk" / hashlib.sha256(lock).hexdigest()[:12]
    home.mkdir(parents=True, exist_ok=True)
    with (home / "lock").open("w") as held:  # several test processes install once
        fcntl.flock(held, fcntl.LOCK_EX)
        if not (home / "installed").exists():
            for name in ("package.json", "package-lock.json"):
                shutil.copy(HERE / name, home)
            done = subprocess.run(
                ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=home, capture_output=True, text=True
            )
            if done.returncode:
                _cannot(f"npm could not install the SDK: {done.stderr[-400:]}")
            (home / "installed").touch()
    return home


def _cannot(why: str) -> None:
    if os.environ.get("CI"):
        pytest.fail(why)
    pytest.skip(why)
