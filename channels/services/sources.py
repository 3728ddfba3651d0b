"""Scheduled sources: set up, paused, asked for now. What a run does is in `source_runs`."""

from __future__ import annotations

import json
from typing import Final
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from channels.enums import SourceKind, SourceRunStatus, StockPolicy
from channels.models import OrderSource, SourceRun
from channels.models.scheduled import OPEN_RUN
from channels.pulling import addresses
from oms.core import ids, providers
from oms.core.actors import Actor
from oms.core.errors import DomainError, FieldError, InvalidInput, NotAllowed, NotFound
from oms.core.transactions import atomic

RUN_TASK: Final = "channels.tasks.run_source"
_ASKED: Final = (
    "channel_id",
    "kind",
    "address",
    "whole_file",
    "credential",
    "pattern",
    "format",
    "stock",
    "stop_at_error",
)


class SourceRunning(NotAllowed):
    code = "source_running"
    status = 409
    message = _("A run of %(name)s is under way or waiting already.")


class SecretRefused(DomainError):
    code = "secret_refused"
    message = _("The secret %(name)s is not used: %(reason)s")


def check(source: OrderSource) -> None:
    """Refuse a source that cannot work: raises InvalidInput naming each field."""
    errors: list[FieldError] = []
    try:
        if source.kind == SourceKind.FOLDER:
            addresses.check_folder(source.address)
        else:
            addresses.check_url(source.address)
    except DomainError as refusal:
        errors.append(FieldError("address", str(refusal)))
    if source.credential and source.credential not in settings.SOURCE_SECRETS:
        errors.append(FieldError("credential", str(_("The server has no secret of this name."))))
    elif source.kind == SourceKind.HTTP and not errors and (host := _other_host(source)):
        errors.append(FieldError("credential", str(_("This secret is shown to %s alone.") % host)))
    if source.credential and source.kind == SourceKind.FOLDER:
        errors.append(FieldError("credential", str(_("A folder needs no secret."))))
    if source.format and source.format not in providers.names("ORDER_FORMATS"):
        errors.append(FieldError("format", str(_("There is no such format."))))
    if source.kind == SourceKind.HTTP and not source.whole_file and source.format not in ("", "ndjson"):
        errors.append(FieldError("format", str(_("Pages are NDJSON. Tick “one whole file” for other formats."))))
    if source.stock not in StockPolicy.values:
        errors.append(FieldError("stock", str(_("There is no such stock policy."))))
    if "/" in source.pattern:
        errors.append(FieldError("pattern", str(_("A file name has no slash; folders below are not looked into."))))
    if errors:
        raise InvalidInput(errors=errors)


def secret_of(source: OrderSource) -> str:
    """What the source shows to get in; "" where it needs nothing. Raises SecretRefused."""
    if not source.credential:
        return ""
    secret: str = settings.SOURCE_SECRETS.get(source.credential, "")
    if not secret:
        raise SecretRefused(name=source.credential, reason=_("the server has none of this name."))
    if host := _other_host(source):
        raise SecretRefused(name=source.credential, reason=_("it is shown to %s alone.") % host)
    return secret


def _other_host(source: OrderSource) -> str:
    """The host that the secret is for, where the address is another one."""
    host: str = settings.SOURCE_SECRET_HOSTS.get(source.credential, "")
    return host if host != addresses.check_url(source.address).host else ""


@atomic()
def save_source(*, source: OrderSource, every_minutes: int | None) -> OrderSource:
    """Make a source, or change one, with its schedule. every_minutes: None leaves the schedule as it is.

    When something else is asked for, or elsewhere, everything is fetched anew: what is known already does not change.
    Raises InvalidInput.
    """
    check(source)
    before = OrderSource.objects.select_for_update().filter(pk=source.pk).first()
    if before is not None:
        _keep_what_runs_write(source, before)
        if any(getattr(before, name) != getattr(source, name) for name in _ASKED):
            source.version = before.version + 1
            source.cursor, source.etag, source.wait_until = None, "", None
    source.save()
    _put_on_schedule(source, every_minutes)
    return source


def _keep_what_runs_write(source: OrderSource, before: OrderSource) -> None:
    for name in ("version", "cursor", "etag", "wait_until", "last_status", "last_run_at", "failures", "schedule_id"):
        setattr(source, name, getattr(before, name))


def _put_on_schedule(source: OrderSource, every_minutes: int | None) -> None:
    """Beat's own row is the schedule: it can be edited there too, as a crontab for example."""
    task = source.schedule or PeriodicTask(task=RUN_TASK, queue="imports", args=json.dumps([str(source.pk)]))
    if every_minutes is not None or not task.pk:
        minutes = every_minutes or 15
        task.interval, _made = IntervalSchedule.objects.get_or_create(every=minutes, period=IntervalSchedule.MINUTES)
        task.crontab = task.solar = task.clocked = None
        # A start that no worker took is not made up for: the next one does it all.
        task.expire_seconds = max(60, minutes * 60)
    task.name = f"source {source.public_id}"
    task.description = source.name
    task.enabled = source.enabled
    task.save()
    if source.schedule_id != task.pk:
        source.schedule = task
        source.save(update_fields=["schedule"])


@atomic()
def switch_source(*, source_id: UUID, enabled: bool) -> OrderSource:
    """Pause a source, or let it go on. A run that is under way ends; a repeat does nothing."""
    source = _locked(source_id)
    source.enabled = enabled
    if enabled:
        source.wait_until = None
    source.save(update_fields=["enabled", "wait_until", "updated_at"])
    if source.schedule is not None and source.schedule.enabled != enabled:
        source.schedule.enabled = enabled
        source.schedule.save()
    return source


@atomic()
def start_over(*, source_id: UUID) -> OrderSource:
    """Forget how far the source was fetched: the next run asks for everything. Nothing comes in twice by that."""
    source = _locked(source_id)
    source.version += 1
    source.cursor, source.etag = None, ""
    source.save(update_fields=["version", "cursor", "etag", "updated_at"])
    return source


@atomic()
def request_run(*, source_id: UUID, actor: Actor) -> SourceRun:
    """Have a worker visit the source now, paused or not. Whoever calls sends the task. Raises SourceRunning."""
    source = _locked(source_id)
    if source.runs.filter(status__in=OPEN_RUN).exists():
        raise SourceRunning(name=source.name)
    return SourceRun.objects.create(source=source, status=SourceRunStatus.WAITING, actor=actor.as_dict())


def _locked(source_id: UUID) -> OrderSource:
    source = OrderSource.objects.select_for_update(of=("self",)).select_related("schedule").filter(pk=source_id).first()
    if source is None:
        raise NotFound(kind="source", id=ids.encode(ids.ORDER_SOURCE, source_id))
    return source
