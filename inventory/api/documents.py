"""Arrivals, transfers and counts, with a route for each step; shortages and low-stock alerts. All of it is ours."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import Model, Prefetch, QuerySet
from django.http import HttpResponse
from django_filters import FilterSet
from rest_framework.request import Request

from inventory.api import base, document_examples, document_inputs, document_shapes, examples
from inventory.api.filters import AlertFilters, ArrivalFilters, CountFilters, ShortageFilters, TransferFilters
from inventory.documents import Document
from inventory.limits import require_step
from inventory.models import (
    Arrival,
    ArrivalLine,
    LowStockAlert,
    StockCount,
    StockCountLine,
    StockShortage,
    Transfer,
    TransferLine,
)
from inventory.services import arrivals, counts, transfers
from oms.core import ids
from oms.core.actors import Actor
from oms.core.errors import NotFound
from oms.web import bodies, fields, pagination, queries, schema
from oms.web.authentication import actor_of
from oms.web.limits import limits_of
from oms.web.views import one

TAG = "Stock"
Step = Callable[[UUID, Any, Actor], Model]


def _with_lines(kind: type[Model], line: type[Model]) -> QuerySet[Any]:
    lines = Prefetch("lines", line._default_manager.select_related("item").order_by("pk"))
    return kind._default_manager.prefetch_related(lines)


class Kind:
    """What the views of one kind of document need to know."""

    def __init__(self, name: str, prefix: str, rows: Callable[[], QuerySet[Any]], shape: Any, show: Any) -> None:
        self.name, self.prefix, self.rows, self.shape, self.render = name, prefix, rows, shape, show

    @property
    def title(self) -> str:
        """As the names of its operations have it: StockArrival."""
        return "".join(word.title() for word in self.name.split("_"))

    @property
    def envelope(self) -> dict[str, Any]:
        return schema.envelope(self.name, self.shape)

    def id_of(self, text: str) -> UUID:
        return bodies.path_id(self.prefix, text, self.name.replace("_", " "))

    def show(self, document_id: UUID) -> Any:
        row = self.rows().filter(pk=document_id).first()
        if row is None:
            raise NotFound(kind=self.name.replace("_", " "), id=ids.encode(self.prefix, document_id))
        return self.render(row)

    def page(self, request: Request, filters: type[FilterSet]) -> HttpResponse:
        query = queries.parameters(request)
        rows = queries.filtered(filters, query, self.rows())
        without_lines = issubclass(rows.model, Document) and not query.selection.asks("items")
        rows = rows.prefetch_related(None) if without_lines else rows
        page = pagination.page(query, rows.order_by(*queries.ordering(query, {"created_at": ("pk",)}, "-created_at")))
        if without_lines:
            fields.leave_out(page.rows, "lines")
        return page.answer(f"{self.name}s", [self.render(row) for row in page.rows])


ARRIVAL = Kind(
    "stock_arrival",
    ids.ARRIVAL,
    lambda: _with_lines(Arrival, ArrivalLine),
    document_shapes.ArrivalShape,
    document_shapes.arrival,
)
TRANSFER = Kind(
    "stock_transfer",
    ids.TRANSFER,
    lambda: _with_lines(Transfer, TransferLine),
    document_shapes.TransferShape,
    document_shapes.transfer,
)
COUNT = Kind(
    "stock_count",
    ids.STOCK_COUNT,
    lambda: _with_lines(StockCount, StockCountLine),
    document_shapes.CountShape,
    document_shapes.count,
)
SHORTAGE = Kind(
    "stock_shortage",
    ids.STOCK_SHORTAGE,
    lambda: StockShortage.objects.select_related("level__item"),
    document_shapes.Shortage,
    document_shapes.shortage,
)
ALERT = Kind(
    "low_stock_alert",
    ids.LOW_STOCK_ALERT,
    lambda: LowStockAlert.objects.select_related("level__item"),
    document_shapes.Alert,
    document_shapes.alert,
)


def _listing(kind: Kind, summary: str, example: dict[str, Any], filters: type[FilterSet]) -> Any:
    """The GET of a list."""

    @schema.operation(
        id="list" + kind.title + "s",
        summary=summary,
        tag=TAG,
        answer=schema.envelope(f"{kind.name}s", kind.shape, paged=True),
        example=examples.page(f"{kind.name}s", example),
        filters=filters,
        description=f"{schema.OURS} The newest first.",
    )
    def get(self: base.StockView, request: Request) -> HttpResponse:
        return kind.page(request, filters)

    return get


def _making(kind: Kind, body: Any, summary: str, sent: dict[str, Any], example: dict[str, Any], make: Any) -> Any:
    """The POST that makes a document."""

    @schema.operation(
        id="create" + kind.title,
        summary=summary,
        tag=TAG,
        body=body,
        body_example=sent,
        answer=kind.envelope,
        example={kind.name: example},
        description=schema.OURS,
    )
    def post(self: base.StockView, request: Request) -> HttpResponse:
        given, actor = bodies.read(request, body), actor_of(request)
        return base.answer(request, kind.name, lambda: base.id_of(make(given, actor)), kind.show)

    return post


def _place(text: str, pointer: str) -> UUID:
    return bodies.public_id(ids.STOCK_LOCATION, text, pointer, "stock location")


def _expect(body: document_inputs.CreateArrival, actor: Actor) -> Arrival:
    return arrivals.create_arrival(
        location_id=_place(body.location_id, "/location_id"),
        lines=document_inputs.lines(body.items),
        reference=body.reference,
        expected_on=body.expected_on,
        note=body.note,
        actor=actor,
    )


def _plan(body: document_inputs.CreateTransfer, actor: Actor) -> Transfer:
    return transfers.create_transfer(
        source_id=_place(body.source_location_id, "/source_location_id"),
        target_id=_place(body.target_location_id, "/target_location_id"),
        lines=document_inputs.lines(body.items),
        reference=body.reference,
        note=body.note,
        actor=actor,
    )


def _begin(body: document_inputs.CreateCount, actor: Actor) -> StockCount:
    return counts.create_count(
        location_id=_place(body.location_id, "/location_id"),
        lines=document_inputs.lines(body.items),
        reference=body.reference,
        note=body.note,
        actor=actor,
    )


class ArrivalsView(base.StockView):
    get = _listing(ARRIVAL, "List arrivals", document_examples.ARRIVAL, ArrivalFilters)
    post = _making(
        ARRIVAL,
        document_inputs.CreateArrival,
        "Expect goods at a stock location",
        document_examples.EXPECT,
        document_examples.ARRIVAL,
        _expect,
    )


class TransfersView(base.StockView):
    get = _listing(TRANSFER, "List transfers", document_examples.TRANSFER, TransferFilters)
    post = _making(
        TRANSFER,
        document_inputs.CreateTransfer,
        "Plan a transfer between two stock locations",
        document_examples.SEND,
        document_examples.TRANSFER,
        _plan,
    )


class CountsView(base.StockView):
    get = _listing(COUNT, "List counts", document_examples.COUNT, CountFilters)
    post = _making(
        COUNT,
        document_inputs.CreateCount,
        "Begin a count at a stock location",
        document_examples.COUNTED,
        document_examples.COUNT,
        _begin,
    )


class ShortagesView(base.StockView):
    get = _listing(SHORTAGE, "List goods that were promised and not found", document_examples.SHORTAGE, ShortageFilters)


class AlertsView(base.StockView):
    get = _listing(ALERT, "List low-stock alerts", document_examples.ALERT, AlertFilters)


class DocumentView(base.StockView):
    """One document, or one step of it."""

    kind: ClassVar[Kind]


def _reading(kind: Kind, summary: str, example: dict[str, Any]) -> type[DocumentView]:
    """The view that shows one document."""

    @schema.operation(
        id="get" + kind.title,
        summary=summary,
        tag=TAG,
        answer=kind.envelope,
        example={kind.name: example},
        description=schema.OURS,
    )
    def get(self: DocumentView, request: Request, document_id: str) -> HttpResponse:
        return one(request, kind.name, kind.show(kind.id_of(document_id)))

    return type(f"{kind.name}_view", (DocumentView,), {"kind": kind, "get": get})


def _step(
    kind: Kind, name: str, summary: str, body: Any, sent: dict[str, Any], example: dict[str, Any], run: Step
) -> type[DocumentView]:
    """The view of one step of a document."""

    @schema.operation(
        id=name + kind.title,
        summary=summary,
        tag=TAG,
        body=body,
        body_example=sent,
        answer=kind.envelope,
        example={kind.name: example},
        description=schema.OURS,
    )
    def post(self: DocumentView, request: Request, document_id: str) -> HttpResponse:
        wanted, given, actor = kind.id_of(document_id), bodies.read(request, body), actor_of(request)

        def work() -> UUID:
            require_step(kind.rows().model, wanted, name, limits_of(request.user))
            return base.id_of(run(wanted, given, actor))

        return base.answer(request, kind.name, work, kind.show)

    return type(f"{kind.name}_{name}_view", (DocumentView,), {"kind": kind, "post": post})


ArrivalView = _reading(ARRIVAL, "Read an arrival", document_examples.ARRIVAL)
TransferView = _reading(TRANSFER, "Read a transfer", document_examples.TRANSFER)
CountView = _reading(COUNT, "Read a count", document_examples.COUNT)

ReceiveArrivalView = _step(
    ARRIVAL,
    "receive",
    "Put on the shelf what has come of an arrival",
    document_inputs.Receive,
    document_examples.RECEIVE,
    document_examples.ARRIVAL,
    lambda pk, body, actor: arrivals.receive_arrival(
        arrival_id=pk, parts=document_inputs.parts(ids.ARRIVAL_LINE, body.items), actor=actor
    ),
)
CloseArrivalView = _step(
    ARRIVAL,
    "close",
    "Expect no more of an arrival",
    document_inputs.Close,
    {"reason": "the supplier has no more"},
    document_examples.ARRIVAL | {"status": "closed"},
    lambda pk, body, actor: arrivals.close_arrival(arrival_id=pk, note=body.reason, actor=actor),
)
SendTransferView = _step(
    TRANSFER,
    "send",
    "Take the goods of a transfer off the shelf of its source",
    document_inputs.Nothing,
    {},
    document_examples.TRANSFER,
    lambda pk, body, actor: transfers.send_transfer(transfer_id=pk, actor=actor),
)
ReceiveTransferView = _step(
    TRANSFER,
    "receive",
    "Put on the target's shelf what has come of a transfer",
    document_inputs.Receive,
    {"items": [{"id": document_examples.TRANSFER["items"][0]["id"], "quantity": 5}]},
    document_examples.TRANSFER | {"status": "received"},
    lambda pk, body, actor: transfers.receive_transfer(
        transfer_id=pk, parts=document_inputs.parts(ids.TRANSFER_LINE, body.items), actor=actor
    ),
)
CloseTransferView = _step(
    TRANSFER,
    "close",
    "Give up what has not come of a transfer",
    document_inputs.Close,
    {"reason": "fell off the lorry"},
    document_examples.TRANSFER | {"status": "closed"},
    lambda pk, body, actor: transfers.close_transfer(transfer_id=pk, reason=body.reason, actor=actor),
)
CancelTransferView = _step(
    TRANSFER,
    "cancel",
    "Call a transfer off; what is on its way goes back to the source",
    document_inputs.Nothing,
    {},
    document_examples.TRANSFER | {"status": "canceled"},
    lambda pk, body, actor: transfers.cancel_transfer(transfer_id=pk, actor=actor),
)
RecordCountView = _step(
    COUNT,
    "record",
    "Write down what was counted",
    document_inputs.RecordCounted,
    {"items": document_examples.ITEMS},
    document_examples.COUNT,
    lambda pk, body, actor: counts.record_counted(count_id=pk, lines=document_inputs.lines(body.items)),
)
ApplyCountView = _step(
    COUNT,
    "apply",
    "Bring the books to what was counted",
    document_inputs.Nothing,
    {},
    document_examples.COUNT | {"status": "applied"},
    lambda pk, body, actor: counts.apply_count(count_id=pk, actor=actor),
)
CancelCountView = _step(
    COUNT,
    "cancel",
    "Throw a count away",
    document_inputs.Nothing,
    {},
    document_examples.COUNT | {"status": "canceled"},
    lambda pk, body, actor: counts.cancel_count(count_id=pk),
)
SettleShortageView = _step(
    SHORTAGE,
    "settle",
    "Say that a shortage was dealt with",
    document_inputs.Settle,
    {"note": "The customer waits"},
    document_examples.SHORTAGE,
    lambda pk, body, actor: counts.settle_shortage(shortage_id=pk, note=body.note, actor=actor),
)
