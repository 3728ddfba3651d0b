"""Going through any number of rows in bounded memory."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any, Final, TypeVar

from django.db.models import Model, QuerySet

M = TypeVar("M", bound=Model)
CHUNK: Final = 500


def in_chunks(wanted: QuerySet[Any], shown: QuerySet[M]) -> Iterator[list[M]]:
    """The rows of `wanted`, in its order, chunk by chunk; each chunk is read through `shown`, which says what comes
    along (select_related, prefetch_related), in a number of queries that does not depend on how many there are.

    Which rows and in what order stands firm from the first chunk on: a cursor of the server keeps their ids, 16 bytes
    each. No transaction stays open meanwhile, however slowly the rows are taken. Rows that go meanwhile are left out.
    """
    ids = wanted.values_list("pk", flat=True).iterator(chunk_size=CHUNK)
    while some := list(islice(ids, CHUNK)):
        found = shown.in_bulk(some)
        yield [found[pk] for pk in some if pk in found]
