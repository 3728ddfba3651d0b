"""Refusals of payments."""

from django.utils.translation import gettext_lazy as _

from oms.core.errors import DomainError, NotAllowed, NotFound


class CaptureExceedsAuthorization(DomainError):
    code = "capture_exceeds_authorization"
    message = _("%(requested)s cannot be captured: %(available)s of the authorization is left.")


class RefundExceedsCapture(DomainError):
    code = "refund_exceeds_capture"
    message = _("%(requested)s cannot be refunded: %(available)s of what was captured is left.")


class AmountNotPositive(DomainError):
    code = "amount_not_positive"
    message = _("The amount must be more than nothing, in whole %(unit)s %(currency)s.")


class NothingToVoid(NotAllowed):
    code = "nothing_to_void"
    message = _("Nothing of this payment is authorized any more that could be let go.")


class PaymentBusy(NotAllowed):
    code = "payment_busy"
    message = _("This payment waits for its provider: %(act)s of %(amount)s. Try again when that is settled.")


class PaymentCanceled(NotAllowed):
    code = "payment_canceled"
    message = _("This authorization was let go, so nothing can be captured of it.")


class PaymentExpired(NotAllowed):
    code = "payment_expired"
    message = _("This authorization ended at %(at)s, so nothing can be captured of it.")


class RecordedElsewhere(NotAllowed):
    code = "payment_recorded_elsewhere"
    message = _("This payment was taken elsewhere and is only recorded here: move its money where it was taken.")


class NotSupportedByProvider(NotAllowed):
    code = "not_supported_by_provider"
    message = _("%(provider)s cannot do this: %(what)s.")


class ProviderNotSetUp(NotAllowed):
    code = "payment_provider_not_set_up"
    message = _(
        "%(amount)s would go back by %(provider)s, which is not set up here any more. "
        "Name another payment, or set it up again."
    )


class HasNoBooks(DomainError):
    code = "payment_provider_has_no_books"
    message = _("%(provider)s has no books of its own that ours could be compared with.")


class CollectsMoreThanDue(DomainError):
    code = "collects_more_than_due"
    message = _("%(requested)s cannot be collected: %(available)s is due.")


class SessionNotOpen(NotAllowed):
    code = "payment_session_not_open"
    message = _("This payment session is %(status)s.")


class CollectionHoldsMoney(NotAllowed):
    code = "payment_collection_holds_money"
    message = _("Something was paid into this collection, or is about to be. Let go of that, or refund it, first.")


class PaymentDeclined(DomainError):
    """The provider was asked, and said no. Nothing was moved.

    402, as gateways answer it: the request itself was right, so it is none of the refusals that a caller can mend by
    sending another one (400), and nobody has to try again because something failed (5xx). The contract has no record of
    it; its SDK throws for every status that is not 2xx.
    """

    code = "payment_declined"
    status = 402
    type = "payment_declined"
    message = _("The payment provider declined: %(message)s")


class ProviderNotReached(DomainError):
    """Nobody answered, so nothing was begun: the same may be asked again."""

    code = "provider_not_reached"
    status = 503
    type = "unavailable"
    message = _("%(provider)s cannot be reached now. Try again in a moment.")


class NoPaymentSession(NotAllowed):
    code = "no_payment_session"
    message = _("Nothing was chosen to pay with: begin a payment session first.")


class PaymentPending(NotAllowed):
    """Nobody can say yet. Asking again goes on where this left off."""

    code = "payment_pending"
    message = _("The payment is not settled yet (%(status)s). Try again in a moment.")


class CollectionClosed(NotAllowed):
    code = "payment_collection_closed"
    message = _("This payment collection is %(status)s.")


class InsufficientBalance(NotAllowed):
    code = "insufficient_balance"
    message = _("%(requested)s cannot be taken: the balance is %(available)s.")


class BalanceTooLarge(DomainError):
    code = "balance_too_large"
    message = _("The balance would be greater than can be kept.")


class AdjustsByNothing(DomainError):
    code = "adjusts_by_nothing"
    message = _("The change must be more or less than nothing, in whole %(unit)s %(currency)s.")


class ReasonNeeded(DomainError):
    code = "reason_needed"
    message = _("Say why: %(known)s.")


class GiftCardUnknown(NotAllowed):
    code = "gift_card_unknown"
    message = _("No gift card has this code.")


class NoGiftCardWithThisCode(NotFound):
    """Somebody looks it up; who pays with it is told GiftCardUnknown."""

    message = _("No gift card has this code.")


class GiftCardDisabled(NotAllowed):
    code = "gift_card_disabled"
    message = _("This gift card is disabled.")


class GiftCardExpired(NotAllowed):
    code = "gift_card_expired"
    message = _("This gift card expired at %(at)s. Change its expiry first.")


class ExpiryInThePast(DomainError):
    code = "expiry_in_the_past"
    message = _("The expiry must lie in the future.")
