from __future__ import annotations

from uuid import UUID

from inventory.sourcing.base import Candidate
from inventory.sourcing.fewest_parcels import fewest_parcels
from inventory.sourcing.kits import Ask, decide

A, B, C, GIFT, SET, BOX = (UUID(int=number) for number in range(1, 7))
W1, W2, W3 = (UUID(int=number) for number in range(11, 14))
PLACES = [Candidate(place, str(index), f"W{index}", index, {}) for index, place in enumerate((W1, W2, W3), 1)]

SCATTERED = {(A, W1): 2, (B, W1): 1, (A, W2): 2, (B, W2): 1}


def decided(asks, stock):
    available = {(item, place): units for place, items in stock.items() for item, units in items.items()}
    decision = decide(fewest_parcels, asks, PLACES, available)
    return decision.taken, decision.short


def test_a_kit_comes_whole_from_one_location():
    asks = [Ask(GIFT, 2, {A: 2, B: 1})]

    assert decided(asks, {W1: {A: 3, B: 1}, W2: {A: 5, B: 9}}) == ({(GIFT, W2): 2}, {})
    assert decided(asks, {W1: {A: 3, B: 1}, W2: {A: 2, B: 9}}) == ({(GIFT, W1): 1, (GIFT, W2): 1}, {})
    assert decided(asks, {W1: {A: 9}, W2: {B: 9}}) == ({}, {GIFT: 2})


def test_things_that_share_a_component_are_not_served_twice_from_it():
    asks = [Ask(GIFT, 1, {A: 1, B: 1}), Ask(A, 2, {A: 1})]

    assert decided(asks, {W1: {A: 2, B: 1}}) == ({(GIFT, W1): 1, (A, W1): 1}, {A: 1})
    assert decided(asks, {W1: {A: 2, B: 1}, W2: {A: 2}}) == ({(GIFT, W1): 1, (A, W1): 1, (A, W2): 1}, {})
    assert decided(asks, {W1: {A: 2, B: 1}, W3: {A: 3, B: 1}}) == ({(GIFT, W3): 1, (A, W3): 2}, {})


def test_kits_are_served_in_the_order_that_leaves_none_short():
    asks = [Ask(GIFT, 1, {A: 1, B: 1}), Ask(SET, 1, {A: 1, C: 1})]

    taken, short = decided(asks, {W1: {A: 1, B: 1, C: 1}, W2: {A: 1, B: 1}})

    assert (taken, short) == ({(SET, W1): 1, (GIFT, W2): 1}, {})


def test_the_decision_says_of_each_location_what_it_had_and_why():
    asks = [Ask(GIFT, 1, {A: 1, B: 1}), Ask(A, 1, {A: 1})]
    available = {(A, W1): 1, (B, W1): 1, (A, W2): 1}

    decision = decide(fewest_parcels, asks, PLACES, available)
    in_turn = decide(fewest_parcels, [asks[0], Ask(A, 3, {A: 1})], PLACES, SCATTERED)

    told = [(each.units_available, each.units_taken, each.reason) for each in decision.verdicts]
    assert decision.strategy == "fewest_parcels"
    assert told == [(1, 1, "completes_the_set"), (1, 1, "completes_the_set"), (0, 0, "has_nothing")]
    assert in_turn.short == {}
    assert [(each.units_available, each.units_taken) for each in in_turn.verdicts] == [(3, 2), (3, 2), (0, 0)]
