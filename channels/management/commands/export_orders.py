"""manage.py export_orders: write orders as NDJSON."""

from __future__ import annotations

import argparse
import gzip
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import IO, Any, cast

from django.core.management.base import BaseCommand, CommandError

from channels.services.exports import export_orders
from channels.services.selling import selling
from oms.core.errors import DomainError


class Command(BaseCommand):
    help = (
        "Write orders as NDJSON, one to a line, in the form that import_orders reads. A file appears under its name "
        "when it is complete; a name that ends in .gz is packed."
    )

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("file", nargs="?", default="-", help="Where to; - (default) is standard output.")
        parser.add_argument("--channel", help="Code or id of a sales channel; all of them when left away.")
        parser.add_argument(
            "--since", type=_time, help="Placed at that time or later: 2011-01-31 or 2011-01-31T12:00Z."
        )
        parser.add_argument("--until", type=_time, help="Placed before that time.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            channel_id = selling(options["channel"]).channel_id if options["channel"] else None
        except DomainError as refusal:
            raise CommandError(str(refusal), returncode=2) from None
        lines = export_orders(channel_id=channel_id, since=options["since"], until=options["until"])
        try:
            count = _write(options["file"], lines)
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # nobody reads on; say nothing at exit
            return
        except OSError as problem:
            raise CommandError(f"{problem.filename}: {problem.strerror}", returncode=2) from None
        if options["file"] != "-":
            self.stdout.write(f"{count:,} orders written to {options['file']}.")


def _time(text: str) -> datetime:
    try:
        moment = (
            datetime.fromisoformat(text)
            if len(text) > 10
            else datetime.combine(date.fromisoformat(text), datetime.min.time())
        )
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no time such as 2011-01-31 or 2011-01-31T12:00Z") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _write(target: str, lines: Iterator[bytes]) -> int:
    count = 0
    with _open(target) as file:
        for line in lines:
            file.write(line)
            count += 1
    return count


@contextmanager
def _open(target: str) -> Iterator[IO[bytes]]:
    """Standard output, or a file that gets its name when all of it is written."""
    if target == "-":
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    path = Path(target)
    unfinished = path.with_name(f".{path.name}.part")
    try:
        with unfinished.open("wb") as file:
            if path.suffix == ".gz":
                with gzip.GzipFile(fileobj=file, mode="wb", filename="", mtime=0) as packed:
                    yield cast(IO[bytes], packed)
            else:
                yield file
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
