"""Paying with a gift card."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from oms.core import ids
from oms.core.errors import NotFound
from payments import errors
from payments.models import GiftCard
from payments.providers.balances import BalanceProvider
from payments.providers.base import AuthorizeRequest
from payments.services import gift_cards

LIVES_ON: Final = timedelta(days=365)


class GiftCardProvider(BalanceProvider[GiftCard]):
    """data: `code`, as the customer typed it, or `gift_card_id`.

    Money goes back to the card that it came from, always: the customer has its code, and a fresh card would have one
    that nobody is there to be shown. A card that has expired meanwhile lives on for a year with what came back (what
    had expired of it stays expired), so that it is worth something; one that is disabled keeps it, for staff to decide
    about.
    """

    code = "gift_card"
    title = _("Gift card")
    kind = GiftCard

    def chosen(self, data: Mapping[str, Any]) -> Mapping[str, Any]:
        """A code is money: what is written down with the attempt is whose code it is."""
        kept = {name: value for name, value in data.items() if name != "code"}
        if "code" not in data:
            return kept
        card = gift_cards.find_by_code(str(data["code"]))
        return kept | {"gift_card_id": card.public_id if card else ""}

    def find(self, request: AuthorizeRequest) -> GiftCard:
        try:
            card_id = ids.decode(ids.GIFT_CARD, str(self.chosen(request.data).get("gift_card_id", "")))
            card = gift_cards.lock_gift_card(card_id)
        except NotFound:
            raise errors.GiftCardUnknown() from None
        if card.disabled_at is not None:
            raise errors.GiftCardDisabled()
        if card.expires_at is not None and card.has_expired():
            raise errors.GiftCardExpired(at=timezone.localtime(card.expires_at).isoformat(timespec="minutes"))
        return card

    def take_back(self, account_id: UUID) -> GiftCard:
        card = gift_cards.lock_gift_card(account_id)
        if card.has_expired():
            card.expires_at = timezone.now() + LIVES_ON
            card.save(update_fields=["expires_at", "updated_at"])
        return card
