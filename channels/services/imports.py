"""Bringing a file of orders into a channel: exactly once, in chunks, and on again after a crash.

The file is surveyed first; a file that cannot be read to its end writes nothing. Then its records are worked on in
chunks. A run that was killed is found again by channel, format, policy and the SHA-256 of the file, and goes on at its
cursor. A file that was brought in already is looked through again: every record is recognised, nothing changes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.db import DatabaseError, connection
from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from channels import events as channel_events
from channels.adapters.base import Format, SourceDefaults
from channels.adapters.files import Source, Survey, UnreadableFile
from channels.adapters.renaming import renamer
from channels.enums import RunStatus, StockPolicy
from channels.models import ImportLane, ImportRun, SalesChannel
from channels.services import import_rejects, import_workers
from channels.services.import_figures import Figures
from channels.services.import_job import Job, Lane, Stopped
from channels.services.import_lanes import work_through
from channels.services.import_workers import Crew
from channels.services.retrying import settle_arrived
from channels.services.selling import selling as find_selling
from oms.core import bulk, events, ids, providers, storing
from oms.core.actors import Actor
from oms.core.alone import alone
from oms.core.errors import DomainError, NotAllowed
from oms.core.transactions import atomic, rehearsal
from orders.errors import SalesChannelDisabled

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
    columns: what the format calls the columns of the file, where they carry other names (`renaming`).
    workers: processes that share the work (None: as many as it is worth). With more than one, records behind a bad one
    at which the import stops may have been written too, and which orders get scarce stock is not said.
    """

    path: Path
    channel: str
    format: str | None = None
    stock: StockPolicy = StockPolicy.SKIP
    stop_at_error: bool = False
    dry_run: bool = False
    rejects: Path | None = None
    workers: int | None = 1
    columns: Mapping[str, str] = field(default_factory=dict)


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
    UnreadableFile, UnknownTimeZone, ImportRunning, OSError (of the file for rejects); nothing is written then.
    """
    selling = find_selling(wish.channel)
    if not selling.is_active:
        raise SalesChannelDisabled(channel=selling.code)
    channel = SalesChannel.objects.get(pk=selling.channel_id)
    defaults = _defaults(channel, wish.stock)
    source = Source(wish.path, renamer(wish.columns))
    parser = _format(wish.format, source)
    survey = parser.survey(source)
    if wish.rejects is not None:
        wish.rejects.open("a").close()  # whoever cannot have it is told before anything is written
    with _alone(wish, channel, survey), rehearsal() if wish.dry_run else nullcontext():
        run, resumed_at = _start(wish, channel, parser, survey, actor, _workers(wish, survey))
        job = Job(
            run=run,
            lane=Lane.first(run),
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
    known = providers.names("ORDER_FORMATS")
    for each in known:
        candidate: Format = providers.get("ORDER_FORMATS", each)
        if candidate.recognises(source.head):
            return candidate
    problem = f"line 1: this is of no known format ({', '.join(known)}). Say which one it is with --format."
    raise UnreadableFile(file=source.path.name, problem=problem)


@contextmanager
def _alone(wish: Wish, channel: SalesChannel, survey: Survey) -> Iterator[None]:
    """No two processes bring the same file into the same channel at once."""
    with alone(f"import {channel.pk} {survey.fingerprint}") as held:
        if not held:
            raise ImportRunning(file=wish.path.name, channel=channel.code)
        yield


@atomic()
def _start(
    wish: Wish, channel: SalesChannel, parser: Format, survey: Survey, actor: Actor, workers: int
) -> tuple[ImportRun, int]:
    """A new run, or the one that was interrupted, and the lines it had committed then.

    One that is interrupted goes on with as many workers as it began with, for the records were dealt out to them.
    """
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
            workers=workers,
        )
        lanes = [ImportLane(run=run, number=number) for number in range(1, run.workers)]
        ImportLane.objects.bulk_create(lanes)
        return run, 0
    last.status = RunStatus.RUNNING
    last.error = ""
    last.attempts += 1
    last.lines_repeated += max(0, last.lines_started - last.lines_committed)
    last.lines_started = last.lines_committed
    last.save()
    further = last.lanes.aggregate(lines=Sum("lines_committed", default=0))["lines"]
    return last, last.lines_committed + further


def _workers(wish: Wish, survey: Survey) -> int:
    """Orders that want stock are taken one after the other, unless somebody says that their order does not matter."""
    if wish.dry_run:
        return 1
    if wish.workers is not None:
        return wish.workers
    return import_workers.sensible(survey.lines) if wish.stock is StockPolicy.SKIP else 1


def _run(job: Job, progress: Progress | None) -> tuple[RunStatus, str]:
    """Work through the file. A crash leaves the run running, whatever else goes wrong failed; both go on later."""

    def report() -> None:
        if progress:
            progress(job.lane.lines_committed + crew.lines, job.survey.lines)

    def after_chunk() -> None:
        report()
        crew.look()

    crew = Crew(job, report)
    try:
        try:
            crew.start()
            work_through(job, before_credits=crew.wait, after_chunk=after_chunk)
            crew.wait()
        finally:
            crew.call_back()
    except Stopped as stop:
        place = f"line {stop.reject.line}" + (f", column {stop.reject.column}" if stop.reject.column else "")
        error = f"{place}: {stop.reject.reason}"
        job.figures = _summed_up(job)
        job.figures.add_reject(stop.raw.size)
        _finish(job, RunStatus.STOPPED, error, stop)
        return RunStatus.STOPPED, error
    except Exception as problem:
        said = storing.reason(problem) if isinstance(problem, DatabaseError) else str(problem)
        _fail(job, f"{type(problem).__name__}: {said}")
        raise
    job.figures = _summed_up(job)
    status = RunStatus.PARTIAL if job.figures.rejects else RunStatus.COMPLETED
    _finish(job, status, "")
    return status, ""


def _summed_up(job: Job) -> Figures:
    """What all workers have counted."""
    figures = job.figures.copy()
    for lane in job.run.lanes.all():
        figures.add_all(Figures.of(lane.figures))
    return figures


@atomic()
def _finish(job: Job, status: RunStatus, error: str, stop: Stopped | None = None) -> None:
    """The end of a run and the news of it. The record it stopped at is among the rejects."""
    run, lanes = job.run, []
    if stop:
        bulk.insert([job.reject_row(stop.raw, stop.reject)])
    if status is not RunStatus.FAILED:  # that one goes on, each worker from its own account
        lanes = list(run.lanes.all())
        run.lanes.all().delete()
    run.lines_repeated += sum(lane.lines_repeated for lane in lanes)
    run.lines_committed = run.lines_started = job.lane.lines_committed + sum(lane.lines_committed for lane in lanes)
    run.cursor = job.lane.cursor + sum(lane.cursor for lane in lanes)
    run.status, run.error, run.figures, run.finished_at = status, error, job.figures.as_dict(), timezone.now()
    run.save()
    settle_arrived(run)
    run_id = ids.encode(ids.IMPORT_RUN, job.run_id)
    common: dict[str, Any] = {
        "run_id": run_id,
        "channel": job.selling.code,
        "format": job.format.name,
        "figures": run.figures,
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
