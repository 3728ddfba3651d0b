"""What lists of orders can be asked for, by the contract's names."""

from __future__ import annotations

from django.db.models import QuerySet, Value
from django.db.models.functions import Lower
from django_filters import Filter, FilterSet

from oms.core import ids
from oms.web.filters import IdsFilter, WordsFilter, moments
from orders.enums import FulfillmentStatus, OrderStatus, PaymentStatus
from orders.models import Order
from orders.selectors import search


class OrderFilters(FilterSet):
    """`q` finds by what a person has at hand, as the console's search box does (orders.selectors.search)."""

    id = IdsFilter(ids.ORDER, field_name="pk")
    status = WordsFilter(known=OrderStatus.values)
    payment_status = WordsFilter(known=PaymentStatus.values)
    fulfillment_status = WordsFilter(known=FulfillmentStatus.values)
    sales_channel_id = IdsFilter(ids.SALES_CHANNEL, field_name="channel_id")
    customer_id = IdsFilter(ids.CUSTOMER, field_name="customer_id")
    external_id = WordsFilter()
    email = WordsFilter(method="by_email")
    display_id = WordsFilter(method="by_number")
    tags = WordsFilter(method="by_tags")
    q = Filter(
        method="by_search",
        help_text="Number, external id or its beginning, e-mail address, telephone number in any form or its last "
        "digits, names, sku, tracking number, tag, words of a note. At most 1,000 orders are found.",
    )

    class Meta:
        model = Order
        fields: list[str] = []

    def by_email(self, rows: QuerySet[Order], name: str, value: list[str]) -> QuerySet[Order]:
        """Compared without case."""
        wanted = [Lower(Value(address)) for address in value]
        return (
            rows.alias(email_lower=Lower("email")).exclude(email="").filter(email_lower__in=wanted) if value else rows
        )

    def by_number(self, rows: QuerySet[Order], name: str, value: list[str]) -> QuerySet[Order]:
        numbers = [int(text) for text in value if text.isascii() and text.isdigit() and len(text) <= 18]
        return rows.filter(number__in=numbers) if value else rows

    def by_tags(self, rows: QuerySet[Order], name: str, value: list[str]) -> QuerySet[Order]:
        return rows.filter(tags__overlap=value) if value else rows

    def by_search(self, rows: QuerySet[Order], name: str, value: str) -> QuerySet[Order]:
        return rows.filter(pk__in=search.find_orders(value)) if value else rows


OrderFilters.base_filters |= moments("created_at", "placed_at") | moments("updated_at", "updated_at")
