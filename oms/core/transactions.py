"""One service, one transaction.

`atomic` is Django's, with two differences. A service that calls another joins its transaction without a savepoint
(two statements saved each time; a refusal takes the whole down, which is what every caller wants). And the locks taken
in it are remembered, so that `oms.core.locks` can refuse a wrong order.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final
from uuid import UUID

from django.db import connection, transaction

_HELD: Final = "oms_held_locks"  # of the connection, so that it ends with it
_AROUND: Final = "_from_testcase"  # how Django marks the transaction around a test, which services do not count


def in_service_transaction() -> bool:
    """Whether a transaction of ours is open. The one that a test case wraps around everything does not count."""
    return any(map(is_ours, connection.atomic_blocks))


def is_ours(block: Any) -> bool:
    """Whether an open `atomic` block is more than the one that a test case, or a rehearsal, wraps around everything."""
    return not getattr(block, _AROUND, False)


def held_locks() -> dict[Any, set[UUID]] | None:
    """The rows that the open service has locked, by rank; None outside of a service."""
    held: dict[Any, set[UUID]] | None = getattr(connection, _HELD, None)
    return held


@contextmanager
def atomic(*, savepoint: bool = False) -> Iterator[None]:
    """Run the block, or the function it decorates, in one transaction; join the one that is already open.

    savepoint: joining sets a savepoint, so that the caller may catch what is raised and go on. What is locked is
    remembered until the outermost service ends, whoever opened the transaction around it.
    """
    joined = in_service_transaction()
    with transaction.atomic(savepoint=savepoint or not joined):
        if (held := held_locks()) is not None:
            before = {rank: set(locked) for rank, locked in held.items()} if savepoint else None
            try:
                yield
            except BaseException:
                if before is not None:  # going back to a savepoint lets go of what was locked since
                    setattr(connection, _HELD, before)
                raise
            return
        setattr(connection, _HELD, {})
        try:
            yield
        finally:
            setattr(connection, _HELD, None)


@contextmanager
def rehearsal() -> Iterator[None]:
    """Undo everything that is done inside.

    Services inside take it for the outside world: each has its own savepoint, and forgets its locks when it ends, so
    that it behaves as it would for real. What they lock stays locked until the end.
    """
    stage = transaction.atomic()
    setattr(stage, _AROUND, True)
    with stage:
        yield
        transaction.set_rollback(True)
