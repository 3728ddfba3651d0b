"""What the list of payments can be asked for."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django_filters import FilterSet, NumberFilter

from oms.core import ids
from oms.web.filters import IdsFilter, WordsFilter, YesNoFilter, made, moments
from payments import selectors
from payments.enums import PaymentStatus
from payments.models import Payment


class CollectionsFilter(IdsFilter):
    """To an order's first collection belongs what was recorded with the order."""

    def filter(self, qs: QuerySet[Any], value: list[str]) -> QuerySet[Any]:
        every = qs.model._default_manager.order_by()
        own, first = (
            IdsFilter(self.prefix, field_name=name).filter(every, value) for name in ("collection_id", "order_id")
        )
        # A union and no OR, for which every payment would be looked at.
        its = own.values("pk").union(first.filter(collection=None).values("pk"))
        return qs.filter(pk__in=its) if value else qs


class PaymentFilters(FilterSet):
    id = IdsFilter(ids.PAYMENT, field_name="pk")
    order_id = IdsFilter(ids.ORDER, field_name="order_id")
    payment_collection_id = CollectionsFilter(ids.PAYMENT_COLLECTION)
    payment_session_id = IdsFilter(ids.PAYMENT_SESSION, field_name="session_id")
    provider_id = WordsFilter(field_name="provider")
    reference = WordsFilter()
    status = WordsFilter(known=PaymentStatus.values, method="by_status")
    waiting = YesNoFilter(method="by_waiting", help_text="true: something of it is not settled yet.")
    capturable = YesNoFilter(method="by_capturable", help_text="true: something of it is authorized and not taken.")

    class Meta:
        model = Payment
        fields: list[str] = []

    def by_status(self, rows: QuerySet[Payment], name: str, value: list[str]) -> QuerySet[Payment]:
        return rows.filter(selectors.in_status(value)) if value else rows

    def by_waiting(self, rows: QuerySet[Payment], name: str, value: bool) -> QuerySet[Payment]:
        return rows.filter(selectors.waiting() if value else ~selectors.waiting())

    def by_capturable(self, rows: QuerySet[Payment], name: str, value: bool) -> QuerySet[Payment]:
        return rows.filter(selectors.TO_CAPTURE if value else ~selectors.TO_CAPTURE)


PaymentFilters.base_filters |= made("created_at") | moments("captured_at", "captured_at")
PaymentFilters.base_filters |= {
    f"amount{sign}": NumberFilter(field_name="amount", lookup_expr=lookup, max_digits=20, decimal_places=6)
    for sign, lookup in {"": "exact", "[$gte]": "gte", "[$gt]": "gt", "[$lte]": "lte", "[$lt]": "lt"}.items()
}
