"""Measure, print tables and bars, write bench/results/*.json.

`python -m bench [placements] [pages] [imports] [verify]`; all of them when none is named.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import django

RESULTS = Path(__file__).parent / "results"
BASE_SIZE = 100_000  # a shop of more orders is compared with one of so many


def _arguments(parts: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench", description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.add_argument("what", nargs="*", choices=[[], *parts], help="all when left out")
    parser.add_argument("--orders", type=int, default=BASE_SIZE, help="that are there already")
    parser.add_argument("--placements", type=int, default=500, help="in a round")
    parser.add_argument("--rounds", type=int, default=5, help="of placements; imports and the proof take 3 at most")
    parser.add_argument("--samples", type=int, default=30, help="of each page")
    parser.add_argument("--only", default="", help="pages whose name has this in it")
    parser.add_argument("--lines", type=int, default=50_000, help="of the generated import files")
    parser.add_argument("--memory", action="store_true", help="also import 1,000,000 lines, for the peak of memory")
    parser.add_argument("--keep", action="store_true", help="keep the filled shops for the next run")
    parser.add_argument("--strict", action="store_true", help="exit with 1 when a bar does not hold")
    arguments = parser.parse_args()
    arguments.sizes = sorted({min(arguments.orders, BASE_SIZE), arguments.orders})
    return arguments


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bench.settings")
    django.setup()
    from bench import bars, database, imports, pages, placements, verify
    from bench.bars import Bar, Report

    parts: dict[str, Callable[[argparse.Namespace], Report]] = {
        "placements": placements.run,
        "pages": pages.run,
        "imports": imports.run,
        "verify": verify.run,
    }
    arguments = _arguments(list(parts))
    arguments.shops = database.Shops()
    found: list[Bar] = []
    try:
        for name in arguments.what or parts:
            began = time.perf_counter()
            report = parts[name](arguments)
            _write(name, report.as_dict(), time.perf_counter() - began)
            found += report.bars
    finally:
        if not arguments.keep:
            arguments.shops.close()
    bars.show(found)
    if arguments.strict and not all(bar.holds for bar in found):
        raise SystemExit(1)


def _write(name: str, figures: dict[str, object], seconds: float) -> None:
    machine = {"cores": os.cpu_count(), "python": platform.python_version(), "machine": platform.machine()}
    moment = datetime.now(UTC).isoformat(timespec="seconds")
    report = {"measured_at": moment, "took_seconds": round(seconds), "on": machine} | figures
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.json").write_text(json.dumps(report, indent=2) + "\n")


if __name__ == "__main__":
    main()
