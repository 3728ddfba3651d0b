"""What a source sends besides sales: credit notes, matched to the sales they give back, and write-offs of stock."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from django.db import connection

from channels.adapters.base import DocumentLine, Kind, SourceRecord
from channels.enums import DocumentKind, MatchState
from channels.rows import DocumentLineRow, DocumentRow, MatchRow
from channels.services.import_job import Job
from oms.core import bulk, ids
from orders.services.credit_notes import CreditNote, Match, NoteLine, apply_credit_notes

ZERO = Decimal(0)


def lock(channel_id: UUID) -> None:
    """One transaction at a time writes documents of a channel."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"documents of {channel_id}"])


def write(job: Job, records: Sequence[SourceRecord]) -> None:
    """Record write-offs. No stock moves: the counts of today know of them."""
    ordered = sorted(records, key=lambda record: record.external_id)  # so that two imports do not wait for each other
    rows = [_rows(job, record, []) for record in ordered]
    bulk.insert([document for document, _, _ in rows], [line for _, lines, _ in rows for line in lines])


def write_credits(job: Job, records: Sequence[SourceRecord]) -> list[Decimal]:
    """Record credit notes and match them, in the order given; how much of each was matched, signed as in the source."""
    notes = [
        CreditNote(
            reference=record.external_id,
            customer=record.customer_ref,
            issued_at=record.issued_at,
            currency=record.currency,
            lines=[NoteLine(line.sku, -line.quantity, line.unit_price) for line in record.lines],
        )
        for record in records
        if record.issued_at is not None
    ]
    found = apply_credit_notes(channel_id=job.selling.channel_id, notes=notes, actor=job.actor)
    rows = [_rows(job, record, matches) for record, matches in zip(records, found, strict=True)]
    bulk.insert(
        [document for document, _, _ in rows],
        [line for _, lines, _ in rows for line in lines],
        [match for _, _, matches in rows for match in matches],
    )
    return [document.matched_total for document, _, _ in rows]


def _rows(
    job: Job, record: SourceRecord, matches: Sequence[Match]
) -> tuple[DocumentRow, list[DocumentLineRow], list[MatchRow]]:
    document_id = ids.new_id()
    lines = [_line(document_id, position, line) for position, line in enumerate(record.lines)]
    for match in matches:
        lines[match.line].matched_quantity -= match.quantity
        lines[match.line].matched_amount -= match.amount
    matched = sum([line.matched_amount for line in lines], ZERO)
    assert record.issued_at is not None  # noqa: S101  (a document has its time)
    document = DocumentRow(
        id=document_id,
        channel_id=job.selling.channel_id,
        run_id=job.run_id,
        external_id=record.external_id,
        kind=DocumentKind.CREDIT if record.kind is Kind.CREDIT else DocumentKind.WRITE_OFF,
        customer_ref=record.customer_ref,
        issued_at=record.issued_at,
        currency=record.currency,
        total=record.total,
        matched_total=matched,
        match_state=_state(record, lines),
        source_digest=record.digest,
    )
    return document, lines, [_match(lines[match.line].id, match) for match in matches]


def _line(document_id: UUID, position: int, line: DocumentLine) -> DocumentLineRow:
    return DocumentLineRow(
        id=ids.new_id(),
        document_id=document_id,
        position=position,
        sku=line.sku,
        title=line.title,
        quantity=line.quantity,
        unit_price=line.unit_price,
        amount=line.amount,
        matched_quantity=0,
        matched_amount=ZERO,
    )


def _match(line_id: UUID, match: Match) -> MatchRow:
    return MatchRow(
        id=ids.new_id(),
        document_line_id=line_id,
        order_id=match.order_id,
        sold_id=match.sold_id,
        quantity=match.quantity,
        amount=match.amount,
    )


def _state(record: SourceRecord, lines: Sequence[DocumentLineRow]) -> MatchState:
    if record.kind is not Kind.CREDIT:
        return MatchState.NOT_NEEDED
    if all(line.matched_quantity == line.quantity and line.matched_amount == line.amount for line in lines):
        return MatchState.MATCHED
    return MatchState.PARTIAL if any(line.matched_quantity for line in lines) else MatchState.UNMATCHED
