"""The one way in which money of a cart or an order is changed: under the lock of whoever owns it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

from oms.core import hooks, locks
from oms.core.actors import Actor
from oms.core.transactions import atomic
from payments.models import Payment, PaymentCollection, PaymentSession
from payments.settled import Tell, unheard


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose money it is: an order's, or until one is placed a collection's."""

    order_id: UUID | None
    collection_id: UUID | None


def owner_of_payment(payment: Payment) -> Owner:
    return Owner(payment.order_id, payment.collection_id)


def owner_of_session(session: PaymentSession) -> Owner:
    return Owner(session.collection.order_id, session.collection_id)


@contextmanager
def change_of(owner: Owner, *, actor: Actor) -> Iterator[Tell]:
    """Lock the owner, let the caller write and `tell`, then let the order follow. One transaction.

    Whatever of payments the caller decides by is read inside the block.
    """
    with atomic():
        order_id = owner.order_id
        if order_id is None and owner.collection_id is not None:
            order_id = lock_collection(owner.collection_id)
        if order_id is None:
            yield unheard
            return
        with hooks.money_change(order_id, actor=actor) as tell:
            yield tell


def lock_collection(collection_id: UUID) -> UUID | None:
    """Lock a collection that has no order yet, as a cart is locked: before any order. Its order, if it got one."""
    for collection in locks.lock(locks.Rank.SOURCE, PaymentCollection.objects.filter(pk=collection_id)):
        return collection.order_id
    return None
