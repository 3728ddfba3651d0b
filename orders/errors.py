"""Refusals of orders."""

from django.utils.translation import gettext_lazy as _

from oms.core.errors import DomainError, NotAllowed


class UnknownSalesChannel(DomainError):
    code = "unknown_sales_channel"
    message = _("There is no sales channel %(channel)s.")


class SalesChannelDisabled(NotAllowed):
    code = "sales_channel_disabled"
    message = _("The sales channel %(channel)s is switched off and takes no orders.")


class OrderNotCancelable(NotAllowed):
    code = "order_not_cancelable"
    message = _("Order #%(number)s is %(status)s with its goods %(fulfillment)s, so it cannot be canceled.")


class OrderNotOpen(NotAllowed):
    code = "order_not_open"
    message = _("Order #%(number)s is %(status)s.")


class OrderOnHold(NotAllowed):
    code = "order_on_hold"
    message = _("Order #%(number)s is on hold (%(reasons)s). Release it first.")


class FulfillsMoreThanOrdered(DomainError):
    code = "fulfills_more_than_ordered"
    message = _("%(sku)s: %(requested)s asked, %(open)s still to be fulfilled.")


class NothingToFulfill(DomainError):
    code = "nothing_to_fulfill"
    message = _("There is nothing to fulfill.")


class MixedShippingRequirements(DomainError):
    code = "mixed_shipping_requirements"
    message = _("Goods that ship and goods that do not cannot be in one fulfillment. Make two.")


class NotThisOrders(DomainError):
    code = "not_this_orders"
    message = _("Order #%(number)s has no such line.")


class FulfillmentAlreadyShipped(NotAllowed):
    code = "fulfillment_already_shipped"
    message = _("This fulfillment has been shipped.")


class FulfillmentAlreadyDelivered(NotAllowed):
    code = "fulfillment_already_delivered"
    message = _("This fulfillment has already been marked delivered.")


class FulfillmentCanceled(NotAllowed):
    code = "fulfillment_canceled"
    message = _("This fulfillment has been canceled.")


class FulfillmentNotShipped(NotAllowed):
    code = "fulfillment_not_shipped"
    message = _("This fulfillment has not been shipped yet.")


class HoldAlreadyReleased(NotAllowed):
    code = "hold_already_released"
    message = _("This hold has been released.")
