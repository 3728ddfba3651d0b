"""Gift cards, store credit, and orders that are paid with them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

from oms.core import ids
from oms.core.money import Money
from orders.models import Customer
from payments.models import GiftCard, PaymentAttempt, StoreCreditAccount
from payments.services import sessions
from payments.services.gift_cards import NewGiftCard, issue_gift_card
from payments.services.store_credit import issue_store_credit
from tests.paying import usd
from tests.scenarios import STAFF, place, shop


def a_card(amount: Any = 50, currency: str = "USD", **fields: Any) -> NewGiftCard:
    return issue_gift_card(amount=Money(Decimal(amount), currency), actor=STAFF, **fields)


def a_customer(email: str = "ada@example.com") -> Customer:
    return Customer.objects.create(email=email, first_name="Ada", last_name="Lovelace", has_account=True)


def an_account(amount: Any = 50, currency: str = "USD", **customer_fields: str) -> StoreCreditAccount:
    customer = a_customer(**customer_fields)
    return issue_store_credit(
        customer_id=customer.pk, amount=Money(Decimal(amount), currency), reason="goodwill", actor=STAFF
    )


def an_order(total: int = 100) -> UUID:
    placed = place(shop({"W1": {"LAMP": 50}}), {"LAMP": total // 10})
    assert placed.order_id is not None
    sessions.create_collection(amount=usd(total), order_id=placed.order_id, actor=STAFF, first=True)
    return placed.order_id


def pay(order_id: UUID, amount: Any, provider: str, **data: Any) -> PaymentAttempt:
    """Authorize an amount of an order of ours with a provider."""
    session = sessions.create_session(collection_id=order_id, provider=provider, amount=usd(amount), actor=STAFF)
    sessions.initiate(session.pk)
    return sessions.request_authorization(session_id=session.pk, data=data, actor=STAFF)


def entries(account: GiftCard | StoreCreditAccount) -> list[tuple[str, Decimal, Decimal]]:
    """Kind, amount and running balance of each, the oldest first."""
    return list(account.entries.order_by("number").values_list("kind", "amount", "balance_after"))


def worth(account: GiftCard | StoreCreditAccount) -> tuple[Decimal, Decimal]:
    """The balance, and what can be paid with now."""
    account.refresh_from_db()
    return account.balance, account.available


def public(prefix: str, pk: UUID) -> str:
    return ids.encode(prefix, pk)
