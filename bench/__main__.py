"""`python -m bench [placements] [imports] [verify]`: measure, print a table, write bench/results/*.json."""

from __future__ import annotations

import argparse
import json
import os
import platform
from datetime import UTC, datetime
from pathlib import Path

import django

RESULTS = Path(__file__).parent / "results"


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bench.settings")
    django.setup()
    from bench import imports, placements, verify

    kinds = {"placements": placements.run, "imports": imports.run, "verify": verify.run}
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("what", nargs="*", choices=[[], *kinds], help="all when left out")
    parser.add_argument("--orders", type=int, default=1500, help="placements in a round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--lines", type=int, default=50_000, help="lines of the generated import file")
    parser.add_argument("--memory", action="store_true", help="also import 1,000,000 lines, for the peak of memory")
    arguments = parser.parse_args()
    for kind in arguments.what or kinds:
        figures = kinds[kind](arguments)
        machine = {"cores": os.cpu_count(), "python": platform.python_version(), "machine": platform.machine()}
        report = {"measured_at": datetime.now(UTC).isoformat(timespec="seconds"), "on": machine} | figures
        RESULTS.mkdir(exist_ok=True)
        (RESULTS / f"{kind}.json").write_text(json.dumps(report, indent=2) + "\n")


if __name__ == "__main__":
    main()
