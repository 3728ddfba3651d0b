"""What is kept about a person, wherever it is kept.

An app that keeps something personal registers a keeper: how to find it and how to erase it. `orders` knows who the
person is and asks them all, in one transaction.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol
from uuid import UUID

from django.db.models import BooleanField
from django.db.models.expressions import RawSQL

from oms.core import ids
from oms.core.models import Delivery, DeliveryState, IdempotencyKey, OutboxEvent

ERASED: Final = "[erased]"
_ANSWER: Final = b'{"erased":true}'
_SHORTEST_WORD: Final = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Whom it is about.

    order_ids: their orders; order_names: (channel, external id) of these. known_as: (channel, its id of the person).
    words: lower case; a text with one of them in it is about this person (e-mail, phone, full name, street).
    """

    customer_id: UUID
    order_ids: Sequence[UUID]
    order_names: Sequence[tuple[UUID, str]]
    known_as: tuple[UUID, str] | None
    words: Sequence[str]

    @property
    def public_order_ids(self) -> list[str]:
        return [ids.encode(ids.ORDER, order_id) for order_id in self.order_ids]


class Keeper(Protocol):
    def export(self, person: Person) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        """What is kept about them: table to rows."""
        ...

    def erase(self, person: Person) -> Mapping[str, int]:
        """Take the person out of it, in the caller's transaction: table to how many rows. A repeat finds none."""
        ...


_keepers: dict[str, Keeper] = {}


def register(name: str, keeper: Keeper) -> None:
    _keepers[name] = keeper


def keepers() -> list[Keeper]:
    return [_keepers[name] for name in sorted(_keepers)]


def words(texts: Iterable[str]) -> list[str]:
    """What to look for in texts: lower case, none so short that it would be found by chance; as JSON writes it too."""
    found = dict.fromkeys(text.strip().lower() for text in texts if len(text.strip()) >= _SHORTEST_WORD)
    for word in list(found):
        once = json.dumps(word)[1:-1]
        found |= dict.fromkeys((once, json.dumps(once)[1:-1]))
    return list(found)


def mentions(column: str, looked_for: Sequence[str]) -> RawSQL:
    """A condition: the text of this column (SQL of the caller's own, no input) has one of the words in it."""
    return RawSQL(  # noqa: S611
        f"EXISTS (SELECT FROM unnest(%s::text[]) AS word WHERE strpos(lower({column}), word) > 0)",
        [list(looked_for)],
        output_field=BooleanField(),
    )


class KernelKeeper:
    """Answers kept for repeats, the words of failed deliveries, and customers among the actors of events."""

    def export(self, person: Person) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        rows = self._answers(person).order_by("pk").values("key", "status", "created_at", "body")
        return {"kept_answers": [row | {"body": bytes(row["body"]).decode(errors="replace")} for row in rows]}

    def erase(self, person: Person) -> Mapping[str, int]:
        """A kept answer stays as the mark that the request was done: its repeat does nothing and is told no more."""
        failed = Delivery.objects.filter(mentions("error", person.words)).exclude(state=DeliveryState.DELIVERED)
        acted = OutboxEvent.objects.filter(stream__in=person.order_ids, actor__kind="customer")
        return {
            "kept_answers": self._answers(person).update(body=_ANSWER, headers={"Content-Type": "application/json"}),
            "deliveries": failed.update(error=ERASED),
            "events": acted.exclude(actor__label=ERASED).update(actor=_nobody()),
        }

    def _answers(self, person: Person) -> Any:
        """By e-mail and the like, or by the orders they show. Looks through all that are kept."""
        sought = [*person.words, *person.public_order_ids]
        return IdempotencyKey.objects.exclude(body=_ANSWER).filter(mentions("encode(body, 'escape')", sought))


def _nobody() -> dict[str, str]:
    return {"kind": "customer", "id": ERASED, "label": ERASED}
