"""Working through one worker's share of a file, chunk by chunk."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Final

from django.conf import settings

from channels.adapters.base import Kind, RawRecord
from channels.services import import_chunks
from channels.services.import_job import Job
from oms.core.garbage import collected_by_hand

_CHUNK_LINES: Final = 2000
_CHUNK_RECORDS: Final = 1000
_CHUNKS_BETWEEN_COLLECTIONS: Final = 16


def work_through(job: Job, *, before_credits: Callable[[], None], after_chunk: Callable[[], None]) -> None:
    """Write all records of the job's lane behind its cursor. Raises Stopped at a bad one where the job stops at errors.

    before_credits: called before each chunk that holds a credit, which may look for any sale of the file. after_chunk:
    called when a chunk is committed; what it raises ends the work.
    """
    with collected_by_hand() as collect:
        records = job.lane.own(job.format.records(job.source, job.survey))
        chunks = _Ahead(job, _chunks(islice(records, job.lane.cursor, None)))
        job.meanwhile = chunks.prepare
        for number, chunk in enumerate(chunks, start=1):
            if any(raw.kind is Kind.CREDIT for raw in chunk):
                before_credits()
            import_chunks.work(job, chunk)
            if number % _CHUNKS_BETWEEN_COLLECTIONS == 0:
                collect()
            after_chunk()


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
