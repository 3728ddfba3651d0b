"""What payments keep about a person: amounts and references stay, for the books; what was noted beside them goes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import Q, QuerySet

from oms.core.personal import ERASED, Person, mentions
from payments.models import (
    GiftCard,
    GiftCardEntry,
    Payment,
    PaymentAttempt,
    PaymentSession,
    StoreCreditAccount,
    StoreCreditEntry,
)


class PaymentKeeper:
    def export(self, person: Person) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        rows = {
            "payments": _payments(person),
            "payment_sessions": _sessions(person),
            "payment_attempts": _attempts(person),
        }
        return {table: list(each.order_by("pk").values()) for table, each in rows.items()}

    def erase(self, person: Person) -> Mapping[str, int]:
        """What is still to be asked of a provider cannot be erased: their orders are closed by then."""
        theirs = _payments(person)
        empty: dict[str, Any] = {"context": {}, "data": {}, "metadata": {}}
        named = theirs.filter(mentions("reference", person.words)).update(reference=ERASED)
        return {
            "payments": named + theirs.exclude(metadata={}).update(metadata={}),
            "payment_sessions": _sessions(person).exclude(**empty).update(**empty),
            "payment_attempts": _attempts(person).exclude(note="", data={}).update(note="", data={}),
        }


class BalanceKeeper:
    """Store credit, and the gift cards that were sold to them or name them. What they hold stays, whoever they were: of
    an entry the note goes, which is all that the database lets go. Hashes of codes are handed out to nobody."""

    def export(self, person: Person) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        cards, accounts = _cards(person), StoreCreditAccount.objects.filter(customer_id=person.customer_id)
        without_hash = [field.attname for field in GiftCard._meta.concrete_fields if field.name != "code_hash"]
        return {
            "gift_cards": list(cards.order_by("pk").values(*without_hash)),
            "gift_card_entries": _entries(GiftCardEntry, cards),
            "store_credit_accounts": list(accounts.order_by("pk").values()),
            "store_credit_entries": _entries(StoreCreditEntry, accounts),
        }

    def erase(self, person: Person) -> Mapping[str, int]:
        cards = list(_cards(person).values_list("pk", flat=True))
        noted = {
            "gift_card_entries": GiftCardEntry.objects.filter(
                Q(account__in=cards) | Q(mentions("payments_giftcardentry.note", person.words))
            ),
            "store_credit_entries": StoreCreditEntry.objects.filter(
                Q(account__customer_id=person.customer_id) | Q(mentions("payments_storecreditentry.note", person.words))
            ),
        }
        return {
            "gift_cards": GiftCard.objects.filter(pk__in=cards)
            .exclude(recipient="", note="")
            .update(recipient="", note=""),
            **{table: rows.exclude(note="").update(note="") for table, rows in noted.items()},
        }


def _payments(person: Person) -> QuerySet[Payment]:
    return Payment.objects.filter(order_id__in=person.order_ids)


def _sessions(person: Person) -> QuerySet[PaymentSession]:
    return PaymentSession.objects.filter(collection__order_id__in=person.order_ids)


def _attempts(person: Person) -> QuerySet[PaymentAttempt]:
    of_payment, of_session = Q(payment__in=_payments(person)), Q(session__in=_sessions(person))
    return PaymentAttempt.objects.filter(of_payment | of_session)


def _cards(person: Person) -> QuerySet[GiftCard]:
    said = Q(mentions("recipient", person.words)) | Q(mentions("note", person.words))
    return GiftCard.objects.filter(Q(order_id__in=person.order_ids) | said)


def _entries(kind: Any, accounts: QuerySet[Any]) -> list[dict[str, Any]]:
    return list(kind.objects.filter(account__in=accounts).order_by("account_id", "number").values())
