"""Refusals of stock."""

from django.utils.translation import gettext_lazy as _

from oms.core.errors import DomainError, NotAllowed


class InsufficientStock(DomainError):
    """All shortages come in one error; the first names itself in the sentence."""

    code = "insufficient_stock"
    message = _("Not enough stock for %(sku)s: %(requested)s asked, %(available)s available.")


class NoStockLocation(DomainError):
    code = "no_stock_location"
    type = "not_allowed"
    message = _("The sales channel has no active stock location, so %(sku)s cannot be sold from stock.")


class UnknownSku(DomainError):
    code = "unknown_sku"
    message = _("There is no inventory item with sku %(sku)s.")


class DuplicateSku(DomainError):
    code = "duplicate_sku"
    message = _("There is an inventory item with sku %(sku)s already.")


class NegativeStock(DomainError):
    code = "negative_stock"
    message = _("Stock of %(sku)s cannot become %(count)s.")


class BelowReserved(DomainError):
    code = "below_reserved"
    type = "not_allowed"
    message = _("%(reserved)s of %(sku)s are reserved at %(location)s, so there cannot be only %(count)s.")


class ReasonRequired(DomainError):
    code = "reason_required"
    message = _("Say why the stock is changed.")


class LevelInUse(NotAllowed):
    code = "level_in_use"
    message = _("%(location)s still has stock or reservations of %(sku)s, so its level cannot be deleted.")
