"""One service, one transaction.

`atomic` is Django's, with two differences. A service that calls another joins its transaction without a savepoint
(two statements saved each time; a refusal takes the whole down, which is what every caller wants). And the locks taken
in it are remembered, so that `oms.core.locks` can refuse a wrong order.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction


def in_service_transaction() -> bool:
    """Whether a transaction of ours is open. The one that a test case wraps around everything does not count."""
    return any(not block._from_testcase for block in connection.atomic_blocks)


@contextmanager
def atomic() -> Iterator[None]:
    """Run the block, or the function it decorates, in one transaction; join the one that is already open."""
    joined = in_service_transaction()
    with transaction.atomic(savepoint=not joined):
        if joined:
            yield
            return
        connection.oms_held_locks = {}
        try:
            yield
        finally:
            connection.oms_held_locks = {}
