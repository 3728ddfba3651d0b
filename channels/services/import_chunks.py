"""The work on one chunk of records: what it is, what is known of it, and writing it with the run's cursor.

A chunk is one transaction, but where it must be more: an order that is revised has one of its own, and credits are not
in one with sales. Whatever is committed has moved the cursor and the figures with it, so nothing is done twice and
nothing is left out, wherever the process dies.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

import msgspec
from django.db import DataError, IntegrityError, connection

from channels.adapters.base import Kind, RawRecord, Rejected, SourceRecord
from channels.enums import StockPolicy
from channels.services import documents, import_lookup
from channels.services.import_figures import Figures
from channels.services.import_job import Job, Stopped
from channels.services.import_lookup import Known
from oms.core import bulk, metrics
from oms.core.errors import DomainError
from oms.core.storing import NotStorable
from oms.core.transactions import atomic
from orders.requests import OrderRequest
from orders.services import placement
from orders.services.placement import Options, Placed, Stock
from orders.services.revisions import revise_order

_MANY_LINES: Final = 100_000
_STOCK: Final = {StockPolicy.SKIP: Stock.SKIP, StockPolicy.UPDATE: Stock.RESERVE, StockPolicy.FORCE: Stock.FORCE}


class _Is(Enum):
    NEW = "new"
    UNCHANGED = "unchanged"
    CHANGED = "changed"
    REJECTED = "rejected"


@dataclass(slots=True)
class _Looked:
    """A record, and what is to be done with it. again: its number came before in this chunk; it waits for that one."""

    raw: RawRecord
    what: _Is
    record: SourceRecord | None = None
    known: Known | None = None
    reject: Rejected | None = None
    again: bool = False


class _LookAgain(Exception):
    """Somebody else wrote one of these records meanwhile."""


class _CutAt(Exception):
    """A record of the segment was refused only when it was written, and the import stops there."""

    def __init__(self, looked: _Looked, reject: Rejected) -> None:
        self.looked = looked
        self.reject = reject


def work(job: Job, raws: Sequence[RawRecord]) -> None:
    """Write a chunk. Raises Stopped at the first bad record when the job stops at errors; those before are written.

    A segment that the database does not take is written record by record, so that only the guilty one is left out.
    """
    _note_started(job, sum([raw.size for raw in raws]))
    left, alone = _look(job, raws), 0
    while left:
        size = _segment(job, left[:1] if alone else left)
        if not size:
            raise Stopped(left[0].raw, left[0].reject or Rejected("", line=left[0].raw.line))
        segment, left = left[:size], left[size:]
        try:
            _commit(job, segment)
        except _LookAgain:
            left = segment + left
        except (DataError, IntegrityError) as problem:
            if size > 1:
                left, alone = segment + left, size
                continue
            _leave_out(job, segment[0], problem)
            alone = max(0, alone - 1)
        except _CutAt as cut:
            _commit(job, segment[: segment.index(cut.looked)])
            raise Stopped(cut.looked.raw, cut.reject) from None
        else:
            alone = max(0, alone - 1)
            if not left or not left[0].again:
                continue
        left = _look(job, [looked.raw for looked in left])


def _leave_out(job: Job, looked: _Looked, problem: Exception) -> None:
    """Reject a record that the database does not take. Raises the problem again when the record is not to blame."""
    if looked.record is None:
        raise problem
    reject = _refused(job, looked, NotStorable.of(problem))
    if job.stop_at_error:
        raise Stopped(looked.raw, reject) from None
    figures = job.figures.copy()
    with atomic():
        _write_rest(job, [looked], figures, {id(looked): reject})
    _advanced(job, [looked], figures)


def _note_started(job: Job, lines: int) -> None:
    """Say which lines are taken up, before they are: what a crash had worked on in vain is counted by it.

    Losing this note with the server's power costs a count, so the commit does not wait for the disk.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"SET LOCAL synchronous_commit = off; UPDATE {job.lane.table} SET lines_started = %s WHERE id = %s",  # noqa: S608
            [job.lane.lines_committed + lines, job.lane.id],
        )


def _look(job: Job, raws: Sequence[RawRecord]) -> list[_Looked]:
    known = import_lookup.find(job.selling.channel_id, {raw.external_id for raw in raws if raw.external_id})
    answer, seen = [], set[str]()
    for raw in raws:
        looked = _look_at(job, raw, known.get(raw.external_id))
        looked.again = bool(raw.external_id) and raw.external_id in seen
        seen.add(raw.external_id)
        answer.append(looked)
    return answer


def _look_at(job: Job, raw: RawRecord, known: Known | None) -> _Looked:
    raw.digest = raw.digest or ("" if raw.problem else job.format.digest(raw))
    if known and raw.digest and known.digest == raw.digest:
        return _Looked(raw, _Is.UNCHANGED, known=known)
    job.read(raw)
    if raw.problem or raw.record is None:
        return _Looked(raw, _Is.REJECTED, reject=raw.problem)
    if known is None:
        return _Looked(raw, _Is.NEW, raw.record)
    try:
        _require_changeable(job, raw, raw.record, known)
    except Rejected as reject:
        return _Looked(raw, _Is.REJECTED, reject=reject)
    return _Looked(raw, _Is.CHANGED, raw.record, known)


def _require_changeable(job: Job, raw: RawRecord, record: SourceRecord, known: Known) -> None:
    """An imported sale may say something else the next time. Raises Rejected for everything else."""
    if known.run_id == job.run_id:
        reason = f"{record.external_id} comes twice in this file and says different things."
    elif known.run_id is None and known.is_order:
        reason = f"There is {known.name} of this number, and it did not come by file. It was left as it is."
    elif not known.is_order or record.request is None:
        reason = f"There is {known.name} of this number, and it says something else. That is for staff to settle."
    else:
        return
    raise Rejected(reason, line=record.line, raw=_row_text(job, raw))


def _row_text(job: Job, raw: RawRecord) -> str:
    return str(job.format.raw_json(raw)["rows"][0].get("text", ""))[:1000]


def _is_credit(looked: _Looked) -> bool:
    return looked.what is _Is.NEW and looked.record is not None and looked.record.kind is Kind.CREDIT


def _writes(looked: _Looked) -> bool:
    return looked.what is _Is.NEW


def _segment(job: Job, looked: Sequence[_Looked]) -> int:
    """How many of the records, from the first on, are written in one transaction; none when that one stops it all."""
    if looked[0].what is _Is.CHANGED:
        return 1
    credits_ = None
    for index, each in enumerate(looked):
        if each.what is _Is.CHANGED or (each.again and index):
            return index
        if each.what is _Is.REJECTED and job.stop_at_error:
            return index
        if _writes(each):
            if credits_ is None:
                credits_ = _is_credit(each)
            elif credits_ != _is_credit(each):
                return index
    return len(looked)


def _commit(job: Job, segment: Sequence[_Looked]) -> None:
    if not segment:
        return
    if segment[0].what is _Is.CHANGED:
        _revise(job, segment[0])
    elif any(map(_is_credit, segment)):
        _credit(job, segment)
    else:
        _place(job, segment)


def _place(job: Job, segment: Sequence[_Looked]) -> None:
    """New sales, samples and write-offs, with rejects and the cursor."""
    sales: list[tuple[_Looked, OrderRequest]] = []
    write_offs: list[SourceRecord] = []
    for each in segment:
        if each.what is _Is.NEW and each.record is not None:
            if each.record.request is not None:
                sales.append((each, each.record.request))
            else:
                write_offs.append(each.record)
    after: list[Figures] = []

    def alongside(placed: Sequence[Placed]) -> None:
        figures, refused = job.figures.copy(), dict[int, Rejected]()
        for (looked, _), order in zip(sales, placed, strict=True):
            if order.existing:
                raise _LookAgain
            if order.refusal is not None:
                reject = _refused(job, looked, order.refusal)
                if job.stop_at_error:
                    raise _CutAt(looked, reject)
                refused[id(looked)] = reject
            elif order.row is not None:
                row = order.row
                kind = Kind.SAMPLE if row.is_sample else Kind.SALE
                figures.add(kind, "created", looked.raw.size, row.original_total, row.currency)
                figures.unknown_skus += order.unknown_skus
        documents.write(job, write_offs)
        for record in write_offs:
            figures.add(record.kind, "created", record.size, record.total, record.currency)
        _write_rest(job, segment, figures, refused)
        after[:] = [figures]

    try:
        if sales:
            placement.place_orders(
                requests=[request for _, request in sales],
                selling=job.selling,
                actor=job.actor,
                options=_options(job, [each.raw.digest for each, _ in sales]),
                alongside=alongside,
            )
        else:
            with atomic(savepoint=True):
                alongside([])
    except IntegrityError:
        if import_lookup.find(job.selling.channel_id, {record.external_id for record in write_offs}):
            raise _LookAgain from None  # another import wrote one of these documents meanwhile
        raise
    _advanced(job, segment, after[0])


def _options(job: Job, digests: Sequence[str]) -> Options:
    past = job.stock is StockPolicy.SKIP
    return Options(
        stock=_STOCK[job.stock],
        keep_unknown_skus=True,
        announce=not past,
        copy=True,
        action="order.imported" if past else "order.placed",
        import_run_id=job.run_id,
        digests=digests,
        past=past,
        meanwhile=job.meanwhile,
        goods=job.goods if past else None,
    )


def _credit(job: Job, segment: Sequence[_Looked]) -> None:
    """New credits, matched to the sales before them."""
    records = [each.record for each in segment if each.what is _Is.NEW and each.record is not None]
    figures = job.figures.copy()
    _take_stock_of_tables(job)
    with atomic():
        _require_no_document(job, records)
        for record, matched in zip(records, documents.write_credits(job, records), strict=True):
            figures.add(Kind.CREDIT, "created", record.size, record.total, record.currency)
            figures.add_matched(matched, record.currency)
        _write_rest(job, segment, figures, {})
    _advanced(job, segment, figures)


def _take_stock_of_tables(job: Job) -> None:
    """After many new rows PostgreSQL still plans for the few there were, and reads whole tables for each credit."""
    if job.analyzed or job.lane.lines_committed < _MANY_LINES:
        return
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE orders_customer, orders_order, orders_orderline, orders_shippingline, payments_payment")
    job.analyzed = True


def _require_no_document(job: Job, records: Sequence[SourceRecord]) -> None:
    """Two imports into one channel write documents one after the other, and each number once. Raises _LookAgain."""
    documents.lock(job.selling.channel_id)
    if import_lookup.find(job.selling.channel_id, {record.external_id for record in records}):
        raise _LookAgain


def _revise(job: Job, looked: _Looked) -> None:
    """An imported order says something else now: one revision of it, or a reject."""
    record, known = looked.record, looked.known
    assert record is not None  # noqa: S101  (a changed record was read, is a sale, and its order is known)
    assert record.request is not None  # noqa: S101
    assert known is not None  # noqa: S101
    figures = job.figures.copy()
    try:
        with atomic():
            order = revise_order(
                order_id=known.id,
                request=record.request,
                digest=record.digest,
                selling=job.selling,
                options=_options(job, ()),
                actor=job.actor,
            )
            kind = Kind.SAMPLE if order.is_sample else Kind.SALE
            figures.add(kind, "revised", looked.raw.size, order.total + order.credit_total, order.currency)
            _write_rest(job, [looked], figures, {})
    except DomainError as refusal:
        reject = _refused(job, looked, refusal)
        if job.stop_at_error:
            raise _CutAt(looked, reject) from None
        figures = job.figures.copy()
        with atomic():
            _write_rest(job, [looked], figures, {id(looked): reject})
    _advanced(job, [looked], figures)


def _refused(job: Job, looked: _Looked, refusal: DomainError) -> Rejected:
    """A refusal by a rule of orders or stock, at the line of the file that it is about."""
    pointer = refusal.errors[0].pointer if refusal.errors else ""
    line, column, text = job.format.locate(looked.raw, pointer)
    return Rejected(str(refusal), line=line, column=column, raw=text)


def _write_rest(job: Job, segment: Sequence[_Looked], figures: Figures, refused: dict[int, Rejected]) -> None:
    """The rejects of a segment, what is unchanged in it, and the run as it stands after it."""
    rejects = []
    for looked in segment:
        reject = looked.reject or refused.get(id(looked))
        if reject is not None:
            rejects.append(job.reject_row(looked.raw, reject))
            figures.add_reject(looked.raw.size)
        elif looked.what is _Is.UNCHANGED and looked.known is not None:
            known = looked.known
            figures.add(known.kind, "unchanged", looked.raw.size, known.total, known.currency)
            if known.kind is Kind.CREDIT:
                figures.add_matched(known.matched, known.currency)
    bulk.insert(rejects)
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {job.lane.table} SET cursor = %s, lines_committed = %s, figures = %s, updated_at = now()"  # noqa: S608
            " WHERE id = %s",
            [
                job.lane.cursor + len(segment),
                job.lane.lines_committed + _lines(segment),
                msgspec.json.encode(figures.as_dict()).decode(),
                job.lane.id,
            ],
        )


def _lines(segment: Sequence[_Looked]) -> int:
    return sum([looked.raw.size for looked in segment])


def _advanced(job: Job, segment: Sequence[_Looked], figures: Figures) -> None:
    """The segment is committed: keep in memory what the lane says."""
    job.lane.cursor += len(segment)
    job.lane.lines_committed += _lines(segment)
    of = (job.selling.code, job.format.name)
    metrics.count_after_commit(metrics.IMPORT_LINES.labels(*of), _lines(segment))  # a dry run commits nothing
    metrics.count_after_commit(metrics.IMPORT_REJECTS.labels(*of), figures.rejects - job.figures.rejects)
    job.figures = figures
