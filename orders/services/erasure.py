"""Forgetting who a customer was: their orders keep goods and amounts, and lose the person."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.db.models import F, Q, QuerySet
from django.utils import timezone

from oms.core import events, ids, locks, personal
from oms.core.actors import Actor
from oms.core.errors import NotFound
from oms.core.personal import ERASED, Person, mentions
from oms.core.transactions import atomic
from orders.enums import OrderStatus
from orders.errors import CustomerHasOpenOrders
from orders.events import CustomerErased, OrderUpdated
from orders.models import (
    Adjustment,
    CreditLine,
    Customer,
    Hold,
    Note,
    Order,
    OrderAddress,
    OrderLine,
    ShippingLine,
    TimelineEntry,
)
from orders.services import journal
from orders.services.personal_data import ADDRESS_FIELDS, console_log, names_of, person_of

_OPEN: Final = (OrderStatus.DRAFT, OrderStatus.PENDING, OrderStatus.REQUIRES_ACTION)
_MOST_NAMED: Final = 5
_BLANK: Final[Mapping[str, str]] = dict.fromkeys(ADDRESS_FIELDS, "")


@dataclass(frozen=True, slots=True)
class Erasure:
    """What was done. already: nothing, for there was nothing left. rows: how many by table. same_email: others."""

    customer: Customer
    orders: int
    rows: Mapping[str, int]
    same_email: tuple[UUID, ...] = ()
    already: bool = False


@atomic()
def erase_customer(*, customer_id: UUID, actor: Actor) -> Erasure:
    """Erase who a customer was, everywhere; amounts, goods, numbers and times stay. A repeat does nothing.

    Free text that staff wrote about their orders (notes, holds, credits) and metadata go as a whole: nobody can tell
    what they say. Other customers with the same e-mail are other rows, and are named in the answer.
    Raises NotFound; CustomerHasOpenOrders while an order still needs them.
    """
    customer = _lock(customer_id)
    orders = locks.lock(locks.Rank.ORDER, Order.objects.filter(customer=customer))
    _require_closed(orders)
    if customer.erased_at is not None:
        still = set(_still_known(customer))
        if not still and not _is_known(customer):
            return Erasure(customer, orders=0, rows={}, already=True)
        orders = [order for order in orders if order.pk in still]
    person, names = person_of(customer), names_of(customer)
    others = _same_email(customer)

    rows = _erase_orders(person, names)
    for keeper in personal.keepers():
        rows |= keeper.erase(person)
    _erase_customer(customer)

    journal.record_all([_act(order) for order in orders], actor=actor)
    events.record(CustomerErased(customer_id=customer.public_id, orders=len(orders)), actor=actor)
    return Erasure(customer, orders=len(orders), rows=rows, same_email=others)


def _lock(customer_id: UUID) -> Customer:
    """The customer, locked: an order that is being placed for them waits, or is waited for."""
    customer = Customer.objects.select_for_update().filter(pk=customer_id).first()
    if customer is None:
        raise NotFound(kind="customer", id=ids.encode(ids.CUSTOMER, customer_id))
    return customer


def _require_closed(orders: list[Order]) -> None:
    numbers = sorted(order.number for order in orders if order.status in _OPEN)
    if numbers:
        named = ", ".join(f"#{number}" for number in numbers[:_MOST_NAMED])
        raise CustomerHasOpenOrders(count=len(numbers), numbers=named + ("…" if len(numbers) > _MOST_NAMED else ""))


def _still_known(customer: Customer) -> QuerySet[Order, UUID]:
    """Orders in which the person stands after an erasure: placed in the same moment, or filled in again since."""
    theirs = Order.objects.filter(customer=customer)
    somewhere = Q()
    for name in ADDRESS_FIELDS:
        somewhere |= Q(**{f"{name}__gt": ""})
    addressed = OrderAddress.objects.filter(somewhere, order__customer=customer).values("order_id")
    noted = Note.objects.filter(order__customer=customer).exclude(body=ERASED).values("order_id")
    known = Q(email__gt="") | Q(phone__gt="") | ~Q(metadata={}) | Q(pk__in=addressed) | Q(pk__in=noted)
    return theirs.filter(known).values_list("pk", flat=True)


def _is_known(customer: Customer) -> bool:
    told = (customer.email, customer.phone, customer.first_name, customer.last_name, customer.company_name)
    return any(told) or customer.external_id is not None or bool(customer.metadata)


def _same_email(customer: Customer) -> tuple[UUID, ...]:
    if not customer.email:
        return ()
    others = Customer.objects.filter(email__iexact=customer.email).exclude(pk=customer.pk)
    return tuple(others.order_by("pk").values_list("pk", flat=True))


def _erase_orders(person: Person, names: frozenset[str]) -> dict[str, int]:
    """The tables of orders, a statement or two for each."""
    theirs: dict[str, Any] = {"order_id__in": person.order_ids}
    counted = {
        "addresses": OrderAddress.objects.filter(**theirs).update(**_BLANK),
        "lines": OrderLine.objects.filter(**theirs).exclude(metadata={}).update(metadata={}),
        "shipping_lines": ShippingLine.objects.filter(**theirs).exclude(metadata={}).update(metadata={}),
        "notes": Note.objects.filter(**theirs).update(body=ERASED),
        "holds": Hold.objects.filter(**theirs).exclude(note="").update(note=ERASED),
        "credit_lines": CreditLine.objects.filter(**theirs).exclude(note="").update(note=ERASED),
        "timeline": _erase_timeline(TimelineEntry.objects.filter(**theirs), names),
    }
    for table, column in ((CreditLine, "reference"), (Adjustment, "description"), (Adjustment, "code")):
        named = table.objects.filter(**theirs).filter(mentions(column, person.words))
        counted[f"{table._meta.model_name}.{column}"] = named.update(**{column: ERASED})
    for order in Order.objects.filter(pk__in=person.order_ids).exclude(tags=[]):
        Order.objects.filter(pk=order.pk).update(tags=[tag for tag in order.tags if not _tells(tag, names)])
    counted["orders"] = Order.objects.filter(pk__in=person.order_ids).update(
        email="", phone="", metadata={}, revision=F("revision") + 1, updated_at=timezone.now()
    )
    return counted


def _erase_timeline(entries: QuerySet[TimelineEntry], names: frozenset[str]) -> int:
    """Entries keep what happened and lose what was said: notes, metadata, and every text with a name in it."""
    changed = []
    for entry in entries.exclude(facts={}, changes={}, actor__kind="staff").iterator(chunk_size=1000):
        before = (entry.facts, entry.changes, entry.actor)
        entry.facts = _without(entry.facts, names)
        entry.changes = _without(entry.changes, names)
        if entry.actor.get("kind") == "customer":
            entry.actor = entry.actor | {"id": ERASED, "label": ERASED}
        if before != (entry.facts, entry.changes, entry.actor):
            changed.append(entry)
    TimelineEntry.objects.bulk_update(changed, ["facts", "changes", "actor"], batch_size=1000)
    return len(changed)


def _without(value: Any, names: frozenset[str]) -> Any:
    if isinstance(value, dict):
        return {
            key: (ERASED if each else each) if key in ("note", "metadata") else _without(each, names)
            for key, each in value.items()
        }
    if isinstance(value, list):
        return [_without(each, names) for each in value]
    return ERASED if isinstance(value, str) and _tells(value, names) else value


def _tells(text: str, names: frozenset[str]) -> bool:
    """Whether one of the names stands in the text as a word of its own."""
    low = text.lower()
    return any(name in low and re.search(rf"(?<!\w){re.escape(name)}(?!\w)", low) for name in names)


def _erase_customer(customer: Customer) -> None:
    customer.email = customer.phone = customer.first_name = customer.last_name = customer.company_name = ""
    customer.external_id = None
    customer.metadata = {}
    customer.erased_at = timezone.now()
    customer.save()
    console_log(customer).update(object_repr=customer.public_id, change_message="")


def _act(order: Order) -> journal.Act:
    event = OrderUpdated(order_id=order.public_id, changed=["personal_data"])
    return journal.Act(order.pk, event, facts={"act": "customer.erased"}, changes={})
