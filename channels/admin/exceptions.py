"""What came in and needs a person: records that were refused, files and sources that failed, credits without a sale."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from channels import tasks
from channels.admin.rejects import fresh_rejects
from channels.admin.scheduled import failing_sources
from channels.admin.source import credits_for_staff
from channels.enums import UploadStatus
from channels.models import ImportReject, ImportUpload, OrderSource, SourceDocument
from channels.services import retrying, sources
from oms.core import ids
from oms.web.console import acts, attention, show
from oms.web.console.attention import Act, Kind, Matter

LONGEST: Final = 200  # letters of a reason


def _fresh(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Those of the last days, also by id, so that the oldest of them are found without those before."""
    since = ids.first_id(timezone.now() - retrying.FRESH)
    return (rows & fresh_rejects()).filter(pk__gte=since).select_related("run")


def _tell_rejects(rows: Sequence[ImportReject]) -> Iterator[Matter]:
    for row in rows:
        what = {"line": row.line, "file": row.run.file_name}
        yield Matter(
            pk=row.pk,
            title=_now("Line %(line)s of %(file)s was refused") % what,
            since=row.created_at,
            url=show.change_url("channels_importreject", row.pk),
            detail=f"{row.column}: {row.reason}"[:LONGEST] if row.column else row.reason[:LONGEST],
        )


def _failed_uploads(rows: QuerySet[Any]) -> QuerySet[Any]:
    since = ids.first_id(timezone.now() - retrying.FRESH)
    return rows.filter(status__in=[UploadStatus.FAILED, UploadStatus.STOPPED], pk__gte=since)


def _tell_uploads(rows: Sequence[ImportUpload]) -> Iterator[Matter]:
    for row in rows:
        yield Matter(
            pk=row.pk,
            title=_now("%s was not brought in whole") % row.file_name,
            since=row.created_at,
            url=show.change_url("channels_importupload", row.pk),
            detail=row.error[:LONGEST],
        )


def _failing(rows: QuerySet[Any]) -> QuerySet[Any]:
    return rows & failing_sources()


def _tell_sources(rows: Sequence[OrderSource]) -> Iterator[Matter]:
    for row in rows:
        yield Matter(
            pk=row.pk,
            title=_now("The source %s fails") % row.name,
            since=row.last_run_at or row.updated_at,
            url=show.change_url("channels_ordersource", row.pk),
            detail=_now("runs that failed one after the other: %s") % row.failures,
        )


def _visit(request: HttpRequest, pk: UUID) -> str:
    sources.request_run(source_id=pk, actor=acts.actor_of(request))
    tasks.send(tasks.run_source, str(pk), False)
    return _now("A worker visits the source now.")


def _unmatched(rows: QuerySet[Any]) -> QuerySet[Any]:
    return (rows & credits_for_staff()).select_related("channel")


def _tell_credits(rows: Sequence[SourceDocument]) -> Iterator[Matter]:
    for row in rows:
        left = show.money(row.total - row.matched_total, row.currency)
        yield Matter(
            pk=row.pk,
            title=_now("Credit note %(number)s matches no sale: %(left)s") % {"number": row.external_id, "left": left},
            since=row.issued_at,
            url=show.change_url("channels_sourcedocument", row.pk),
            detail=" · ".join(filter(None, [str(row.channel), row.customer_ref])),
        )


for _kind in (
    Kind(
        rank=40,
        name="rejects",
        title=_("Import rejects"),
        icon="rule",
        model=ImportReject,
        narrow=_fresh,
        age=("id",),
        tell=_tell_rejects,
        act=Act(label=_("Mend the row"), permission="channels.import_orders"),
    ),
    Kind(
        rank=42,
        name="uploads",
        title=_("Files that failed"),
        icon="upload_file",
        model=ImportUpload,
        narrow=_failed_uploads,
        age=("id",),
        tell=_tell_uploads,
        act=Act(label=_("See why"), permission="channels.view_importupload"),
        tone="bad",
    ),
    Kind(
        rank=44,
        name="sources",
        title=_("Sources that fail"),
        icon="cloud_off",
        model=OrderSource,
        narrow=_failing,
        age=("last_run_at", "id"),
        tell=_tell_sources,
        act=Act(label=_("Run it now"), permission="channels.change_ordersource", run=_visit),
        tone="bad",
    ),
    Kind(
        rank=46,
        name="credits",
        title=_("Credits for staff"),
        icon="receipt_long",
        model=SourceDocument,
        narrow=_unmatched,
        age=("issued_at", "id"),
        tell=_tell_credits,
        act=Act(label=_("Look at it"), permission="channels.view_sourcedocument"),
    ),
):
    attention.show(_kind)
