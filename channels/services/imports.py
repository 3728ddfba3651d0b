"""Bringing a file of orders into a channel: exactly once, in chunks, and on again after a crash.

The file is surveyed first; a file that cannot be read to its end writes nothing. Then its records are worked on in
chunks. A run that was killed is found again by channel, format, policy and the SHA-256 of the file, and goes on at its
cursor. A file that was brought in already is looked through again: every record is recognised, nothing changes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings
from django.db import DatabaseError, connection
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from channels import events as channel_events
from channels.adapters.base import Format, RawRecord, SourceDefaults
from channels.adapters.files import Source, Survey, UnreadableFile
from channels.enums import RunStatus, StockPolicy
from channels.models import ImportRun, SalesChannel
from channels.services import import_chunks, import_rejects
from channels.services.import_figures import Figures
from channels.services.import_job import Job, Stopped
from channels.services.selling import selling as find_selling
from oms.core import bulk, events, ids, providers, storing
from oms.core.actors import Actor
from oms.core.errors import DomainError, NotAllowed
from oms.core.garbage import collected_by_hand
from oms.core.transactions import atomic, rehearsal
from orders.errors import SalesChannelDisabled

_CHUNK_LINES: Final = 2000
_CHUNK_RECORDS: Final = 1000
_CHUNKS_BETWEEN_COLLECTIONS: Final = 4
Progress = Callable[[int, int], None]


class ImportRunning(NotAllowed):
    code = "import_running"
    status = 409
    message = _("%(file)s is being brought into %(channel)s by another process. Nothing was done.")


class UnknownTimeZone(DomainError):
    code = "unknown_time_zone"
    message = _("The sales channel %(channel)s has the time zone %(time_zone)s, which is none.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is to be brought in, and how.

    format: None to detect it. stop_at_error: end at the first bad record, those before it committed; else bad records
    are left out, each with its reason. dry_run: do everything, then undo it. rejects: a CSV file to write them to.
    """

    path: Path
    channel: str
    format: str | None = None
    stock: StockPolicy = StockPolicy.SKIP
    stop_at_error: bool = False
    dry_run: bool = False
    rejects: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of an import. error: why it stopped. lines: of the file; resumed: it went on after a crash."""

    run_id: UUID
    status: RunStatus
    figures: Figures
    format: str
    encoding: str
    lines: int
    lines_repeated: int
    attempts: int
    resumed_at: int
    error: str


def import_file(*, wish: Wish, actor: Actor, progress: Progress | None = None) -> Outcome:
    """Bring a file in. Started again after a crash it goes on; a second time it changes nothing.

    progress(done, all): lines. Raises UnknownSalesChannel, SalesChannelDisabled, UnknownProvider (of a format),
    UnreadableFile, UnknownTimeZone, ImportRunning; nothing is written then.
    """
    selling = find_selling(wish.channel)
    if not selling.is_active:
        raise SalesChannelDisabled(channel=selling.code)
    channel = SalesChannel.objects.get(pk=selling.channel_id)
    defaults = _defaults(channel, wish.stock)
    source = Source(wish.path)
    parser = _format(wish.format, source)
    survey = parser.survey(source)
    with _alone(wish, channel, survey), rehearsal() if wish.dry_run else nullcontext():
        run, resumed_at = _start(wish, channel, parser, survey, actor)
        job = Job(
            run=run,
            format=parser,
            source=source,
            survey=survey,
            selling=selling,
            defaults=defaults,
            stock=wish.stock,
            stop_at_error=wish.stop_at_error,
            actor=actor,
            figures=Figures.of(run.figures),
        )
        status, error = _run(job, progress)
        if wish.rejects is not None:
            import_rejects.write(run.pk, wish.rejects)
    return Outcome(
        run_id=run.pk,
        status=status,
        figures=job.figures,
        format=parser.name,
        encoding=survey.encoding,
        lines=survey.lines,
        lines_repeated=run.lines_repeated,
        attempts=run.attempts,
        resumed_at=resumed_at,
        error=error,
    )


def _defaults(channel: SalesChannel, stock: StockPolicy) -> SourceDefaults:
    try:
        ZoneInfo(channel.time_zone)
    except (ZoneInfoNotFoundError, ValueError):
        raise UnknownTimeZone(channel=channel.code, time_zone=channel.time_zone) from None
    return SourceDefaults(
        channel_code=channel.code,
        currency=channel.default_currency.upper(),
        time_zone=channel.time_zone,
        past=stock is StockPolicy.SKIP,
    )


def _format(name: str | None, source: Source) -> Format:
    """The format by name, else the first that recognises the file."""
    if name is not None:
        named: Format = providers.get("ORDER_FORMATS", name)
        return named
    known = sorted(settings.OMS["ORDER_FORMATS"])
    for each in known:
        candidate: Format = providers.get("ORDER_FORMATS", each)
        if candidate.recognises(source.head):
            return candidate
    problem = f"line 1: this is of no known format ({', '.join(known)}). Say which one it is with --format."
    raise UnreadableFile(file=source.path.name, problem=problem)


@contextmanager
def _alone(wish: Wish, channel: SalesChannel, survey: Survey) -> Iterator[None]:
    """No two processes bring the same file into the same channel at once. The lock ends with the connection."""
    key = f"import {channel.pk} {survey.fingerprint}"
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", [key])
        if not cursor.fetchone()[0]:
            raise ImportRunning(file=wish.path.name, channel=channel.code)
    try:
        yield
    finally:
        if connection.is_usable():
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", [key])


@atomic()
def _start(wish: Wish, channel: SalesChannel, parser: Format, survey: Survey, actor: Actor) -> tuple[ImportRun, int]:
    """A new run, or the one that was interrupted, and the lines it had committed then."""
    same = ImportRun.objects.filter(
        channel=channel, fingerprint=survey.fingerprint, format=parser.name, stock=wish.stock
    )
    last = same.order_by("-started_at", "-pk").first()
    if last is None or last.status not in (RunStatus.RUNNING, RunStatus.FAILED):
        run = ImportRun.objects.create(
            channel=channel,
            file_name=wish.path.name[:255],
            fingerprint=survey.fingerprint,
            format=parser.name,
            stock=wish.stock,
            actor=actor.as_dict(),
        )
        return run, 0
    last.status = RunStatus.RUNNING
    last.error = ""
    last.attempts += 1
    last.lines_repeated += max(0, last.lines_started - last.lines_committed)
    last.lines_started = last.lines_committed
    last.save()
    return last, last.lines_committed


def _run(job: Job, progress: Progress | None) -> tuple[RunStatus, str]:
    """Work through the file. A crash leaves the run running, whatever else goes wrong failed; both go on later."""
    try:
        with collected_by_hand() as collect:
            chunks = _Ahead(job, _chunks(islice(job.format.records(job.source, job.survey), job.run.cursor, None)))
            job.meanwhile = chunks.prepare
            for number, chunk in enumerate(chunks):
                import_chunks.work(job, chunk)
                if number % _CHUNKS_BETWEEN_COLLECTIONS == 0:
                    collect()
                if progress:
                    progress(job.run.lines_committed, job.survey.lines)
    except Stopped as stop:
        place = f"line {stop.reject.line}" + (f", column {stop.reject.column}" if stop.reject.column else "")
        error = f"{place}: {stop.reject.reason}"
        job.figures = job.figures.copy()
        job.figures.add_reject(stop.raw.size)
        _finish(job, RunStatus.STOPPED, error, stop)
        return RunStatus.STOPPED, error
    except Exception as problem:
        said = storing.reason(problem) if isinstance(problem, DatabaseError) else str(problem)
        _fail(job, f"{type(problem).__name__}: {said}")
        raise
    status = RunStatus.PARTIAL if job.figures.rejects else RunStatus.COMPLETED
    _finish(job, status, "")
    return status, ""


class _Ahead:
    """Chunks, of which the next one can be read and understood while the server works on the present one."""

    def __init__(self, job: Job, chunks: Iterator[list[RawRecord]]) -> None:
        self._job = job
        self._chunks = chunks
        self._next: list[list[RawRecord]] = []
        self._problem: Exception | None = None

    def prepare(self) -> None:
        """Get the next chunk ready. What goes wrong with it is raised when it is its turn."""
        if self._next or self._problem:
            return
        try:
            self._next = list(islice(self._chunks, 1))
            for chunk in self._next:
                for raw in chunk:
                    self._job.read(raw)
        except Exception as problem:
            self._problem = problem

    def __iter__(self) -> Iterator[list[RawRecord]]:
        return self

    def __next__(self) -> list[RawRecord]:
        if self._problem:
            raise self._problem
        return self._next.pop() if self._next else next(self._chunks)


def _chunks(records: Iterator[RawRecord]) -> Iterator[list[RawRecord]]:
    """Records up to so many lines; a record of more is a chunk of its own."""
    most = min(_CHUNK_LINES, settings.OMS["IMPORT_CHUNK_LINES"])
    chunk: list[RawRecord] = []
    lines = 0
    for raw in records:
        size = max(raw.size, raw.weight)
        if chunk and (lines + size > most or len(chunk) == _CHUNK_RECORDS):
            yield chunk
            chunk, lines = [], 0
        chunk.append(raw)
        lines += size
    if chunk:
        yield chunk


@atomic()
def _finish(job: Job, status: RunStatus, error: str, stop: Stopped | None = None) -> None:
    """The end of a run and the news of it. The record it stopped at is among the rejects."""
    if stop:
        bulk.insert([job.reject_row(stop.raw, stop.reject)])
    figures = job.figures.as_dict()
    ImportRun.objects.filter(pk=job.run_id).update(
        status=status, error=error, figures=figures, finished_at=timezone.now(), lines_started=job.run.lines_committed
    )
    run_id = ids.encode(ids.IMPORT_RUN, job.run_id)
    common: dict[str, Any] = {
        "run_id": run_id,
        "channel": job.selling.code,
        "format": job.format.name,
        "figures": figures,
    }
    news = (
        channel_events.ImportFailed(**common, error=error)
        if error
        else channel_events.ImportCompleted(**common, stock=job.stock)
    )
    events.record(news, actor=job.actor)


def _fail(job: Job, error: str) -> None:
    """Keep the reason where that is still possible: the database itself may be what failed."""
    if connection.is_usable() and not connection.needs_rollback:
        _finish(job, RunStatus.FAILED, error[:2000])
