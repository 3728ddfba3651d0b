"""The words of an order."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class OrderStatus(models.TextChoices):
    DRAFT = "draft", _("draft")
    PENDING = "pending", _("pending")
    REQUIRES_ACTION = "requires_action", _("requires action")
    COMPLETED = "completed", _("completed")
    ARCHIVED = "archived", _("archived")
    CANCELED = "canceled", _("canceled")


class PaymentStatus(models.TextChoices):
    NOT_PAID = "not_paid", _("not paid")
    AWAITING = "awaiting", _("awaiting")
    AUTHORIZED = "authorized", _("authorized")
    PARTIALLY_AUTHORIZED = "partially_authorized", _("partially authorized")
    CAPTURED = "captured", _("captured")
    PARTIALLY_CAPTURED = "partially_captured", _("partially captured")
    REFUNDED = "refunded", _("refunded")
    PARTIALLY_REFUNDED = "partially_refunded", _("partially refunded")
    CANCELED = "canceled", _("canceled")
    REQUIRES_ACTION = "requires_action", _("requires action")


class FulfillmentStatus(models.TextChoices):
    NOT_FULFILLED = "not_fulfilled", _("not fulfilled")
    PARTIALLY_FULFILLED = "partially_fulfilled", _("partially fulfilled")
    FULFILLED = "fulfilled", _("fulfilled")
    PARTIALLY_SHIPPED = "partially_shipped", _("partially shipped")
    SHIPPED = "shipped", _("shipped")
    PARTIALLY_DELIVERED = "partially_delivered", _("partially delivered")
    DELIVERED = "delivered", _("delivered")
    CANCELED = "canceled", _("canceled")


class ReturnStatus(models.TextChoices):
    NONE = "none", _("none")
    REQUESTED = "requested", _("requested")
    PARTIALLY_RETURNED = "partially_returned", _("partially returned")
    RETURNED = "returned", _("returned")


class LineKind(models.TextChoices):
    """What a line of an order sells. Shipping and discounts are no lines; they have tables of their own."""

    GOODS = "goods", _("goods")
    GIFT_CARD = "gift_card", _("gift card")
    FEE = "fee", _("fee")


class AdjustmentKind(models.TextChoices):
    DISCOUNT = "discount", _("discount")
    SOURCE_DIFFERENCE = "source_difference", _("difference to the source's total")


class CreditReason(models.TextChoices):
    """Why money was given back without taking a line away."""

    GOODWILL = "goodwill", _("goodwill")
    IMPORTED_REFUND = "imported_refund", _("refund imported")
    CREDIT_NOTE = "credit_note", _("credit note imported")
    CANCELLATION = "cancellation", _("order canceled")
    REFUND = "refund", _("refund")
    PROVIDER_REFUND = "provider_refund", _("refund made at the provider")


class HoldReason(models.TextChoices):
    FRAUD = "fraud", _("suspected fraud")
    ADDRESS = "address", _("address to be checked")
    PAYMENT = "payment", _("payment to be checked")
    STOCK = "stock", _("stock to be checked")
    CUSTOMER = "customer", _("customer asked to wait")
    OTHER = "other", _("other")


class AddressKind(models.TextChoices):
    SHIPPING = "shipping", _("shipping")
    BILLING = "billing", _("billing")


class CancelReason(models.TextChoices):
    CUSTOMER = "customer", _("customer changed their mind")
    STOCK = "stock", _("not in stock")
    FRAUD = "fraud", _("fraud")
    PAYMENT = "payment", _("not paid")
    OTHER = "other", _("other")


class BulkAct(models.TextChoices):
    """What can be done to many orders at once."""

    FULFILL = "fulfill", _("fulfill as proposed")
    SHIP = "ship", _("ship what is packed")
    HOLD = "hold", _("put on hold")
    RELEASE = "release", _("release all holds")
    ADD_TAGS = "add_tags", _("add tags")
    REMOVE_TAGS = "remove_tags", _("remove tags")
    NOTE = "note", _("add a note")
    COMPLETE = "complete", _("complete")
    ARCHIVE = "archive", _("archive")
    CANCEL = "cancel", _("cancel")


class BulkJobStatus(models.TextChoices):
    WAITING = "waiting", _("waiting")
    RUNNING = "running", _("running")
    COMPLETED = "completed", _("completed")
    CANCELED = "canceled", _("canceled")
    FAILED = "failed", _("failed")


class BulkRowState(models.TextChoices):
    WAITING = "waiting", _("waiting")
    DONE = "done", _("done")
    REFUSED = "refused", _("refused")
