"""Sorting and remembering what does not fit into memory."""

from __future__ import annotations

import random

from channels.adapters.spool import Seen, Sorter


def test_what_is_added_comes_back_in_order_though_little_of_it_is_in_memory():
    rows = [(f"{number:05}", number) for number in range(3000)]
    shuffled = random.Random(1).sample(rows, len(rows))

    with Sorter(in_memory=20) as sorter:
        for key, number in shuffled:
            sorter.add((key, number), ["row", number])
        found = list(sorter)
        again = list(sorter)

    assert found == [((key, number), ["row", number]) for key, number in rows]
    assert again == found


def test_a_text_that_was_there_is_never_taken_for_a_new_one():
    seen = Seen()
    first = [seen.add(str(number)) for number in range(20_000)]

    second = [seen.add(str(number)) for number in range(20_000)]

    assert (sum(first), all(second)) == (0, True)
