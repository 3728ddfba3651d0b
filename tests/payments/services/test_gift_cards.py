"""Gift cards by themselves: issued, found, adjusted, disabled, expired."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from oms.core.ids import new_id
from oms.core.money import CurrencyMismatch, Money
from payments import codes, errors
from payments.models import GiftCard, GiftCardEntry
from payments.services import gift_cards
from payments.tasks import expire_gift_cards
from tests.paying import usd
from tests.payments.balances import a_card, entries, worth
from tests.scenarios import STAFF, nothing_moves, recorded_events

pytestmark = pytest.mark.django_db
SOON = timedelta(days=30)


def _expired(amount: int = 50) -> GiftCard:
    """A card whose time ran out a moment ago, and nobody has noticed."""
    card = a_card(amount, expires_at=timezone.now() + SOON).card
    GiftCard.objects.filter(pk=card.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    card.refresh_from_db()
    return card


def test_a_card_is_worth_what_it_was_issued_with_and_its_code_is_kept_nowhere():
    made = a_card(50, note="Raffle", recipient="ada@example.com")

    assert worth(made.card) == (50, 50)
    assert entries(made.card) == [("issued", 50, 50)]
    assert made.card.last_four == made.code[-4:]
    assert made.code not in repr(made)
    with connection.cursor() as cursor:
        for table in ("payments_giftcard", "payments_giftcardentry", "core_outboxevent"):
            cursor.execute(f"SELECT string_agg(t::text, ' ') FROM {table} AS t")  # noqa: S608
            assert made.code.replace("-", "") not in (cursor.fetchone()[0] or "").replace("-", "")
    assert recorded_events() == ["gift_card.balance_changed"]


def test_a_card_is_found_by_its_code_however_it_is_typed():
    made = a_card()
    typed = f"  {made.code.lower().replace('-', ' ').replace('0', 'o').replace('1', 'l')} "

    assert gift_cards.find_by_code(typed) == made.card
    assert gift_cards.find_by_code("0000-0000-0000-0000") is None
    assert [gift_cards.find_by_code(text) for text in ("", "x", "é" * 16, "\x00", made.code[:-1], made.code * 9)] == [
        None
    ] * 6


def test_codes_are_hashed_under_a_key_of_their_own(settings):
    made = a_card()
    settings.GIFT_CARD_KEY = "another"

    lost = gift_cards.find_by_code(made.code)

    assert lost is None
    assert codes.hash_of(codes.normalized(made.code)) != made.card.code_hash


@pytest.mark.parametrize("amount", ["0", "-5", "1.001"])
def test_a_card_over_nothing_or_over_parts_of_a_cent_is_refused(amount):
    with nothing_moves(), pytest.raises(errors.AmountNotPositive):
        a_card(amount)


def test_a_card_that_has_expired_before_it_is_issued_is_refused():
    with nothing_moves(), pytest.raises(errors.ExpiryInThePast):
        a_card(expires_at=timezone.now())


def test_adjusting_says_why_and_never_goes_below_nothing():
    card = a_card(50).card

    gift_cards.adjust_gift_card(card_id=card.pk, amount=usd("-20.50"), reason="correction", note="typo", actor=STAFF)
    gift_cards.adjust_gift_card(card_id=card.pk, amount=usd(5), reason="goodwill", actor=STAFF)
    with nothing_moves():
        for amount, reason, refusal in (
            (usd("-34.51"), "correction", errors.InsufficientBalance),
            (usd(1), "", errors.ReasonNeeded),
            (usd(1), "expiry_changed", errors.ReasonNeeded),
            (usd(0), "correction", errors.AdjustsByNothing),
            (usd("0.001"), "correction", errors.AdjustsByNothing),
            (Money(Decimal(1), "EUR"), "correction", CurrencyMismatch),
            (usd("999999999999999"), "correction", errors.BalanceTooLarge),
        ):
            with pytest.raises(refusal):
                gift_cards.adjust_gift_card(card_id=card.pk, amount=amount, reason=reason, actor=STAFF)

    assert entries(card) == [("issued", 50, 50), ("adjusted", Decimal("-20.5"), Decimal("29.5")), ("adjusted", 5, 34.5)]


def test_a_disabled_card_is_worth_nothing_until_it_is_enabled():
    card = a_card(50).card

    gift_cards.disable_gift_card(card_id=card.pk)
    at = gift_cards.disable_gift_card(card_id=card.pk).disabled_at
    disabled = worth(card)
    gift_cards.enable_gift_card(card_id=card.pk)

    assert card.disabled_at == at
    assert (disabled, worth(card)) == ((50, 0), (50, 50))
    assert len(entries(card)) == 1


def test_an_expired_card_is_worth_nothing_before_anybody_writes_that_down():
    card = _expired()

    before = worth(card)
    expire_gift_cards()
    expire_gift_cards()

    assert (before, worth(card)) == ((50, 0), (0, 0))
    assert entries(card) == [("issued", 50, 50), ("expired", -50, 0)]


@pytest.mark.parametrize("is_noticed", [True, False])
def test_a_card_that_expired_lives_again_with_what_it_held_when_its_expiry_is_changed(is_noticed):
    card = _expired()
    if is_noticed:
        expire_gift_cards()

    gift_cards.change_expiry(card_id=card.pk, expires_at=timezone.now() + SOON, actor=STAFF)
    gift_cards.change_expiry(card_id=card.pk, expires_at=None, actor=STAFF)

    assert worth(card) == (50, 50)
    assert entries(card) == [("issued", 50, 50), ("expired", -50, 0), ("adjusted", 50, 50)]
    assert GiftCardEntry.objects.order_by("number").last().reason == "expiry_changed"


def test_what_is_put_on_an_expired_card_would_be_gone_so_it_is_refused():
    card = _expired()

    with nothing_moves(), pytest.raises(errors.GiftCardExpired):
        gift_cards.adjust_gift_card(card_id=card.pk, amount=usd(1), reason="goodwill", actor=STAFF)


def test_many_cards_expire_in_batches(monkeypatch):
    monkeypatch.setattr(gift_cards, "BATCH", 2)
    cards = [_expired(), _expired(), _expired(), a_card().card]

    count = gift_cards.expire_gift_cards()

    assert count == 3
    assert [worth(card)[0] for card in cards] == [0, 0, 0, 50]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE payments_giftcardentry SET note = 'x'",
        "UPDATE payments_giftcardentry SET note = '', amount = 1",
        "DELETE FROM payments_giftcardentry",
    ],
)
def test_the_database_refuses_to_rewrite_entries(statement):
    a_card()

    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_the_database_refuses_a_balance_below_nothing_and_a_second_entry_of_an_attempt():
    card, once = a_card().card, new_id()
    entry = {"account": card, "kind": "redeemed", "amount": -1, "balance_after": 49, "actor": {}, "attempt_id": once}
    GiftCardEntry.objects.create(number=2, **entry)

    with pytest.raises(IntegrityError, match="giftcard_balance"), transaction.atomic():
        GiftCard.objects.filter(pk=card.pk).update(balance=-1)
    with pytest.raises(IntegrityError, match="attempt_once"), transaction.atomic():
        GiftCardEntry.objects.create(number=3, **entry)
