"""An order belongs to its channel, and to every location that holds or held goods for it, or has packed some of it."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q

from oms.web.limits import Ids, Rule, anyway, by, limit, limit_as, never
from orders.models import (
    Adjustment,
    BulkJob,
    BulkJobRow,
    CreditedItem,
    CreditLine,
    Customer,
    CustomerChannel,
    Hold,
    Note,
    Order,
    OrderAddress,
    OrderLine,
    OrderLocation,
    SalesQuarter,
    ShippingLine,
    TaxLine,
    TimelineEntry,
)
from payments.models import (
    GiftCard,
    GiftCardEntry,
    Payment,
    PaymentAttempt,
    PaymentCollection,
    PaymentSession,
    ProviderEvent,
    StoreCreditAccount,
    StoreCreditEntry,
)


def _at_locations(path: str, ids: Ids) -> Q:
    """A plain IN, so that PostgreSQL chooses by what it knows of the location: walk the list and look each order up,
    or begin with the orders that the location has."""
    return Q(**{f"{path}pk__in": OrderLocation.objects.filter(location_id__in=ids).values("order_id")})


def _customers_of_channels(path: str, ids: Ids) -> Q:
    """Those that the channel knows, and guests who ordered there."""
    return Q(**{f"{path}pk__in": CustomerChannel.objects.filter(channel_id__in=ids).values("customer_id")})


def _customers_of_locations(path: str, ids: Ids) -> Q:
    there = OrderLocation.objects.filter(location_id__in=ids, customer_id__isnull=False)
    return Q(**{f"{path}pk__in": there.values("customer_id")})


def _told(of_order: Rule) -> Rule:
    """What a provider told belongs to the session that bears its reference; every payment of ours has one."""

    def rule(path: str, ids: Ids) -> Q:
        its = Q(provider=OuterRef(f"{path}provider"), reference=OuterRef(f"{path}reference"))
        # That there is a reference is said for the index, which has no others.
        sessions = PaymentSession.objects.filter(its, of_order("collection__order__", ids)).exclude(reference="")
        return Q(Exists(sessions))

    return rule


limit(Order, channel=by("channel_id"), location=_at_locations)
limit(SalesQuarter, channel=by("channel_id"), location=never)
limit(BulkJob, channel=anyway, location=anyway)  # everybody sees their own
limit(Customer, channel=_customers_of_channels, location=_customers_of_locations)
for _part in (
    *(OrderLine, ShippingLine, TaxLine, Adjustment, CreditLine, CreditedItem, OrderAddress, Hold, Note),
    *(TimelineEntry, BulkJobRow, Payment, PaymentCollection),
):
    limit_as(_part, Order, through="order")
limit_as(StoreCreditAccount, Customer, through="customer")
limit_as(StoreCreditEntry, StoreCreditAccount, through="account")
# A gift card is good in every channel, for whoever has its code.
limit(GiftCard, channel=never, location=never)
limit_as(GiftCardEntry, GiftCard, through="account")
limit_as(PaymentSession, PaymentCollection, through="collection")
# Every attempt has a session; its payment, which only some have, would make an OR over two ways to an order.
limit_as(PaymentAttempt, PaymentSession, through="session")
limit(ProviderEvent, channel=_told(by("channel_id")), location=_told(_at_locations))
