from payments.models.attempt import PaymentAttempt
from payments.models.balances import GiftCard, GiftCardEntry, StoreCreditAccount, StoreCreditEntry
from payments.models.collection import PaymentCollection, PaymentSession
from payments.models.event import ProviderEvent, ProviderWebhook
from payments.models.payment import Payment

__all__ = [
    "GiftCard",
    "GiftCardEntry",
    "Payment",
    "PaymentAttempt",
    "PaymentCollection",
    "PaymentSession",
    "ProviderEvent",
    "ProviderWebhook",
    "StoreCreditAccount",
    "StoreCreditEntry",
]
