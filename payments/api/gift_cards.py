"""Gift cards. All of it is ours, by the names that Medusa has for it where it has them."""

from __future__ import annotations

from functools import partial
from typing import Any, Final
from uuid import UUID

from django.http import HttpResponse
from msgspec import UNSET
from rest_framework.request import Request

from oms.core import ids
from oms.web import bodies, idempotency, rates, schema
from oms.web.authentication import actor_of
from oms.web.rendering import json_answer
from oms.web.views import ApiView, many, one
from payments.api import balance_examples as examples
from payments.api import balance_inputs as inputs
from payments.api import balance_shapes as shapes
from payments.api import balances
from payments.api.inputs import NoInput, currency_of, exact
from payments.errors import NoGiftCardWithThisCode
from payments.models import GiftCard
from payments.services import gift_cards
from payments.services.gift_cards import NewGiftCard

TAG: Final = "Gift cards"
_CARD: Final = schema.envelope("gift_card", shapes.GiftCardShape)
_EXAMPLE: Final[dict[str, Any]] = {"gift_card": examples.GIFT_CARD}


def _id(text: str) -> UUID:
    return bodies.path_id(ids.GIFT_CARD, text, "gift card")


def _answer(request: Request, work: Any) -> HttpResponse:
    """Do `work`, which returns the card."""
    return idempotency.answer(request, work, lambda card: one(request, "gift_card", shapes.gift_card(card)))


class GiftCardsView(ApiView):
    access = {"GET": balances.GIFT_CARD_READ, "POST": balances.GIFT_CARD_ISSUE}
    audited = {"POST": "added"}
    for_all = ("POST",)  # a card is good in every channel

    @schema.operation(
        id="listGiftCards",
        summary="List gift cards",
        tag=TAG,
        answer=schema.envelope("gift_cards", shapes.GiftCardShape, paged=True),
        example=examples.page("gift_cards", examples.GIFT_CARD),
        filters=balances.GiftCardFilters,
        description=f"{schema.OURS} The newest first.",
    )
    def get(self, request: Request) -> HttpResponse:
        return many(request, "gift_cards", GiftCard.objects.all(), shapes.gift_card, filters=balances.GiftCardFilters)

    @schema.operation(
        id="createGiftCard",
        summary="Issue a gift card",
        tag=TAG,
        body=inputs.CreateGiftCard,
        body_example=examples.CREATE_GIFT_CARD,
        answer=_CARD,
        example={"gift_card": examples.GIFT_CARD | {"code": examples.CODE, "balance": 50, "available": 50}},
        description=f"{schema.OURS} `code` is shown in this answer and never again; a repeat under the same "
        "Idempotency-Key is answered without it.",
    )
    def post(self, request: Request) -> HttpResponse:
        body = bodies.read(request, inputs.CreateGiftCard)
        value = exact(body.value, currency_of(body.currency_code), "/value")
        order = body.order_id and bodies.public_id(ids.ORDER, body.order_id, "/order_id", "order")
        line = body.line_item_id and bodies.public_id(ids.ORDER_LINE, body.line_item_id, "/line_item_id", "line")

        def work() -> NewGiftCard:
            with bodies.renamed({"/amount": "/value"}):
                made = gift_cards.issue_gift_card(
                    amount=value,
                    expires_at=body.expires_at,
                    reason=body.reason,
                    recipient=body.recipient,
                    note=body.note,
                    order_id=order or None,
                    order_line_id=line or None,
                    actor=actor_of(request),
                )
            made.card.refresh_from_db()
            return made

        def told(made: NewGiftCard, *, code: str) -> HttpResponse:
            headers = {"Cache-Control": "no-store"}
            return json_answer({"gift_card": shapes.gift_card(made.card, code=code)}, headers=headers)

        return idempotency.answer(
            request, work, lambda made: told(made, code=made.code), keep=lambda made: told(made, code="")
        )


class LookUpView(ApiView):
    """By POST, so that codes stand in no log of addresses; as many as one may try to sign in."""

    access = {"POST": balances.GIFT_CARD_READ}
    for_all = ("POST",)
    counted_as = rates.LOGINS

    @schema.operation(
        id="lookUpGiftCard",
        summary="Find a gift card by its code",
        tag=TAG,
        body=inputs.LookUpGiftCard,
        body_example={"code": examples.CODE},
        answer=_CARD,
        example=_EXAMPLE,
        description=f"{schema.OURS} Without regard to case, spaces and hyphens; O is read as 0, I and L as 1.",
    )
    def post(self, request: Request) -> HttpResponse:
        body = bodies.read(request, inputs.LookUpGiftCard)

        def work() -> Any:
            card = gift_cards.find_by_code(body.code)
            if card is None:
                raise NoGiftCardWithThisCode()
            return card

        return _answer(request, work)


class GiftCardView(ApiView):
    access = {"GET": balances.GIFT_CARD_READ, "POST": balances.GIFT_CARD_CHANGE}
    audited = {"POST": "changed"}

    @schema.operation(
        id="getGiftCard", summary="Read a gift card", tag=TAG, answer=_CARD, example=_EXAMPLE,
        description=f"{schema.OURS} Without its code, which nobody has but its holder.",
    )  # fmt: skip
    def get(self, request: Request, card_id: str) -> HttpResponse:
        return one(request, "gift_card", shapes.gift_card(gift_cards.find_gift_card(_id(card_id))))

    @schema.operation(
        id="updateGiftCard",
        summary="Change when a gift card expires, or what is noted of it",
        tag=TAG,
        body=inputs.UpdateGiftCard,
        body_example={"expires_at": "2999-12-31T00:00:00Z", "note": "For the raffle"},
        answer=_CARD,
        example={"gift_card": examples.GIFT_CARD | {"note": "For the raffle"}},
        description=schema.OURS,
    )
    def post(self, request: Request, card_id: str) -> HttpResponse:
        card, body = _id(card_id), bodies.read(request, inputs.UpdateGiftCard)

        def work() -> Any:
            changed = gift_cards.describe_gift_card(
                card_id=card,
                recipient=None if body.recipient is UNSET else body.recipient,
                note=None if body.note is UNSET else body.note,
            )
            if body.expires_at is UNSET:
                return changed
            return gift_cards.change_expiry(card_id=card, expires_at=body.expires_at, actor=actor_of(request))

        return _answer(request, work)


class AdjustView(ApiView):
    access = {"POST": balances.GIFT_CARD_CHANGE}
    audited = {"POST": "changed"}

    @schema.operation(
        id="adjustGiftCard",
        summary="Change what a gift card is worth",
        tag=TAG,
        body=inputs.AdjustBalance,
        body_example=examples.ADJUST,
        answer=_CARD,
        example=_EXAMPLE,
        description=f"{schema.OURS} Never below nothing.",
    )
    def post(self, request: Request, card_id: str) -> HttpResponse:
        card, body = _id(card_id), bodies.read(request, inputs.AdjustBalance)

        def work() -> Any:
            amount = exact(body.amount, gift_cards.find_gift_card(card).currency)
            return gift_cards.adjust_gift_card(
                card_id=card, amount=amount, reason=body.reason, note=body.note, actor=actor_of(request)
            )

        return _answer(request, work)


class DisableView(ApiView):
    access = {"POST": balances.GIFT_CARD_CHANGE}
    audited = {"POST": "changed"}

    @schema.operation(
        id="disableGiftCard", summary="Let nobody pay with a gift card", tag=TAG, body=NoInput,
        body_example={}, answer=_CARD,
        example={"gift_card": examples.GIFT_CARD | {"status": "disabled", "available": 0}},
        description=f"{schema.OURS} Its balance stays. Disabled already: nothing changes.",
    )  # fmt: skip
    def post(self, request: Request, card_id: str) -> HttpResponse:
        card = _id(card_id)
        bodies.read(request, NoInput)
        return _answer(request, partial(gift_cards.disable_gift_card, card_id=card))


class EnableView(ApiView):
    access = {"POST": balances.GIFT_CARD_CHANGE}
    audited = {"POST": "changed"}

    @schema.operation(
        id="enableGiftCard", summary="Make a disabled gift card good again", tag=TAG, body=NoInput,
        body_example={}, answer=_CARD, example=_EXAMPLE,
        description=f"{schema.OURS} Not disabled: nothing changes.",
    )  # fmt: skip
    def post(self, request: Request, card_id: str) -> HttpResponse:
        card = _id(card_id)
        bodies.read(request, NoInput)
        return _answer(request, partial(gift_cards.enable_gift_card, card_id=card))


class EntriesView(ApiView):
    access = {"GET": balances.GIFT_CARD_READ}

    @schema.operation(
        id="listGiftCardEntries",
        summary="List what moved the balance of a gift card",
        tag=TAG,
        answer=schema.envelope("entries", shapes.EntryShape, paged=True),
        example=examples.page("entries", examples.ENTRY),
        filters=balances.EntryFilters,
        description=f"{schema.OURS} The newest first.",
    )
    def get(self, request: Request, card_id: str) -> HttpResponse:
        return balances.list_entries(request, gift_cards.find_gift_card(_id(card_id)))
