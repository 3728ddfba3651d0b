"""Kits, backorders, what expires, moves, arrivals, transfers, counts and revisions in any order: stock is what a clerk
with paper would write down after each, what is to be sold is what he would say, and the books add up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.test import TestCase
from django.utils import timezone

from inventory.models import Reservation
from inventory.services import cleaning
from inventory.services.verify import verify_stock
from oms.core.errors import DomainError
from oms.core.models import OutboxEvent
from orders.models import Order
from tests.properties.clerk import BULB, GIFT, LAMP, LOW, RECIPES, SPOTS, Dice, Model, Refused, Spot
from tests.properties.stock_house import House

pytestmark = pytest.mark.django_db


def happens(act: Callable[..., None], *arguments: Any) -> bool:
    try:
        act(*arguments)
    except (Refused, DomainError):
        return False
    return True


@contextmanager
def committed() -> Iterator[None]:
    """As after a commit: what was put off until then is done."""
    with TestCase.captureOnCommitCallbacks(execute=True):
        yield


def expire(model: Model, house: House, index: int) -> None:
    """Its hour is over. Nobody cleans it away yet, and no read counts it any more."""
    each = model.asides[index]
    if not each.ends:
        return
    each.over = True
    Reservation.objects.filter(pk=house.asides[index]).update(expires_at=timezone.now() - timedelta(hours=1))


def step(model: Model, house: House, name: str, arguments: list[Any]) -> None:
    model.let_go_of_what_is_over()
    expected = happens(getattr(model, name), *arguments)
    model.hand_on()

    with committed():
        did = happens(getattr(house, name), *arguments)
    with committed():
        cleaning.release_all_expired()

    assert did == expected, f"{name} {arguments}: the model says {expected}"
    assert house.levels() == model.levels(), (name, arguments)
    assert house.promised() == model.promised(), (name, arguments)
    assert house.low() == {spot for spot in SPOTS if model.free(spot) <= LOW}, (name, arguments)


def do(model: Model, house: House, act: tuple[Any, ...]) -> None:
    name, *arguments = act
    if name == "expire":
        expire(model, house, arguments[0])
    else:
        step(model, house, name, arguments)
    assert house.to_promise() == {thing: model.to_promise(thing) for thing in RECIPES}, act


def finish(house: House) -> None:
    for item in house.items.values():
        assert verify_stock(sku=item.sku).differences == []
    for order in Order.objects.filter(pk__in=[order_id for order_id, *_ in house.orders]):
        told = OutboxEvent.objects.filter(stream=order.pk).order_by("sequence").values_list("sequence", flat=True)
        assert list(told) == list(range(1, order.event_seq + 1))


def run(seed: int, acts: int) -> None:
    dice = Dice(seed)
    shelf = {spot: dice.random.randint(0, 7) for spot in SPOTS}
    model, house = Model(shelf), House(shelf)
    for _ in range(acts):
        do(model, house, dice.act(model))
    finish(house)


LA, LB, BA = (LAMP, "A"), (LAMP, "B"), (BULB, "A")
# Short ones by name: what lies there at first, and what is done. Chance finds these seldom.
SCRIPTS: dict[str, tuple[dict[Spot, int], list[tuple[Any, ...]]]] = {
    "what expires while all of it waits": (
        {LA: 2, BA: 1},
        [
            ("set_aside", LA, 2, True),
            ("write_down", LA, 0),
            ("apply", 0),
            ("place", LAMP, 1),
            ("expire", 0),
            ("place", BULB, 1),
            ("adjust", LA, 2),
        ],
    ),
    "what expires while a part of it waits": (
        {LA: 3},
        [
            ("set_aside", LA, 3, True),
            ("write_down", LA, 1),
            ("apply", 0),
            ("expire", 0),
            ("place", LAMP, 2),
            ("adjust", LA, 1),
        ],
    ),
    "who came first is filled first": (
        {LA: 0},
        [("place", LAMP, 3), ("place", LAMP, 2), ("place", LAMP, 1), *[("adjust", LA, 1)] * 4, ("adjust", LA, 3)],
    ),
    "what is free for a moment is theirs who wait": (
        {LA: 2, LB: 0},
        [
            ("set_aside", LA, 2, True),
            ("place", LAMP, 1),
            ("place", LAMP, 1),
            ("adjust", LB, 3),
            ("set_aside", LB, 1, False),
            ("expire", 0),
            ("change_aside", 1, "A", 1),
            ("set_aside", LB, 1, True),
            ("set_aside", LA, 2, True),
            ("place", LAMP, 1),
            ("move", 2, "B", "A", 1),
            ("fulfill", 2, "A", 1),
        ],
    ),
    "others are packed while some wait for what expired": (
        {LA: 1, LB: 1},
        [
            ("set_aside", LA, 1, True),
            ("place", LAMP, 1),
            ("place", LAMP, 1),
            ("expire", 0),
            ("fulfill", 0, "A", 1),
            ("fulfill", 1, "A", 1),
        ],
    ),
    "a lorry arrives in parts, some of it broken": (
        {LA: 6, BA: 2},
        [
            ("place", LAMP, 1),
            ("send", LAMP, "A", "B", 5),
            ("receive", 0, 2, 1),
            ("receive", 0, 3, 0),
            ("receive", 0, 1, 1),
            ("expect", LB, 2),
            ("receive", 1, 1, 2),
            ("send", BULB, "A", "B", 2),
            ("receive", 2, 1, 0),
            ("call_off", 2),
            ("close", 0),
        ],
    ),
    "kits wait in part, are moved, packed and asked for anew": (
        {LA: 3, BA: 5, LB: 5, (BULB, "B"): 2},
        [
            ("place", LAMP, 5),
            ("place", GIFT, 3),
            ("revise", 1, 2),
            ("move", 1, "A", "B", 1),
            ("adjust", LA, 6),
            ("move", 1, "A", "B", 1),
            ("adjust", LB, 4),
            ("move", 1, "A", "B", 2),
            ("fulfill", 1, "B", 1),
            ("unpack", 1, 0),
            ("fulfill", 1, "A", 1),
            ("place", GIFT, 3),
            ("place", LAMP, 3),
            ("place", GIFT, 2),
            ("revise", 2, 4),
            ("cancel", 0),
        ],
    ),
    "a count falls short": (
        {LA: 5},
        [
            ("place", LAMP, 2),
            ("place", LAMP, 2),
            ("set_aside", LA, 1, True),
            ("write_down", LA, 2),
            ("expire", 0),
            ("apply", 0),
            ("revise", 1, 1),
            ("keep_back", LA, 1),
            ("revise", 0, 1),
            ("adjust", LA, 2),
        ],
    ),
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_known_history_is_as_a_clerk_with_paper_would_write_down(name):
    shelf, acts = SCRIPTS[name]
    shelf = dict.fromkeys(SPOTS, 0) | shelf
    model, house = Model(shelf), House(shelf)

    for act in acts:
        do(model, house, act)

    finish(house)


@pytest.mark.parametrize("seed", range(8))
def test_any_history_of_two_stock_rooms_is_as_a_clerk_with_paper_would_write_down(seed):
    run(seed, acts=40)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(1000, 1100))
def test_long_histories_of_two_stock_rooms_are_as_a_clerk_with_paper_would_write_down(seed):
    run(seed, acts=150)
