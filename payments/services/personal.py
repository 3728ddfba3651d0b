"""What payments keep about a person: amounts and references stay, for the books; what was noted beside them goes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from django.db.models import Q, QuerySet

from oms.core.personal import ERASED, Person, mentions
from payments.models import (
    GiftCard,
    GiftCardEntry,
    Payment,
    PaymentAttempt,
    PaymentSession,
    ProviderEvent,
    ProviderWebhook,
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
        webhooks = _webhooks(person).order_by("pk").values("provider", "kind", "received_at", "body", "other_body")
        return {
            **{table: list(each.order_by("pk").values()) for table, each in rows.items()},
            "payment_webhooks": list(webhooks),
        }

    def erase(self, person: Person) -> Mapping[str, int]:
        """A webhook that is still to be processed, or could not be, keeps what it tells of money and loses who paid."""
        theirs = _payments(person)
        still_told = _webhooks(person).filter(Q(processed_at=None) | Q(next_try_at__isnull=False))
        redacted = sum(_redact(webhook, person.words) for webhook in still_told.iterator(chunk_size=100))
        told = _webhooks(person).filter(processed_at__isnull=False, next_try_at=None)
        told_count = told.exclude(body=ERASED).update(body=ERASED, other_body="", headers={})
        empty: dict[str, Any] = {"context": {}, "data": {}, "metadata": {}}
        named = theirs.filter(mentions("reference", person.words)).update(reference=ERASED)
        return {
            "payments": named + theirs.exclude(metadata={}).update(metadata={}),
            "payment_sessions": _sessions(person).exclude(**empty).update(**empty),
            "payment_attempts": _attempts(person).exclude(note="", data={}).update(note="", data={}),
            "payment_webhooks": told_count + redacted,
        }


def _redact(webhook: ProviderWebhook, words: Sequence[str]) -> bool:
    """Erase each quoted text of a body that has one of the words in it, and touch nothing else; whether there was any.

    Numbers stay, whatever they look like: the money is among them.
    """

    def erased(text: str) -> str:
        return _TEXT.sub(lambda found: f'"{ERASED}"' if _has_one(found[0], words) else found[0], text)

    before = webhook.body, webhook.other_body
    webhook.body, webhook.other_body = map(erased, before)
    if (webhook.body, webhook.other_body) == before:
        return False
    webhook.save(update_fields=["body", "other_body"])
    return True


_TEXT: Final = re.compile(r'"(?:[^"\\]|\\.)*"')


def _has_one(text: str, words: Sequence[str]) -> bool:
    text = text.lower()
    return any(word in text for word in words)


def _webhooks(person: Person) -> QuerySet[ProviderWebhook]:
    """Those about their payments, and those that name them. Looks through all that are kept."""
    known = list(_sessions(person).exclude(reference="").values_list("provider", "reference"))
    about = Q(pk__in=[])
    for provider, reference in known:
        about |= Q(provider=provider, reference=reference)
    told = ProviderEvent.objects.filter(about, webhook_id__isnull=False).values("webhook_id")
    return ProviderWebhook.objects.filter(Q(pk__in=told) | Q(mentions("body || other_body", person.words)))


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
    every = PaymentAttempt.objects.order_by()
    of_payment, of_session = every.filter(payment__in=_payments(person)), every.filter(session__in=_sessions(person))
    return PaymentAttempt.objects.filter(pk__in=of_payment.values("pk").union(of_session.values("pk")))


def _cards(person: Person) -> QuerySet[GiftCard]:
    said = Q(mentions("recipient", person.words)) | Q(mentions("note", person.words))
    return GiftCard.objects.filter(Q(order_id__in=person.order_ids) | said)


def _entries(kind: Any, accounts: QuerySet[Any]) -> list[dict[str, Any]]:
    return list(kind.objects.filter(account__in=accounts).order_by("account_id", "number").values())
