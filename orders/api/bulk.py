"""One act on many orders: start it, watch it, read what came of each order, cancel it, have the refused tried again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Final, Literal, cast
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpResponse
from django_filters import FilterSet
from msgspec import Meta, Struct
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request

from oms.core import ids
from oms.core.errors import FieldError, InvalidInput, NotFound
from oms.web import bodies, idempotency, queries, rates, schema
from oms.web.api_keys import KeyHolder
from oms.web.authentication import actor_of
from oms.web.bodies import Body
from oms.web.filters import WordsFilter
from oms.web.limits import Limits, limits_of, narrow
from oms.web.permissions import lacking
from oms.web.rendering import json_answer, moment, moment_or_none
from oms.web.scopes import Access
from oms.web.views import ApiView, many, one
from orders import tasks
from orders.api import access, examples, inputs
from orders.api.filters import OrderFilters
from orders.enums import BulkAct, BulkJobStatus, BulkRowState
from orders.models import BulkJob, BulkJobRow, Order
from orders.services import bulk_jobs

TAG: Final = "Bulk jobs"
MOST_IDS: Final = 10_000
_MOST_NAMED: Final = 100
_ACCESS: Final[Mapping[BulkAct, Access]] = {BulkAct.FULFILL: access.FULFILL, BulkAct.SHIP: access.FULFILL}
_OF_LISTS: Final = frozenset({"limit", "offset", "cursor", "order", "fields", "expand"})

ActWord = Literal[
    "fulfill", "ship", "hold", "release", "add_tags", "remove_tags", "note", "complete", "archive", "cancel"
]


class StartBulkJob(Body):
    """ids or filter, one of them. filter: what the list of orders can be asked for, such as
    {"status": ["pending"], "created_at": {"$lt": "2026-11-01"}}. input: hold {reason, note}, cancel {reason},
    add_tags and remove_tags {tags}, note {body}; nothing for the others."""

    act: ActWord
    ids: Annotated[list[str], Meta(min_length=1, max_length=MOST_IDS)] | None = None
    filter: dict[str, Any] | None = None
    input: dict[str, Any] = {}


class StartedBy(Struct):
    type: str
    id: str
    label: str


class BulkJobShape(Struct, kw_only=True):
    """Of `total` orders `done` and `refused` have a result, `left` have none yet."""

    id: str
    act: str
    input: dict[str, Any]
    status: str
    total: int
    done: int
    refused: int
    left: int
    error: str | None
    started_by: StartedBy
    created_at: str
    updated_at: str
    started_at: str | None
    finished_at: str | None


class BulkJobRowShape(Struct, kw_only=True):
    """result: waiting, done or refused; then code and message say why."""

    order_id: str
    display_id: int
    result: str
    code: str | None
    message: str | None
    finished_at: str | None


class BulkJobFilters(FilterSet):
    status = WordsFilter(known=BulkJobStatus.values)
    act = WordsFilter(known=BulkAct.values)


class BulkJobRowFilters(FilterSet):
    result = WordsFilter(known=BulkRowState.values, field_name="state")


_EXAMPLE: Final[dict[str, Any]] = {
    "id": "bulk_01m82tqr4qjn3f0j6ctkp8maev",
    "act": "hold",
    "input": {"reason": "address", "note": "Ask for the house number"},
    "status": "running",
    "total": 1200,
    "done": 340,
    "refused": 2,
    "left": 858,
    "error": None,
    "started_by": {"type": "api_key", "id": "apk_01m82tqr4qjn3f0j6ctkp8maew", "label": "Back office"},
    "created_at": "2026-11-22T23:51:16.914Z",
    "updated_at": "2026-11-22T23:51:21.002Z",
    "started_at": "2026-11-22T23:51:17.020Z",
    "finished_at": None,
}
_ROW: Final[dict[str, Any]] = {
    "order_id": examples.ORDER_ID,
    "display_id": 1001,
    "result": "refused",
    "code": "order_not_open",
    "message": "Order #1001 is canceled.",
    "finished_at": "2026-11-22T23:51:18.100Z",
}
_ONE: Final = schema.envelope("bulk_job", BulkJobShape)


def shown(job: BulkJob) -> BulkJobShape:
    told = job.actor
    return BulkJobShape(
        id=job.public_id,
        act=job.act,
        input=job.input,
        status=job.status,
        total=job.total,
        done=job.done,
        refused=job.refused,
        left=job.left,
        error=job.error or None,
        started_by=StartedBy(told["kind"], told["id"], told["label"]),
        created_at=moment(job.created_at),
        updated_at=moment(job.updated_at),
        started_at=moment_or_none(job.started_at),
        finished_at=moment_or_none(job.finished_at),
    )


def _shown_row(row: BulkJobRow) -> BulkJobRowShape:
    return BulkJobRowShape(
        order_id=ids.encode(ids.ORDER, row.order_id),
        display_id=row.order.number,
        result=row.state,
        code=row.code or None,
        message=row.message or None,
        finished_at=moment_or_none(row.finished_at),
    )


class StartBulkJobView(ApiView):
    counted_as = rates.BATCHES
    access = {"POST": access.READ}

    @schema.operation(
        id="startBulkJob",
        summary="Do one thing to many orders",
        tag=TAG,
        body=StartBulkJob,
        body_example={
            "act": "hold",
            "filter": {"status": ["pending"], "sales_channel_id": ["sc_01m82tqr4qjn3f0j6ctkp8maev"]},
            "input": {"reason": "address", "note": "Ask for the house number"},
        },
        answer=_ONE,
        example={"bulk_job": _EXAMPLE | {"status": "waiting", "done": 0, "refused": 0, "left": 1200}},
        status=202,
        description=f"{schema.OURS} Takes what the act takes of a single order, besides reading orders. Which orders "
        "are meant stands firm with the answer, up to 100,000; each is done for itself, and a refusal leaves the "
        "others be.",
    )
    def post(self, request: Request) -> HttpResponse:
        body = bodies.read(request, StartBulkJob)
        act = BulkAct(body.act)
        _require(request, act)
        seen = limits_of(request.user)
        orders = _chosen(body, seen)

        def work() -> BulkJob:
            return _sent(
                bulk_jobs.start_bulk_job(
                    act=act, given=body.input, orders=orders, actor=actor_of(request), locations=seen.locations
                )
            )

        return idempotency.answer(request, work, lambda job: json_answer({"bulk_job": shown(job)}, status=202))


class BulkJobsView(ApiView):
    access = {"GET": access.READ}

    @schema.operation(
        id="listBulkJobs",
        summary="List bulk jobs",
        tag=TAG,
        answer=schema.envelope("bulk_jobs", BulkJobShape, paged=True),
        example={"bulk_jobs": [_EXAMPLE], "count": 1, "limit": 20, "offset": 0},
        filters=BulkJobFilters,
        description=f"{schema.OURS} Those that the caller started; for staff who may view bulk jobs, everybody's. "
        "Newest first.",
    )
    def get(self, request: Request) -> HttpResponse:
        return many(request, "bulk_jobs", _jobs_of_caller(request), shown, filters=BulkJobFilters)


class BulkJobView(ApiView):
    access = {"GET": access.READ}

    @schema.operation(
        id="getBulkJob", summary="Read a bulk job", tag=TAG, answer=_ONE, example={"bulk_job": _EXAMPLE},
        description=f"{schema.OURS} Ask again until its status is completed, canceled or failed.",
    )  # fmt: skip
    def get(self, request: Request, job_id: str) -> HttpResponse:
        return one(request, "bulk_job", shown(_job(request, job_id)))


class BulkJobRowsView(ApiView):
    access = {"GET": access.READ}

    @schema.operation(
        id="listBulkJobRows",
        summary="List what came of each order of a bulk job",
        tag=TAG,
        answer=schema.envelope("rows", BulkJobRowShape, paged=True),
        example={"rows": [_ROW], "count": 1, "limit": 20, "offset": 0},
        filters=BulkJobRowFilters,
        description=f"{schema.OURS} In the order in which the orders were made; `result=refused` leaves others out.",
    )
    def get(self, request: Request, job_id: str) -> HttpResponse:
        rows = BulkJobRow.objects.filter(job=_job(request, job_id)).select_related("order")
        by_order = {"order_id": ("order_id",)}
        return many(request, "rows", rows, _shown_row, filters=BulkJobRowFilters, orderings=by_order, order="order_id")


class _BulkJobActView(ApiView):
    access = {"POST": access.READ}

    def answer_to(self, request: Request, job_id: str, act: Callable[[UUID], BulkJob]) -> HttpResponse:
        bodies.read(request, inputs.NoFields)
        job = _job(request, job_id)
        _require(request, BulkAct(job.act))
        return idempotency.answer(
            request, lambda: act(job.pk), lambda now: json_answer({"bulk_job": shown(now)}, status=200)
        )


class CancelBulkJobView(_BulkJobActView):
    @schema.operation(
        id="cancelBulkJob", summary="Cancel a bulk job", tag=TAG, body=inputs.NoFields, body_example={}, answer=_ONE,
        example={"bulk_job": _EXAMPLE | {"status": "canceled"}},
        description=f"{schema.OURS} What is done stays done; the orders that are left stay as they are.",
    )  # fmt: skip
    def post(self, request: Request, job_id: str) -> HttpResponse:
        return self.answer_to(request, job_id, lambda known: bulk_jobs.cancel_bulk_job(job_id=known))


class RetryBulkJobView(_BulkJobActView):
    @schema.operation(
        id="retryBulkJob", summary="Have the refused orders of a bulk job tried again", tag=TAG, body=inputs.NoFields,
        body_example={}, answer=_ONE,
        example={"bulk_job": _EXAMPLE | {"status": "waiting", "refused": 0, "left": 860}},
        description=f"{schema.OURS} And those that a cancel left. What is done is not done again.",
    )  # fmt: skip
    def post(self, request: Request, job_id: str) -> HttpResponse:
        seen = limits_of(request.user)
        return self.answer_to(request, job_id, lambda known: _sent(bulk_jobs.retry_bulk_job(job_id=known, seen=seen)))


def _sent(job: BulkJob) -> BulkJob:
    """Have a worker run it once the transaction is committed."""
    transaction.on_commit(lambda: tasks.send(tasks.run_bulk_job, str(job.pk)))
    return job


def _require(request: Request, act: BulkAct) -> None:
    """The scope or permission of the single act. Raises PermissionDenied."""
    refusal = lacking(request, _ACCESS.get(act, access.WRITE))
    if refusal:
        raise PermissionDenied(refusal)


def _jobs_of_caller(request: Request) -> QuerySet[BulkJob]:
    user = cast(Any, request.user)
    everybody = not isinstance(user, KeyHolder) and user.has_perm("orders.view_bulkjob") and not limits_of(user)
    return bulk_jobs.jobs_of(None if everybody else actor_of(request))


def _job(request: Request, text: str) -> BulkJob:
    """Raises NotFound, also for a job of somebody else's."""
    known = bodies.path_id(ids.BULK_JOB, text, "bulk job")
    job = _jobs_of_caller(request).filter(pk=known).first()
    if job is None:
        raise NotFound(kind="bulk job", id=text[:80])
    return job


def _chosen(body: StartBulkJob, seen: Limits) -> QuerySet[Order]:
    """Of the orders that are named or found those that the caller may see. Raises InvalidInput."""
    if (body.ids is None) == (body.filter is None):
        raise InvalidInput(errors=[FieldError("", "Either ids or filter says which orders.", "required")])
    if body.ids is None:
        return queries.filtered(OrderFilters, _as_query(body.filter or {}, seen), Order.objects.all())
    known = [bodies.public_id(ids.ORDER, text, f"/ids/{index}", "order") for index, text in enumerate(body.ids)]
    chosen = narrow(Order.objects.filter(pk__in=known), seen)
    found = set(chosen.values_list("pk", flat=True))
    strangers = [
        FieldError(f"/ids/{index}", f"/ids/{index}: no order with id {body.ids[index][:80]}.", "not_found")
        for index, each in enumerate(known)
        if each not in found
    ]
    if strangers:
        raise InvalidInput(errors=strangers[:_MOST_NAMED])
    return chosen


def _as_query(given: Mapping[str, Any], seen: Limits) -> queries.Asked:
    """A filter as a query string has it. Raises InvalidInput; also for none at all, which would be every order."""
    query = queries.Asked(mutable=True)
    query.limits = seen
    for name, value in given.items():
        if name in _OF_LISTS:
            raise _wrong_filter(name, "It means nothing here: all that the filter finds are taken.")
        for key, each in _flat(name, value):
            if not isinstance(each, (str, int)) or "\x00" in str(each):
                raise _wrong_filter(name, "A word, a number, a list of these, or an object of operators is asked for.")
            if each == "":
                raise _wrong_filter(name, "Without a value it would mean every order.")
            query.appendlist(key, str(each))
    if not query:
        raise InvalidInput(errors=[FieldError("/filter", "A filter names something: empty, it means every order.")])
    return query


def _flat(name: str, value: Any) -> Sequence[tuple[str, Any]]:
    if isinstance(value, list):
        return [(name, each) for each in value]
    if isinstance(value, dict):
        return [(f"{name}[{operator}]", each) for operator, each in value.items()]
    return [(name, value)]


def _wrong_filter(name: str, sentence: str) -> InvalidInput:
    return InvalidInput(errors=[FieldError("/filter", f"/filter: {name[:60]!r}: {sentence}")])
