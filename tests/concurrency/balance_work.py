"""What processes do at once with one balance."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from unittest.mock import patch
from uuid import UUID

from django.db import IntegrityError
from django.utils import timezone

from oms.core import ids
from orders.enums import CancelReason
from orders.services.cancellation import cancel_order
from payments.models import GiftCard, GiftCardEntry
from payments.services import gift_cards, ledger, sessions
from tests.concurrency.work import Outcome, attempt
from tests.paying import usd
from tests.scenarios import STAFF


def redeem(number: int, barrier: Any, session_ids: Sequence[UUID], card_id: UUID) -> str:
    """Each pays a session of its own with the same card; what became of it."""
    data = {"gift_card_id": ids.encode(ids.GIFT_CARD, card_id)}
    tried = sessions.request_authorization(session_id=session_ids[number], data=data, actor=STAFF)
    return tried.code or str(tried.state)


def redeem_by_reading(number: int, barrier: Any, session_ids: Sequence[UUID], card_id: UUID) -> str:
    """The same as if a balance were read, judged and saved: all read before anybody saves."""

    def read(rows: Any) -> list[GiftCard]:
        return list(rows)

    def judge_and_save(card: GiftCard, movement: Any, *, actor: Any) -> None:
        barrier.wait()
        if card.balance + movement.amount < 0:
            raise AssertionError("somebody was first")
        GiftCard.objects.filter(pk=card.pk).update(balance=card.balance + movement.amount)
        GiftCardEntry.objects.create(
            account=card,
            number=100 + number,
            kind=movement.kind,
            amount=movement.amount,
            balance_after=card.balance + movement.amount,
            attempt_id=movement.attempt_id,
            reference=movement.reference,
            actor={},
        )

    with patch.object(ledger, "lock", read), patch.object(ledger, "post", judge_and_save):
        return redeem(number, barrier, session_ids, card_id)


def adjust_and_expire(number: int, barrier: Any, card_id: UUID, rounds: int) -> list[Outcome]:
    """Two put on and take off, one has the card expire and live again, one writes down what has expired."""

    def turn(at: int) -> Any:
        if number == 0:
            GiftCard.objects.filter(pk=card_id).update(expires_at=timezone.now())
            return gift_cards.change_expiry(card_id=card_id, expires_at=None, actor=STAFF).pk
        if number == 1:
            return gift_cards.expire_gift_cards()
        amount = usd(Decimal("1.50") if at % 2 else Decimal("-1.50"))
        return gift_cards.adjust_gift_card(card_id=card_id, amount=amount, reason="correction", actor=STAFF).pk

    return [attempt(lambda at=at: turn(at)) for at in range(rounds)]


def cancel(number: int, barrier: Any, order_ids: Sequence[Sequence[UUID]]) -> list[Outcome]:
    """Each cancels orders of its own, all paid with the same cards, in either order."""
    return [
        attempt(lambda each=each: str(cancel_order(order_id=each, reason=CancelReason.OTHER, actor=STAFF).status))
        for each in order_ids[number]
    ]


def same_key(number: int, barrier: Any, card_id: UUID, key: UUID) -> int:
    """All make the same call, under one key; how many entries there are afterwards."""
    from payments.providers.base import AuthorizeRequest
    from payments.providers.gift_card import GiftCardProvider

    asked = AuthorizeRequest(
        key=key, reference="r", amount=usd(10), data={"gift_card_id": ids.encode(ids.GIFT_CARD, card_id)}
    )
    try:
        assert GiftCardProvider().authorize(asked).outcome == "succeeded"
    except IntegrityError:
        return -1
    return GiftCardEntry.objects.filter(attempt_id=key).count()
