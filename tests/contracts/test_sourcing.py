"""What every sourcing strategy must do, whatever it prefers."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inventory.sourcing.base import Candidate
from oms.core import providers

ITEMS = [UUID(int=number) for number in (1, 2, 3)]
STRATEGIES = ["inventory.sourcing.fewest_parcels.fewest_parcels"]

AVAILABLE = st.dictionaries(st.sampled_from(ITEMS), st.integers(0, 5))
WANTED = st.dictionaries(st.sampled_from(ITEMS), st.integers(1, 12), min_size=1)


def test_the_strategy_in_use_is_one_of_these():
    assert providers.the("SOURCING") in [providers.import_string(path) for path in STRATEGIES]


@pytest.mark.parametrize("path", STRATEGIES)
@settings(max_examples=200, deadline=None)
@given(wanted=WANTED, stock=st.lists(AVAILABLE, max_size=14))
def test_what_is_taken_is_there_and_what_is_not_is_short(path, wanted, stock):
    places = [
        Candidate(UUID(int=100 + number), f"l{number}", f"L{number}", number, available)
        for number, available in enumerate(stock)
    ]

    decision = providers.import_string(path)(wanted, places)

    there = {place.location_id: place.available for place in places}
    assert all(0 < units <= there[location].get(item, 0) for (item, location), units in decision.taken.items())
    for item, units in wanted.items():
        taken = sum(amount for (what, _), amount in decision.taken.items() if what == item)
        assert taken == min(units, sum(place.available.get(item, 0) for place in places))
        assert taken + decision.short.get(item, 0) == units
    assert [verdict.candidate for verdict in decision.verdicts] == places
    assert all(verdict.reason for verdict in decision.verdicts)
    for verdict in decision.verdicts:
        units = [amount for (_, place), amount in decision.taken.items() if place == verdict.candidate.location_id]
        assert (verdict.chosen, verdict.units_taken) == (bool(units), sum(units))
    assert decision == providers.import_string(path)(wanted, places)
