"""The entries of balances. A balance is moved here and nowhere else, together with the entry that says why."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from heapq import merge
from typing import Any, Final, TypeVar
from uuid import UUID

from django.db.models import F, QuerySet, Sum
from django.utils import timezone

from oms.core import events, ids, locks
from oms.core.actors import Actor
from oms.core.errors import DomainError, FieldError
from oms.core.events import Event
from oms.core.money import MAX_AMOUNT, Money, quantum, round_amount
from payments import errors
from payments.enums import GIVEN_REASONS, BalanceKind
from payments.events import GiftCardChanged, StoreCreditChanged
from payments.models import GiftCard, GiftCardEntry, Payment, StoreCreditAccount, StoreCreditEntry
from payments.models.balances import ZERO, Balance, BalanceEntry
from payments.services.attempts import amount_error

Account = TypeVar("Account", GiftCard, StoreCreditAccount)
ENTRIES: Final[dict[type[Balance], type[Any]]] = {GiftCard: GiftCardEntry, StoreCreditAccount: StoreCreditEntry}


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """amount: with its sign. attempt_id, reference: of the payment, where one moves it."""

    amount: Decimal
    kind: BalanceKind
    reason: str = ""
    note: str = ""
    attempt_id: UUID | None = None
    reference: str = ""


def lock(rows: QuerySet[Account]) -> list[Account]:
    return locks.lock(locks.Rank.BALANCE, rows)


def lock_money_of(payments: Iterable[Payment]) -> None:
    """Lock payments, and the balances that they were made from, before money of several moves in one transaction.

    Balances are shared by orders, so whoever locks several does it in the order of their ids, of both sorts together.
    The owner of the payments is locked already.
    """
    payments = list(payments)
    locks.lock(locks.Rank.CAPABILITY, Payment.objects.filter(pk__in=[each.pk for each in payments]))
    references = [each.reference for each in payments if each.reference]
    found = [
        [(pk, kind) for pk in _accounts_of(kind, references).order_by("pk").values_list("pk", flat=True)]
        for kind in ENTRIES
    ]
    for pk, kind in merge(*found, key=lambda each: each[0]):
        locks.lock(locks.Rank.BALANCE, kind._base_manager.filter(pk=pk))


def _accounts_of(kind: type[Balance], references: list[str]) -> QuerySet[Any]:
    entries = ENTRIES[kind]._base_manager.filter(reference__in=references)
    return kind._base_manager.filter(pk__in=entries.values("account_id"))


def post(account: Account, movement: Movement, *, actor: Actor) -> Any:
    """Move a balance and write the entry; the account as given is brought up to date. The caller has locked it.

    Raises InsufficientBalance rather than going below nothing, BalanceTooLarge; nothing is written then.
    """
    amount = movement.amount
    if account.balance + amount >= MAX_AMOUNT:
        raise errors.BalanceTooLarge()
    moved = type(account)._base_manager.filter(pk=account.pk, balance__gte=-amount)
    if not moved.update(balance=F("balance") + amount, entry_count=F("entry_count") + 1, updated_at=timezone.now()):
        raise amount_error(errors.InsufficientBalance, account.money(-amount), account.balance, "/amount")
    account.refresh_from_db(fields=["balance", "entry_count", "updated_at"])
    entry = ENTRIES[type(account)]._base_manager.create(
        account=account,
        number=account.entry_count,
        kind=movement.kind,
        amount=amount,
        balance_after=account.balance,
        reason=movement.reason,
        note=movement.note[:255],
        attempt_id=movement.attempt_id,
        reference=movement.reference,
        actor=actor.as_dict(),
    )
    events.record(_news(account, entry), actor=actor, stream=account.pk, sequence=entry.number)
    return entry


def entry_of_attempt(kind: type[Account], attempt_id: UUID) -> BalanceEntry | None:
    """What an attempt has moved already."""
    found: BalanceEntry | None = ENTRIES[kind]._base_manager.filter(attempt_id=attempt_id).first()
    return found


def taken_by(kind: type[Account], reference: str) -> Decimal:
    """What a payment has of a balance now: what it took, less what came back."""
    rows = ENTRIES[kind]._base_manager.filter(reference=reference)
    total: Decimal | None = rows.aggregate(sum=Sum("amount"))["sum"]
    return -(total or ZERO)


def account_of(kind: type[Account], reference: str) -> UUID | None:
    """Which balance a payment was made from."""
    rows = ENTRIES[kind]._base_manager.filter(reference=reference).order_by("pk")
    found: UUID | None = rows.values_list("account_id", flat=True).first()
    return found


def require_change(amount: Money, reason: str) -> None:
    """More or less than nothing, in whole minor units, and why. Raises AdjustsByNothing, ReasonNeeded."""
    if not amount.amount or round_amount(amount.amount, amount.currency) != amount.amount:
        facts = {"unit": str(quantum(amount.currency)), "currency": amount.currency}
        raise _at("/amount", errors.AdjustsByNothing, facts)
    require_reason(reason)


def require_reason(reason: str) -> None:
    """Raises ReasonNeeded."""
    if reason not in GIVEN_REASONS:
        raise _at("/reason", errors.ReasonNeeded, {"known": ", ".join(GIVEN_REASONS)})


def _at(pointer: str, kind: type[DomainError], facts: dict[str, str]) -> DomainError:
    return kind(errors=[FieldError(pointer, str(kind.message) % facts, kind.code, facts)], **facts)


def _news(account: Balance, entry: BalanceEntry) -> Event:
    told = {
        "kind": str(entry.kind),
        "reason": str(entry.reason),
        "amount": str(entry.amount),
        "balance": str(entry.balance_after),
        "currency_code": account.currency,
    }
    if isinstance(account, StoreCreditAccount):
        customer_id = ids.encode(ids.CUSTOMER, account.customer_id)
        return StoreCreditChanged(account_id=account.public_id, customer_id=customer_id, **told)
    return GiftCardChanged(gift_card_id=account.public_id, **told)
