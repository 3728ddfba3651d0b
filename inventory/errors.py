"""Refusals of stock."""

from django.utils.translation import gettext_lazy as _

from oms.core.errors import DomainError, NotAllowed


class InsufficientStock(DomainError):
    """All shortages come in one error; the first names itself in the sentence."""

    code = "insufficient_stock"
    message = _("Not enough stock for %(sku)s: %(requested)s asked, %(available)s available.")


class KitShort(InsufficientStock):
    """The same for a kit: which of its components fall short."""

    message = _("Not enough stock for %(sku)s: %(requested)s asked, %(available)s available (%(why)s).")


class ReservationExceedsStock(InsufficientStock):
    """The same for a reservation that a person makes or changes."""

    type = "not_allowed"


class TooManyBackordered(DomainError):
    code = "too_many_backordered"
    message = _("%(requested)s more of %(sku)s cannot wait for goods: %(backordered)s wait already.")


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


class DuplicateLocationCode(DomainError):
    code = "duplicate_location_code"
    message = _("There is a stock location with code %(location)s already.")


class NotStocked(NotAllowed):
    code = "not_stocked"
    message = _("%(sku)s is not stocked, so it has no count.")


class KitHasNoStock(NotAllowed):
    code = "kit_has_no_stock"
    message = _("%(sku)s is a kit: its components are counted and reserved, not the kit.")


class KitInUse(NotAllowed):
    code = "kit_in_use"
    message = _("There is stock of %(sku)s or somebody waits for it, so it cannot become a kit.")


class NotKeptByLocation(NotAllowed):
    code = "not_kept_by_location"
    message = _("Stock is not kept by location here.")


class NegativeStock(DomainError):
    code = "negative_stock"
    message = _("Stock of %(sku)s cannot become %(count)s.")


class BelowReserved(DomainError):
    code = "below_reserved"
    type = "not_allowed"
    message = _("%(reserved)s of %(sku)s are reserved at %(location)s, so there cannot be only %(count)s.")


class PoolBelowReserved(BelowReserved):
    """The same where stock is not kept by location."""

    message = _("%(reserved)s of %(sku)s are reserved, so there cannot be only %(count)s.")


class ReasonRequired(DomainError):
    code = "reason_required"
    message = _("Say why the stock is changed.")


class AlreadyReserved(NotAllowed):
    code = "already_reserved"
    message = _("This line has a reservation of %(sku)s at %(location)s already. Change that one.")


class KitHeldTogether(NotAllowed):
    code = "kit_held_together"
    message = _(
        "%(sku)s is held for a kit, which ships whole: only this part of it would be at %(location)s. Move the whole "
        "kit on the page of its order."
    )


class StockImportRunning(DomainError):
    code = "stock_import_running"
    type = "conflict"
    status = 409
    message = _("Stock is being imported already. Start this again when that is done; nothing was changed.")


class LevelExists(DomainError):
    code = "level_exists"
    message = _("%(sku)s has a level at %(location)s already.")


class LevelInUse(NotAllowed):
    code = "level_in_use"
    message = _("%(location)s still has stock or reservations of %(sku)s, so its level cannot be deleted.")


class StockBusy(DomainError):
    """Others changed the same stock again and again while this was done. Nothing has moved."""

    code = "stock_busy"
    type = "conflict"
    status = 409
    message = _("Many orders change this stock right now. Try again in a moment.")


class NotPossibleNow(NotAllowed):
    """A document has come too far, or not far enough, for this step."""

    code = "not_possible_now"
    message = _("%(document)s is %(status)s: that cannot be done with it.")


class NotOnDocument(DomainError):
    code = "not_on_document"
    message = _("%(document)s has no such line.")


class MoreThanSent(DomainError):
    code = "more_than_sent"
    message = _("%(requested)s of %(sku)s cannot be received: %(open)s are on their way.")


class TooMuchStock(DomainError):
    code = "too_much_stock"
    message = _("%(sku)s at %(location)s: %(count)s is more than can be counted.")


class TooMuchPooled(TooMuchStock):
    """The same where stock is not kept by location."""

    message = _("%(count)s of %(sku)s is more than can be counted.")
