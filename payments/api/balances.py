"""What the views of gift cards and store credit share."""

from __future__ import annotations

from typing import Any, Final

from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django_filters import FilterSet
from rest_framework.request import Request

from oms.core import ids
from oms.web.filters import IdsFilter, Words, WordsFilter, made, moments
from oms.web.scopes import Access, Scope
from oms.web.views import many
from payments.api import balance_shapes as shapes
from payments.enums import BalanceKind
from payments.models import GiftCard, GiftCardEntry, StoreCreditAccount, StoreCreditEntry

GIFT_CARD_READ: Final = Access(Scope.GIFT_CARDS_READ, "payments.view_giftcard")
GIFT_CARD_ISSUE: Final = Access(Scope.GIFT_CARDS_WRITE, "payments.add_giftcard")
GIFT_CARD_CHANGE: Final = Access(Scope.GIFT_CARDS_WRITE, "payments.change_giftcard")
CREDIT_READ: Final = Access(Scope.STORE_CREDIT_READ, "payments.view_storecreditaccount")
CREDIT_ISSUE: Final = Access(Scope.STORE_CREDIT_WRITE, "payments.add_storecreditaccount")
CREDIT_CHANGE: Final = Access(Scope.STORE_CREDIT_WRITE, "payments.change_storecreditaccount")


class UpperWords(Words):
    """Words that are kept in upper case."""

    def clean(self, value: Any) -> list[str]:
        return [word.upper() for word in super().clean(value)]


class UpperWordsFilter(WordsFilter):
    field_class = UpperWords


class StatusFilter(WordsFilter):
    """By what a card is now: an expired one is expired whether or not that was written down."""

    def filter(self, qs: QuerySet[GiftCard], value: list[str]) -> QuerySet[GiftCard]:
        if not value:
            return qs
        wanted = Q(pk__in=[])
        for word in value:
            wanted |= GiftCard.that_are(word)
        return qs.filter(wanted)


class GiftCardFilters(FilterSet):
    id = IdsFilter(ids.GIFT_CARD, field_name="pk")
    last_four = UpperWordsFilter()
    currency_code = UpperWordsFilter(field_name="currency")
    status = StatusFilter(known=["active", "used_up", "expired", "disabled"])
    order_id = IdsFilter(ids.ORDER, field_name="order_id")


class AccountFilters(FilterSet):
    id = IdsFilter(ids.STORE_CREDIT_ACCOUNT, field_name="pk")
    customer_id = IdsFilter(ids.CUSTOMER, field_name="customer_id")
    currency_code = UpperWordsFilter(field_name="currency")


class EntryFilters(FilterSet):
    kind = WordsFilter(known=list(BalanceKind.values))


for _kind in (GiftCardFilters, AccountFilters):
    _kind.base_filters.update(made("created_at"))
GiftCardFilters.base_filters.update(moments("expires_at", "expires_at"))


def list_entries(request: Request, account: GiftCard | StoreCreditAccount) -> HttpResponse:
    kind: Any = GiftCardEntry if isinstance(account, GiftCard) else StoreCreditEntry
    return many(request, "entries", kind.objects.filter(account=account), shapes.entry, filters=EntryFilters)
