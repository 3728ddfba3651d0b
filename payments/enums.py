"""The words of payments."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class MoneyAct(models.TextChoices):
    """What a provider is asked to do, and what its events are about."""

    AUTHORIZE = "authorize", _("authorize")
    CAPTURE = "capture", _("capture")
    REFUND = "refund", _("refund")
    VOID = "void", _("void")


class AttemptState(models.TextChoices):
    """How far an attempt has come.

    intended: written, nobody was asked yet, or the answer is still awaited under a lease. pending: the provider works
    on it. unknown: nobody can say whether it was done; it is asked again with the same key, or looked up.
    """

    INTENDED = "intended", _("not sent yet")
    PENDING = "pending", _("pending at the provider")
    UNKNOWN = "unknown", _("outcome unknown")
    SUCCEEDED = "succeeded", _("done")
    DECLINED = "declined", _("declined")


class SessionStatus(models.TextChoices):
    """By the contract's words. requires_more: the customer has something left to do (3-D Secure)."""

    PENDING = "pending", _("pending")
    REQUIRES_MORE = "requires_more", _("the customer must act")
    AUTHORIZED = "authorized", _("authorized")
    CAPTURED = "captured", _("captured")
    ERROR = "error", _("failed")
    CANCELED = "canceled", _("canceled")


class PaymentStatus(models.TextChoices):
    """Where a payment stands, by its amounts."""

    AUTHORIZED = "authorized", _("authorized")
    PARTIALLY_CAPTURED = "partially_captured", _("captured in part")
    CAPTURED = "captured", _("captured")
    PARTIALLY_REFUNDED = "partially_refunded", _("refunded in part")
    REFUNDED = "refunded", _("refunded")
    CANCELED = "canceled", _("let go")


class CollectionStatus(models.TextChoices):
    """Where a payment collection stands, by the contract's words."""

    NOT_PAID = "not_paid", _("not paid")
    AWAITING = "awaiting", _("awaiting the customer")
    AUTHORIZED = "authorized", _("authorized")
    PARTIALLY_AUTHORIZED = "partially_authorized", _("authorized in part")
    PARTIALLY_CAPTURED = "partially_captured", _("captured in part")
    COMPLETED = "completed", _("paid")
    CANCELED = "canceled", _("canceled")
    FAILED = "failed", _("failed")


class EventSource(models.TextChoices):
    """How we learned of a movement."""

    CALL = "call", _("the answer to our call")
    WEBHOOK = "webhook", _("a webhook")
    LOOKUP = "lookup", _("looked up")
    STAFF = "staff", _("said by staff")


class EventProblem(models.TextChoices):
    """Why an event is kept and shown, but changed nothing."""

    CONFLICT = "conflict", _("contradicts what was told before")
    CURRENCY = "currency", _("another currency than the payment's")
    AMOUNT = "amount", _("an amount that cannot be")
    DISPUTED = "disputed", _("disputed by the customer's bank")


class PaymentProblem(models.TextChoices):
    """What its provider told of a payment that somebody has to look at."""

    REFUNDED_TOO_MUCH = "refunded_more_than_captured", _("more was refunded than captured")
    CAPTURED_TOO_MUCH = "captured_more_than_authorized", _("more was captured than authorized")
    DISPUTED = "disputed", _("the customer's bank disputes it")
    DISPUTE_LOST = "dispute_lost", _("the customer's bank took it back in a dispute")


# What an argument with a bank is, rather than amounts that cannot be.
DISPUTES = (PaymentProblem.DISPUTED, PaymentProblem.DISPUTE_LOST)


class WebhookProblem(models.TextChoices):
    """Why a webhook is shown to people."""

    UNKNOWN_REFERENCE = "unknown_reference", _("names a payment that nobody here knows")
    DIFFERS = "differs", _("came again with other contents")
    FAILED = "failed", _("cannot be processed")


class RefundReason(models.TextChoices):
    """Why money goes back."""

    GOODWILL = "goodwill", _("goodwill")
    RETURN = "return", _("goods returned")
    DAMAGED = "damaged", _("goods damaged")
    DUPLICATE = "duplicate", _("paid twice")
    FRAUD = "fraud", _("fraud")
    CANCELLATION = "cancellation", _("order canceled")
    OVERPAID = "overpaid", _("paid too much")
    OTHER = "other", _("other")
    PROVIDER = "provider", _("made at the provider")


class CaptureOn(models.TextChoices):
    """When what a customer authorized is taken."""

    PLACEMENT = "placement", _("when the order is placed")
    SHIPMENT = "shipment", _("when the goods ship, what ships")
    MANUAL = "manual", _("by hand")


class BalanceKind(models.TextChoices):
    """What moved a gift card or an account of store credit.

    redeemed: a payment took it. released: the payment let go of it. refunded: it came back after it was taken.
    """

    ISSUED = "issued", _("issued")
    REDEEMED = "redeemed", _("paid with")
    RELEASED = "released", _("let go")
    REFUNDED = "refunded", _("refunded")
    EXPIRED = "expired", _("expired")
    ADJUSTED = "adjusted", _("adjusted")


class BalanceReason(models.TextChoices):
    """Why a balance is given or changed. expiry_changed: staff had a card that had expired live on."""

    GOODWILL = "goodwill", _("goodwill")
    RETURN = "return", _("goods returned")
    SALE = "sale", _("sold")
    PROMOTION = "promotion", _("promotion")
    CORRECTION = "correction", _("correction")
    FRAUD = "fraud", _("fraud")
    OTHER = "other", _("other")
    EXPIRY_CHANGED = "expiry_changed", _("expiry changed")


# What people may say; the last is said by us.
GIVEN_REASONS = [each for each in BalanceReason if each is not BalanceReason.EXPIRY_CHANGED]

OPEN_STATES = (AttemptState.INTENDED, AttemptState.PENDING, AttemptState.UNKNOWN)
# Nobody has an answer yet.
HANGING_STATES = (AttemptState.INTENDED, AttemptState.UNKNOWN)
