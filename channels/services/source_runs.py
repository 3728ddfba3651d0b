"""One visit to a source: fetch, bring in, note what came of it.

One process at a time visits a source: it holds an advisory lock, which ends with its connection, so a worker that dies
leaves a run that is open and not locked. The next one takes that run up again as another attempt. The number of the
attempt fences: an attempt that was thought lost and comes back writes neither figures nor cursor. The cursor moves with
the end of a whole run, in the same transaction; what is fetched twice changes nothing.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import structlog
from django.db import DatabaseError
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _now

from channels.enums import RunStatus, SourceKind, SourceRunStatus
from channels.models import OrderSource, SourceRun
from channels.models.scheduled import OPEN_RUN
from channels.pulling import pages
from channels.pulling.client import Client
from channels.services import private_files
from channels.services.source_files import visit_folder
from channels.services.source_visit import Result, Visit
from channels.services.sources import secret_of
from oms.core import storing
from oms.core.actors import Actor, ActorKind
from oms.core.alone import alone
from oms.core.errors import DomainError
from oms.core.transactions import atomic

log = structlog.get_logger(__name__)

_MOST_ATTEMPTS: Final = 5  # of one run: one that kills its worker each time is given up


def run_source(*, source_id: UUID, by_schedule: bool) -> SourceRun | None:
    """Visit a source: end a run that is open, else, by schedule, begin a new one. Returns the run as it ended.

    None, and nothing is done, while another process visits it, and where nothing is to be done: it is paused, gone, or
    asked to be left alone for now.
    """
    with alone(f"source {source_id}") as held:
        run = _begin(source_id, by_schedule=by_schedule) if held else None
        if run is None:
            return None
        result = Result()
        source = run.source
        try:
            with private_files.spool(run.pk) as spool:
                _VISITS[SourceKind(source.kind)](Visit(source, run, spool), result)
        except DomainError as refusal:
            result.errors.append(str(refusal))
            result.retry_at = getattr(refusal, "retry_at", None)
        except Exception as problem:  # whatever goes wrong is said on the run; the next one tries again
            log.exception("source.run_failed", source=source.public_id, run=run.public_id)
            said = storing.reason(problem) if isinstance(problem, DatabaseError) else str(problem)
            result.errors.append(f"{type(problem).__name__}: {said}"[:1000])
        _finish(run, result)
    run.refresh_from_db()
    return run


def lost_runs() -> list[UUID]:
    """Sources with a run that waits for a worker, or has lost it."""
    waiting = SourceRun.objects.filter(status__in=OPEN_RUN, updated_at__lt=timezone.now() - timedelta(seconds=5))
    return list(waiting.values_list("source_id", flat=True)[:1000])


@atomic()
def _begin(source_id: UUID, *, by_schedule: bool) -> SourceRun | None:
    sources = OrderSource.objects.select_for_update(of=("self",)).select_related("channel")
    source = sources.filter(pk=source_id).first()
    if source is None:
        return None
    now = timezone.now()
    run = source.runs.filter(status__in=OPEN_RUN).first()
    if run is None:
        resting = source.wait_until is not None and source.wait_until > now
        if not by_schedule or not source.enabled or resting:
            return None
        actor = Actor(ActorKind.SYSTEM, source.public_id, source.name)
        run = SourceRun(source=source, actor=actor.as_dict())
    elif run.attempts >= _MOST_ATTEMPTS:
        run.source = source
        _finish(run, Result(errors=[_now("Its worker was lost %s times; given up.") % run.attempts]))
        return None
    elif run.status == SourceRunStatus.RUNNING:
        again = _now("Taken up again %(at)s, as attempt %(number)s: the worker of the one before was lost.")
        run.note = f"{run.note}\n{again % {'at': f'{now:%Y-%m-%d %H:%M:%S} UTC', 'number': run.attempts + 1}}".strip()
    run.source = source
    run.status = SourceRunStatus.RUNNING
    run.attempts += 1
    run.started_at = run.started_at or now
    run.save()
    return run


@atomic()
def _finish(run: SourceRun, result: Result) -> None:
    """Write the end of a run, and move the cursor if it was whole. An attempt that was taken over writes nothing."""
    error = " ".join(result.errors)
    open_still = SourceRun.objects.filter(pk=run.pk, status__in=OPEN_RUN, attempts=run.attempts)
    mine = open_still.update(
        status=result.status,
        finished_at=timezone.now(),
        updated_at=timezone.now(),
        since=result.since,
        pages=result.pages,
        files=result.files,
        size=result.size,
        retries=result.retries,
        import_runs=result.import_runs,
        note="\n".join(filter(None, [run.note, *result.notes])),
        error=error[:4000],
        **result.counts,
    )
    if not mine:
        log.warning("source.run_superseded", run=run.public_id, attempt=run.attempts)
        return
    failed = result.status is SourceRunStatus.FAILED
    rows = OrderSource.objects.filter(pk=run.source_id)
    rows.update(
        last_status=result.status,
        last_run_at=timezone.now(),
        failures=F("failures") + 1 if failed else 0,
        wait_until=result.retry_at,
    )
    if not failed:
        moved: dict[str, Any] = {"etag": result.etag} | ({"cursor": result.cursor} if result.cursor else {})
        rows.filter(version=run.source.version).update(**moved)


def _visit_http(visit: Visit, result: Result) -> None:
    """Fetch first, then bring in: what came before a page that cannot be had comes in, though the cursor stays."""
    source = visit.source
    with Client(secret=secret_of(source)) as client:
        if source.whole_file:
            fetched = pages.fetch_file(client, source.address, source.etag, visit.spool, visit.file_name)
        else:
            since = source.cursor - timedelta(seconds=source.overlap_seconds) if source.cursor else None
            result.since = since
            fetched = pages.fetch_pages(client, source.address, since, visit.spool, visit.file_name)
        result.size, result.retries = client.size, client.retries
    result.pages, result.nothing_new = fetched.pages, not fetched.paths
    result.cursor, result.etag = fetched.cursor, fetched.etag
    for path in fetched.paths:
        outcome = visit.bring_in(path, source.format if source.whole_file else "ndjson")
        result.files += 1
        result.add(outcome)
        if outcome.status is RunStatus.STOPPED:
            break
    if fetched.problem is not None:
        result.errors.append(str(fetched.problem))
        result.retry_at = fetched.problem.retry_at


_VISITS: Final = {SourceKind.HTTP: _visit_http, SourceKind.FOLDER: visit_folder}
