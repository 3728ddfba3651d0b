"""Gift cards: issued, found by their code, adjusted, disabled, expired."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from hmac import compare_digest
from typing import Final
from uuid import UUID

from django.db.models import Q, Sum
from django.utils import timezone

from oms.core import actors, ids
from oms.core.actors import Actor
from oms.core.errors import FieldError, NotFound
from oms.core.money import Money
from oms.core.transactions import atomic
from payments import codes, errors
from payments.enums import BalanceKind, BalanceReason
from payments.models import GiftCard
from payments.models.balances import ZERO
from payments.services import ledger
from payments.services.attempts import require_amount
from payments.services.ledger import Movement

BATCH: Final = 200  # cards that expire in one transaction


@dataclass(frozen=True, slots=True)
class NewGiftCard:
    """A card that was just issued. `code` exists only here: it is shown once and never stored."""

    card: GiftCard
    code: str

    def __repr__(self) -> str:
        return f"NewGiftCard({self.card})"


@atomic()
def issue_gift_card(
    *,
    amount: Money,
    actor: Actor,
    expires_at: datetime | None = None,
    reason: str = BalanceReason.SALE,
    note: str = "",
    recipient: str = "",
    order_id: UUID | None = None,
    order_line_id: UUID | None = None,
) -> NewGiftCard:
    """Make a card that is worth an amount, with a code that nobody can be told again. Each call makes another one.

    order_id, order_line_id: what it was sold with. Raises AmountNotPositive, ExpiryInThePast, ReasonNeeded.
    """
    require_amount(amount)
    ledger.require_reason(reason)
    _require_future(expires_at)

    code = codes.new_code()
    card = GiftCard.objects.create(
        code_hash=codes.hash_of(codes.normalized(code)),
        last_four=code[-4:],
        currency=amount.currency,
        initial_amount=amount.amount,
        expires_at=expires_at,
        note=note[:255],
        recipient=recipient[:190],
        order_id=order_id,
        order_line_id=order_line_id,
        actor=actor.as_dict(),
    )
    ledger.post(card, Movement(amount=amount.amount, kind=BalanceKind.ISSUED, reason=reason), actor=actor)
    return NewGiftCard(card, code)


def find_by_code(code: str) -> GiftCard | None:
    """The card with this code, whatever its state. None: there is none, or it is no code.

    Found by its hash in an index: the time that takes tells nothing about the codes there are.
    """
    hashed = codes.hash_of(codes.normalized(code))
    card = GiftCard.objects.filter(code_hash=hashed).first()
    return card if card is not None and compare_digest(card.code_hash, hashed) else None


def find_gift_card(card_id: UUID) -> GiftCard:
    """Raises NotFound."""
    card = GiftCard.objects.filter(pk=card_id).first()
    if card is None:
        raise NotFound(kind="gift card", id=ids.encode(ids.GIFT_CARD, card_id))
    return card


def lock_gift_card(card_id: UUID) -> GiftCard:
    """The card as it is now, locked. What has expired is written down first. Raises NotFound."""
    for card in ledger.lock(GiftCard.objects.filter(pk=card_id)):
        _expire(card)
        return card
    raise NotFound(kind="gift card", id=ids.encode(ids.GIFT_CARD, card_id))


@atomic()
def adjust_gift_card(*, card_id: UUID, amount: Money, reason: str, actor: Actor, note: str = "") -> GiftCard:
    """Change what a card is worth by an amount, up or down, and say why. Asking again changes it again.

    Raises NotFound, AdjustsByNothing, ReasonNeeded, CurrencyMismatch, InsufficientBalance; GiftCardExpired, whose
    balance would be gone at once.
    """
    ledger.require_change(amount, reason)
    card = lock_gift_card(card_id)
    card.money(ZERO) + amount  # another currency is refused
    if card.expires_at is not None and card.has_expired():
        raise errors.GiftCardExpired(at=timezone.localtime(card.expires_at).isoformat(timespec="minutes"))
    ledger.post(card, Movement(amount=amount.amount, kind=BalanceKind.ADJUSTED, reason=reason, note=note), actor=actor)
    return card


@atomic()
def describe_gift_card(*, card_id: UUID, recipient: str | None = None, note: str | None = None) -> GiftCard:
    """Say anew whom a card is for, or what is noted of it; None leaves it as it is. Raises NotFound."""
    card = lock_gift_card(card_id)
    card.recipient = card.recipient if recipient is None else recipient[:190]
    card.note = card.note if note is None else note[:255]
    card.save(update_fields=["recipient", "note", "updated_at"])
    return card


@atomic()
def disable_gift_card(*, card_id: UUID) -> GiftCard:
    """Nobody can pay with it from now on; its balance stays. The second time nothing changes. Raises NotFound."""
    card = lock_gift_card(card_id)
    if card.disabled_at is None:
        card.disabled_at = timezone.now()
        card.save(update_fields=["disabled_at", "updated_at"])
    return card


@atomic()
def enable_gift_card(*, card_id: UUID) -> GiftCard:
    """A disabled card is good again, with what it holds. Raises NotFound."""
    card = lock_gift_card(card_id)
    if card.disabled_at is not None:
        card.disabled_at = None
        card.save(update_fields=["disabled_at", "updated_at"])
    return card


@atomic()
def change_expiry(*, card_id: UUID, expires_at: datetime | None, actor: Actor) -> GiftCard:
    """Have a card expire at another time, or (None) never. One that has expired lives again, with what expired of it.

    Raises NotFound, ExpiryInThePast.
    """
    _require_future(expires_at)
    card = lock_gift_card(card_id)
    lost = _expired_amount(card) if card.has_expired() else ZERO
    card.expires_at = expires_at
    card.save(update_fields=["expires_at", "updated_at"])
    if lost:
        back = Movement(amount=lost, kind=BalanceKind.ADJUSTED, reason=BalanceReason.EXPIRY_CHANGED)
        ledger.post(card, back, actor=actor)
    return card


def expire_gift_cards() -> int:
    """Write down what has expired; of how many cards. Nothing waits for it: an expired card buys nothing anyway."""
    count = 0
    while True:
        with atomic():
            due = GiftCard.objects.filter(expires_at__lte=timezone.now(), balance__gt=0)
            batch = list(due.order_by("expires_at", "pk").values_list("pk", flat=True)[:BATCH])
            for card in ledger.lock(GiftCard.objects.filter(pk__in=batch)):
                _expire(card)
        count += len(batch)
        if len(batch) < BATCH:
            return count


def _expire(card: GiftCard) -> None:
    if card.balance and card.has_expired():
        ledger.post(card, Movement(amount=-card.balance, kind=BalanceKind.EXPIRED), actor=actors.SYSTEM)


def _expired_amount(card: GiftCard) -> Decimal:
    """What expired of it and never came back."""
    rows = card.entries.filter(Q(kind=BalanceKind.EXPIRED) | Q(reason=BalanceReason.EXPIRY_CHANGED))
    return -(rows.aggregate(sum=Sum("amount"))["sum"] or ZERO)


def _require_future(expires_at: datetime | None) -> None:
    if expires_at is not None and expires_at <= timezone.now():
        kind = errors.ExpiryInThePast
        raise kind(errors=[FieldError("/expires_at", str(kind.message), kind.code)])
