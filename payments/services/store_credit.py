"""What customers have to spend with us."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from oms.core import ids
from oms.core.actors import Actor
from oms.core.errors import NotFound
from oms.core.money import Money
from oms.core.transactions import atomic
from payments.enums import BalanceKind
from payments.models import StoreCreditAccount
from payments.models.balances import ZERO
from payments.services import ledger
from payments.services.attempts import require_amount
from payments.services.ledger import Movement


@atomic()
def issue_store_credit(
    *, customer_id: UUID, amount: Money, reason: str, actor: Actor, note: str = ""
) -> StoreCreditAccount:
    """Give a customer an amount to spend, on their account in its currency, which is opened where there is none.

    Asking again gives it again. Raises NotFound, AmountNotPositive, ReasonNeeded, BalanceTooLarge.
    """
    require_amount(amount)
    ledger.require_reason(reason)
    account = lock_account(_open(customer_id, amount.currency).pk)
    ledger.post(account, Movement(amount=amount.amount, kind=BalanceKind.ISSUED, reason=reason, note=note), actor=actor)
    return account


@atomic()
def adjust_store_credit(
    *, account_id: UUID, amount: Money, reason: str, actor: Actor, note: str = ""
) -> StoreCreditAccount:
    """Change what an account holds, up or down, and say why. Asking again changes it again.

    Raises NotFound, AdjustsByNothing, ReasonNeeded, CurrencyMismatch, InsufficientBalance, BalanceTooLarge.
    """
    ledger.require_change(amount, reason)
    account = lock_account(account_id)
    account.money(ZERO) + amount  # another currency is refused
    kind = BalanceKind.ISSUED if amount.amount > 0 else BalanceKind.ADJUSTED
    ledger.post(account, Movement(amount=amount.amount, kind=kind, reason=reason, note=note), actor=actor)
    return account


def find_account(account_id: UUID) -> StoreCreditAccount:
    """Raises NotFound."""
    account = StoreCreditAccount.objects.select_related("customer").filter(pk=account_id).first()
    if account is None:
        raise _no_account(account_id)
    return account


def lock_account(account_id: UUID) -> StoreCreditAccount:
    """The account as it is now, locked. Raises NotFound."""
    for account in ledger.lock(StoreCreditAccount.objects.filter(pk=account_id)):
        return account
    raise _no_account(account_id)


def customers() -> QuerySet[Any]:
    """Who can have an account: rows of an app above, reached through the foreign key."""
    kind: Any = StoreCreditAccount._meta.get_field("customer").related_model
    rows: QuerySet[Any] = kind._base_manager.all()
    return rows


def _open(customer_id: UUID, currency: str) -> StoreCreditAccount:
    if not customers().filter(pk=customer_id).exists():
        raise NotFound(kind="customer", id=ids.encode(ids.CUSTOMER, customer_id))
    account, _made = StoreCreditAccount.objects.get_or_create(customer_id=customer_id, currency=currency)
    return account


def _no_account(account_id: UUID) -> NotFound:
    return NotFound(kind="store credit account", id=ids.encode(ids.STORE_CREDIT_ACCOUNT, account_id))
