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
from tests.properties.clerk import LOW, RECIPES, SPOTS, Dice, Model, Refused
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


@pytest.mark.parametrize("seed", range(8))
def test_any_history_of_two_stock_rooms_is_as_a_clerk_with_paper_would_write_down(seed):
    run(seed, acts=40)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(1000, 1100))
def test_long_histories_of_two_stock_rooms_are_as_a_clerk_with_paper_would_write_down(seed):
    run(seed, acts=150)
