from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inventory.sourcing.base import Candidate, Decision
from inventory.sourcing.fewest_parcels import fewest_parcels

X, Y, Z = UUID(int=1), UUID(int=2), UUID(int=3)
NAMES = {X: "X", Y: "Y", Z: "Z"}


def candidates(stock: Mapping[str, Mapping[UUID, int]]) -> list[Candidate]:
    """Locations in order of preference, and what they have."""
    return [
        Candidate(uuid4(), name.lower(), name, priority, available)
        for priority, (name, available) in enumerate(stock.items())
    ]


def decide(wanted: Mapping[UUID, int], stock: Mapping[str, Mapping[UUID, int]]) -> Decision:
    return fewest_parcels(wanted, candidates(stock))


def taken(decision: Decision) -> dict[tuple[str, str], int]:
    names = {verdict.candidate.location_id: verdict.candidate.name for verdict in decision.verdicts}
    return {(NAMES[item], names[location]): units for (item, location), units in decision.taken.items()}


def reasons(decision: Decision) -> dict[str, str]:
    return {verdict.candidate.name: verdict.reason for verdict in decision.verdicts}


@pytest.mark.parametrize(
    ("wanted", "stock", "expected"),
    [
        pytest.param({X: 5}, {"A": {X: 3}, "B": {X: 4}}, {("X", "A"): 3, ("X", "B"): 2}, id="split by priority"),
        pytest.param({X: 5}, {"A": {X: 3}, "B": {X: 6}}, {("X", "B"): 5}, id="one parcel beats priority"),
        pytest.param({X: 2}, {"A": {X: 2}, "B": {X: 9}}, {("X", "A"): 2}, id="priority among equals"),
        pytest.param({X: 2}, {"A": {X: 1}, "B": {X: 1}}, {("X", "A"): 1, ("X", "B"): 1}, id="one each"),
        pytest.param(
            {X: 1, Y: 1}, {"A": {X: 1}, "B": {Y: 1}, "C": {X: 1, Y: 1}}, {("X", "C"): 1, ("Y", "C"): 1}, id="all in one"
        ),
        pytest.param(
            {X: 1, Y: 1, Z: 1},
            {"A": {X: 1}, "B": {Y: 1}, "C": {Z: 1}, "D": {Y: 1, Z: 1}},
            {("X", "A"): 1, ("Y", "D"): 1, ("Z", "D"): 1},
            id="two instead of three",
        ),
        pytest.param({X: 1}, {"A": {X: -3}, "B": {X: 1}}, {("X", "B"): 1}, id="owes its safety stock"),
    ],
)
def test_the_fewest_parcels_ship_and_then_priority_decides(wanted, stock, expected):
    decision = decide(wanted, stock)

    assert taken(decision) == expected
    assert decision.short == {}
    assert decision.parcels == len({location for _, location in expected})


@pytest.mark.parametrize(
    ("wanted", "stock", "short", "expected"),
    [
        pytest.param({X: 5}, {"A": {X: 3}, "B": {}}, {X: 2}, {("X", "A"): 3}, id="too little"),
        pytest.param({X: 1, Y: 2}, {"A": {X: 1}, "B": {}}, {Y: 2}, {("X", "A"): 1}, id="one item nowhere"),
        pytest.param({X: 1}, {}, {X: 1}, {}, id="no location"),
    ],
)
def test_what_no_location_has_is_short_and_the_rest_is_chosen_all_the_same(wanted, stock, short, expected):
    decision = decide(wanted, stock)

    assert (decision.short, taken(decision)) == (short, expected)


def test_every_candidate_is_told_with_its_numbers_and_why():
    decision = decide({X: 2, Y: 1}, {"A": {X: 1}, "B": {}, "C": {X: 5, Y: 5}, "D": {X: 2, Y: 1}, "E": {Y: 1}})

    assert reasons(decision) == {
        "A": "would_need_more_parcels",
        "B": "has_nothing",
        "C": "has_everything",
        "D": "lower_priority",
        "E": "would_need_more_parcels",
    }
    told = {verdict.candidate.name: verdict.as_dict() for verdict in decision.verdicts}
    assert told["C"] | {"location_id": ""} == {
        "location_id": "",
        "code": "c",
        "name": "C",
        "priority": 2,
        "units_available": 3,
        "items_covered": 2,
        "units_taken": 3,
        "chosen": True,
        "reason": "has_everything",
    }
    assert (told["A"]["units_available"], told["A"]["items_covered"], told["A"]["chosen"]) == (1, 0, False)


def test_the_reasons_of_a_split_are_told_too():
    assert reasons(decide({X: 7}, {"A": {X: 3}, "B": {X: 4}, "C": {X: 4}, "D": {X: 1}})) == {
        "A": "completes_the_set",
        "B": "completes_the_set",
        "C": "lower_priority",
        "D": "would_need_more_parcels",
    }


def oracle(wanted: Mapping[UUID, int], places: Sequence[Candidate]) -> tuple[Candidate, ...]:
    """Every set of locations there is, by size and then by preference: the first that has what there is to have."""
    there = {item: min(units, sum(place.available.get(item, 0) for place in places)) for item, units in wanted.items()}
    sets = (chosen for size in range(len(places) + 1) for chosen in combinations(places, size))
    return next(
        chosen
        for chosen in sets
        if all(sum(place.available.get(item, 0) for place in chosen) >= units for item, units in there.items())
    )


AVAILABLE = st.fixed_dictionaries({X: st.integers(0, 4), Y: st.integers(0, 4), Z: st.integers(0, 4)})
WANTED = st.dictionaries(st.sampled_from([X, Y, Z]), st.integers(1, 9), min_size=1)


@settings(max_examples=400, deadline=None)
@given(wanted=WANTED, stock=st.lists(AVAILABLE, max_size=6))
def test_no_set_of_locations_is_better_than_the_chosen_one(wanted, stock):
    places = candidates({f"L{number}": available for number, available in enumerate(stock)})

    decision = fewest_parcels(wanted, places)

    best = oracle(wanted, places)
    assert [verdict.candidate for verdict in decision.verdicts if verdict.chosen] == list(best)
    for item, units in wanted.items():
        got = sum(amount for (what, _), amount in decision.taken.items() if what == item)
        assert got + decision.short.get(item, 0) == units
        assert got == min(units, sum(place.available[item] for place in places))
    for (item, location), units in decision.taken.items():
        assert 0 < units <= next(place.available[item] for place in places if place.location_id == location)


@settings(max_examples=50, deadline=None)
@given(wanted=WANTED, stock=st.lists(AVAILABLE, min_size=11, max_size=25))
def test_among_many_locations_everything_that_is_there_is_still_taken(wanted, stock):
    places = candidates({f"L{number}": available for number, available in enumerate(stock)})

    decision = fewest_parcels(wanted, places)

    for item, units in wanted.items():
        there = sum(place.available[item] for place in places)
        assert sum(amount for (what, _), amount in decision.taken.items() if what == item) == min(units, there)
    assert len(decision.verdicts) == len(places)
