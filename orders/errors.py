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


class OrderAlreadyCanceled(OrderNotCancelable):
    code = "order_already_canceled"
    type = "invalid_data"  # as recorded
    message = _("Order #%(number)s has been canceled.")


class OrderBeingCanceled(NotAllowed):
    code = "order_being_canceled"
    message = _("Order #%(number)s is being canceled: its money is on the way back.")


class OrderNeedsNoDecision(NotAllowed):
    code = "order_needs_no_decision"
    message = _("Order #%(number)s is %(status)s: there is nothing to decide.")


class CreditsMoreThanLeft(DomainError):
    code = "credits_more_than_left"
    message = _("%(sku)s: %(requested)s asked to be given back, %(left)s not given back yet.")


class ShippingCreditsMoreThanLeft(DomainError):
    code = "shipping_credits_more_than_left"
    message = _("%(requested)s of shipping cannot be given back: %(available)s of it is left.")


class NothingToRefund(DomainError):
    code = "nothing_to_refund"
    message = _("This comes to nothing: say which units, how much of the shipping, or an amount to give back.")


class GoodsWereRestocked(NotAllowed):
    code = "goods_were_restocked"
    message = _("Units of %(sku)s were put back on the shelf with a refund, so this fulfillment cannot be canceled.")


class NothingDue(NotAllowed):
    code = "nothing_due"
    message = _("Order #%(number)s is paid: nothing is due.")


class PaymentWithoutOrder(NotAllowed):
    code = "payment_without_order"
    message = _("This payment belongs to no order yet: let go of it instead.")


class OrderNotCompletable(NotAllowed):
    code = "order_not_completable"
    message = _("Order #%(number)s is %(status)s, on hold, or not packed yet, so it cannot be completed.")


class OrderNotArchivable(NotAllowed):
    code = "order_not_archivable"
    message = _("Order #%(number)s is %(status)s; only completed and canceled orders can be archived.")


class OrderNotRevisable(NotAllowed):
    code = "order_not_revisable"
    message = _("Order #%(number)s is %(reason)s, so what its source says now was not taken over.")


class OrderNotOpen(NotAllowed):
    code = "order_not_open"
    message = _("Order #%(number)s is %(status)s.")


class OrderOnHold(NotAllowed):
    code = "order_on_hold"
    message = _("Order #%(number)s is on hold (%(reasons)s). Release it first.")


class FulfillsMoreThanOrdered(DomainError):
    code = "fulfills_more_than_ordered"
    message = _("%(sku)s: %(requested)s asked, %(open)s still to be fulfilled.")


class HoldsMoreThanOrdered(DomainError):
    code = "holds_more_than_ordered"
    type = "not_allowed"
    message = _("%(sku)s: %(held)s would be reserved, %(open)s still to be fulfilled.")


class MovesMoreThanHeld(DomainError):
    code = "moves_more_than_held"
    type = "not_allowed"
    message = _("%(sku)s: %(requested)s asked to be moved, %(held)s held there.")


class ReservesOtherGoods(DomainError):
    code = "reserves_other_goods"
    type = "not_allowed"
    message = _("This line is of %(sku)s: no other goods are reserved for it.")


class LineNotStocked(DomainError):
    code = "line_not_stocked"
    type = "not_allowed"
    message = _("%(sku)s is a fee or is not stocked, so nothing is reserved for it.")


class NothingToFulfill(DomainError):
    code = "nothing_to_fulfill"
    message = _("There is nothing to fulfill.")


class MixedShippingRequirements(DomainError):
    code = "mixed_shipping_requirements"
    message = _("Goods that ship and goods that do not cannot be in one fulfillment. Make two.")


class NotThisOrders(DomainError):
    code = "not_this_orders"
    message = _("Order #%(number)s has no such line.")


class ShipsOtherThanPacked(DomainError):
    code = "ships_other_than_packed"
    message = _("A fulfillment ships whole: these are not the items that were packed in it.")


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


class CustomerHasOpenOrders(NotAllowed):
    code = "customer_has_open_orders"
    message = _(
        "This customer has %(count)s open orders (%(numbers)s), which still need their name and address. Complete or "
        "cancel them first."
    )


class CustomerExists(DomainError):
    code = "customer_exists"
    message = _("There is a customer with the e-mail address %(email)s.")


class CustomerIsErased(NotAllowed):
    code = "customer_is_erased"
    message = _("Customer %(id)s was forgotten, and is not written down again.")
