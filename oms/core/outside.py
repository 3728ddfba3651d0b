"""Talking to the outside. Nobody is called over a network while a transaction is open.

A provider that is slow would keep rows locked, and one whose call succeeded cannot be rolled back with the rest.
"""

from __future__ import annotations

from django.db import connections

from oms.core.transactions import is_ours


class CalledInsideTransaction(RuntimeError):
    """A programming error: the outside was to be called while a database transaction was open."""


def require_no_transaction(what: str) -> None:
    """To be called right before the outside is. what: who is to be called, for the message.

    Raises CalledInsideTransaction. The transaction that a test case wraps around everything does not count.
    """
    for connection in connections.all(initialized_only=True):
        if any(map(is_ours, connection.atomic_blocks)):
            raise CalledInsideTransaction(f"{what} is called inside a database transaction: commit first")
