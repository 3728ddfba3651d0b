"""Two stock rooms on paper: an item that may wait for goods, one that may not, and a kit of both.

The model knows nothing of the code. It holds what each order or person was promised, in the order they came.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

PLACES = ("A", "B")  # A is preferred
LAMP, BULB, GIFT = "LAMP", "BULB", "GIFT"
MAY_WAIT = frozenset({LAMP})
RECIPES: Mapping[str, Mapping[str, int]] = {LAMP: {LAMP: 1}, BULB: {BULB: 1}, GIFT: {LAMP: 2, BULB: 1}}
SPOTS = [(item, place) for item in (LAMP, BULB) for place in PLACES]
LOW = 2  # threshold of both items
Spot = tuple[str, str]


class Refused(Exception):
    """The model says that an act must not be possible."""


def refuse_unless(possible: bool) -> None:
    if not possible:
        raise Refused


@dataclass
class Promise:
    """What somebody holds, and waits for, of an item at a place. `came`: the later, the newer."""

    owner: Any
    spot: Spot
    came: int
    held: int = 0
    waiting: int = 0
    ends: bool = False
    over: bool = False


@dataclass
class Sale:
    thing: str
    units: int
    packed: list[tuple[str, int] | None] = field(default_factory=list)
    canceled: bool = False

    @property
    def open(self) -> int:
        return self.units - sum(parcel[1] for parcel in self.packed if parcel)


@dataclass
class Paper:
    """An arrival (nothing leaves `source`), or a transfer that was sent."""

    target: Spot
    rest: int
    source: Spot | None = None
    done: bool = False


class Model:
    """Stock as a clerk with a sheet of paper would keep it."""

    def __init__(self, shelf: Mapping[Spot, int]) -> None:
        self.shelf, self.safety, self.coming = Counter(shelf), Counter[Spot](), Counter[Spot]()
        self.promises: list[Promise] = []
        self.sales: list[Sale] = []
        self.asides: list[Promise] = []
        self.papers: list[Paper] = []
        self.counted: list[tuple[Spot, int, bool]] = []
        self.clock = 0

    # --- what it looks like ------------------------------------------------------------------------------------------

    def held(self, spot: Spot) -> int:
        return sum(each.held for each in self.promises if each.spot == spot)

    def waiting(self, spot: Spot) -> int:
        return sum(each.waiting for each in self.promises if each.spot == spot)

    def free(self, spot: Spot) -> int:
        """On the shelf, promised to nobody, kept back for nothing; below zero where more is owed than there is."""
        return self.shelf[spot] - self.held(spot) - self.safety[spot] - self.waiting(spot)

    def of(self, owner: Any, spot: Spot) -> Promise | None:
        return next((each for each in self.promises if each.owner is owner and each.spot == spot), None)

    def to_promise(self, thing: str) -> int:
        live = Model(self.shelf)
        live.safety, live.promises = self.safety, [each for each in self.promises if not each.over]
        return sum(live.whole(thing, place) for place in PLACES)

    def whole(self, thing: str, place: str) -> int:
        return min(max(0, self.free((item, place))) // each for item, each in RECIPES[thing].items())

    def levels(self) -> dict[Spot, tuple[int, ...]]:
        return {
            spot: (self.shelf[spot], self.held(spot), self.waiting(spot), self.coming[spot], self.safety[spot])
            for spot in SPOTS
        }

    def promised(self) -> list[tuple[Spot, int, int, int]]:
        """At each spot who came after whom, and what he has."""
        rows = []
        for spot in SPOTS:
            there = sorted((each for each in self.promises if each.spot == spot), key=lambda each: each.came)
            rows += [(spot, number, each.held, each.waiting) for number, each in enumerate(there)]
        return rows

    # --- how promises move -------------------------------------------------------------------------------------------

    def let_go_of_what_is_over(self) -> None:
        self.promises = [each for each in self.promises if not each.over]

    def hand_on(self) -> None:
        """What is free goes to those who wait, the oldest first; who has nothing left is crossed out."""
        for each in sorted(self.promises, key=lambda promise: promise.came):
            loose = self.shelf[each.spot] - self.held(each.spot) - self.safety[each.spot]
            given_ = min(each.waiting, max(0, loose))
            each.held, each.waiting = each.held + given_, each.waiting - given_
        self.promises = [each for each in self.promises if each.held or each.waiting]

    def promise(self, owner: Any, spot: Spot, held: int, waiting: int = 0, came: int | None = None) -> Promise:
        known = self.of(owner, spot)
        if known is None:
            self.clock += 1
            known = Promise(owner, spot, came or self.clock)
            self.promises.append(known)
        known.held, known.waiting = known.held + held, known.waiting + waiting
        return known

    def plan(self, thing: str, units: int, own: Counter[Spot], may_wait: frozenset[str]) -> list[tuple[Spot, int, int]]:
        """Where so many are held and wait: the fewest places that have them, then the first; the rest waits at one."""
        recipe = RECIPES[thing]
        left = {spot: max(self.free(spot), own[spot]) for spot in SPOTS}

        def there(place: str) -> int:
            return min(max(0, left[item, place]) // each for item, each in recipe.items())

        wanted = min(units, sum(there(place) for place in PLACES))
        alone = [place for place in PLACES if there(place) >= wanted]
        taken = {alone[0]: wanted} if alone else {"A": there("A"), "B": wanted - there("A")}
        rows = [((item, place), each * n, 0) for place, n in taken.items() for item, each in recipe.items() if n]
        for spot, n, _ in rows:
            left[spot] -= n
        short = units - wanted
        firm = {item: each for item, each in recipe.items() if item not in may_wait}
        for place in PLACES if len(firm) < len(recipe) else ():
            here = min([short, *(max(0, left[item, place]) // each for item, each in firm.items())])
            for item, each in recipe.items() if here else ():
                at_hand = min(here * each, max(0, left[item, place]))
                rows.append(((item, place), at_hand, here * each - at_hand))
                left[item, place] -= at_hand
            short -= here
        refuse_unless(not short)
        return rows

    # --- what people do ----------------------------------------------------------------------------------------------

    def place(self, thing: str, units: int) -> None:
        rows, sale = self.plan(thing, units, Counter(), MAY_WAIT), Sale(thing, units)
        self.sales.append(sale)
        for spot, held, waiting in rows:
            self.promise(sale, spot, held, waiting)

    def revise(self, index: int, units: int) -> None:
        sale = self.sales[index]
        refuse_unless(not sale.canceled and not sale.packed)
        mine = [each for each in self.promises if each.owner is sale]
        had, want = Counter[str](), {item: each * units for item, each in RECIPES[sale.thing].items()}
        for each in mine:
            had[each.spot[0]] += each.held + each.waiting
        if had != want:
            waited = any(each.waiting for each in mine) and all(want[item] <= had[item] for item in want)
            others = [each for each in self.promises if each.owner is not sale]
            self.promises, before = others, self.promises
            try:
                own = Counter({each.spot: each.held for each in mine})
                rows = self.plan(sale.thing, units, own, frozenset({LAMP, BULB}) if waited else MAY_WAIT)
            except Refused:
                self.promises = before
                raise
            places = {each.spot: each.came for each in mine}
            for spot, held, waiting in rows:
                self.promise(sale, spot, held, waiting, places.get(spot))
        sale.units = units

    def fulfill(self, index: int, place: str, units: int) -> None:
        sale = self.sales[index]
        refuse_unless(not sale.canceled and units <= sale.open)
        recipe = RECIPES[sale.thing]
        for item, each in recipe.items():
            own = self.of(sale, (item, place))
            mine, waits = (own.held, own.waiting) if own else (0, 0)
            refuse_unless(units * each - mine <= max(0, self.free((item, place)) + waits))
        for item, each in recipe.items():
            left = units * each
            self.shelf[item, place] -= left
            held = [promise for promise in self.promises if promise.owner is sale and promise.spot[0] == item]
            for promise in sorted(held, key=lambda promise: (promise.spot[1] != place, promise.came)):
                gone = min(left, promise.held)
                late = min(left - gone, promise.waiting)
                promise.held, promise.waiting = promise.held - gone, promise.waiting - late
                left -= gone + late
        sale.packed.append((place, units))

    def unpack(self, index: int, parcel: int) -> None:
        sale = self.sales[index]
        content = sale.packed[parcel]
        refuse_unless(content is not None)
        assert content is not None
        place, units = content
        sale.packed[parcel] = None
        for item, each in RECIPES[sale.thing].items():
            self.shelf[item, place] += units * each
            self.promise(sale, (item, place), units * each)

    def cancel(self, index: int) -> None:
        sale = self.sales[index]
        refuse_unless(not sale.canceled and not any(sale.packed))
        sale.canceled = True
        self.promises = [each for each in self.promises if each.owner is not sale]

    def move(self, index: int, source: str, target: str, units: int) -> None:
        sale, recipe = self.sales[index], RECIPES[self.sales[index].thing]
        refuse_unless(not sale.canceled and source != target)
        for item, each in recipe.items():
            own = self.of(sale, (item, source))
            refuse_unless(own is not None and own.held >= units * each)
            refuse_unless(units * each <= max(0, self.free((item, target))))
        for item, each in recipe.items():
            self.promise(sale, (item, source), -units * each)
            self.promise(sale, (item, target), units * each)

    def adjust(self, spot: Spot, delta: int) -> None:
        refuse_unless(delta != 0 and self.shelf[spot] + delta >= self.held(spot))
        self.shelf[spot] += delta

    def keep_back(self, spot: Spot, units: int) -> None:
        self.safety[spot] = units

    def set_aside(self, spot: Spot, units: int, ends: bool) -> None:
        refuse_unless(units <= max(0, self.free(spot)))
        made = self.promise(object(), spot, units)
        made.ends = ends
        self.asides.append(made)

    def change_aside(self, index: int, place: str, units: int) -> None:
        each = self.asides[index]
        refuse_unless(each in self.promises)
        spot = (each.spot[0], place)
        moves = spot != each.spot
        more = units if moves else units - each.held
        refuse_unless(not (moves and each.waiting))
        refuse_unless(more <= 0 or more <= max(0, self.free(spot) + each.waiting))
        each.spot, each.held = spot, units

    def give_back(self, index: int) -> None:
        refuse_unless(self.asides[index] in self.promises)
        self.promises.remove(self.asides[index])

    def expect(self, spot: Spot, units: int) -> None:
        self.papers.append(Paper(spot, units))
        self.coming[spot] += units

    def send(self, item: str, source: str, target: str, units: int) -> None:
        refuse_unless(source != target and units <= self.free((item, source)))
        self.papers.append(Paper((item, target), units, (item, source)))
        self.shelf[item, source] -= units
        self.coming[item, target] += units

    def receive(self, index: int, good: int, damaged: int) -> None:
        paper = self.papers[index]
        refuse_unless(not paper.done and good + damaged > 0)
        refuse_unless(paper.source is None or good + damaged <= paper.rest)
        expected = min(paper.rest, good + damaged)
        self.shelf[paper.target] += good
        self.coming[paper.target] -= expected
        paper.rest -= expected
        paper.done = not paper.rest

    def close(self, index: int) -> None:
        paper = self.papers[index]
        refuse_unless(not paper.done)
        self.coming[paper.target] -= paper.rest
        paper.done = True

    def call_off(self, index: int) -> None:
        paper = self.papers[index]
        refuse_unless(not paper.done and paper.source is not None)
        assert paper.source is not None
        self.shelf[paper.source] += paper.rest
        self.close(index)

    def write_down(self, spot: Spot, units: int) -> None:
        self.counted.append((spot, units - self.shelf[spot], False))

    def apply(self, index: int) -> None:
        spot, difference, done = self.counted[index]
        refuse_unless(not done and self.shelf[spot] + difference >= 0)
        self.counted[index] = (spot, difference, True)
        short = self.held(spot) - self.shelf[spot] - difference
        for each in sorted((each for each in self.promises if each.spot == spot), key=lambda each: -each.came):
            lost = min(each.held, max(0, short))
            each.held, each.waiting, short = each.held - lost, each.waiting + lost, short - lost
        self.shelf[spot] += difference


class Dice:
    """The next act, with numbers that mean something as often as not."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)

    def act(self, model: Model) -> tuple[Any, ...]:
        while True:
            act: tuple[Any, ...] | None = getattr(self, self.random.choice(self.ACTS))(model)
            if act:
                return act

    ACTS = (
        *("sell", "sell", "sell", "pack", "pack", "unpack", "cancel", "revise", "revise", "move", "move", "adjust"),
        *("keep_back", "set_aside", "set_aside", "change_aside", "give_back", "expire", "expect", "send", "receive"),
        *("receive", "close", "call_off", "write_down", "apply"),
    )

    def units(self, most: int = 3) -> int:
        return self.random.randint(1, most)

    def spot(self) -> Spot:
        return self.random.choice(SPOTS)

    def one(self, rows: list[Any], wanted: Callable[[Any], bool]) -> int | None:
        """The index of one of these, mostly of one that is wanted; None where there are none."""
        fitting = [index for index, row in enumerate(rows) if wanted(row)]
        if fitting and self.random.random() < 0.9:
            return self.random.choice(fitting)
        return self.random.randrange(len(rows)) if rows else None

    def sell(self, model: Model) -> tuple[Any, ...]:
        return "place", self.random.choice((LAMP, LAMP, BULB, GIFT)), self.units()

    def pack(self, model: Model) -> tuple[Any, ...] | None:
        index = self.one(model.sales, lambda sale: sale.open and not sale.canceled)
        return None if index is None else ("fulfill", index, self.random.choice(PLACES), self.units(2))

    def unpack(self, model: Model) -> tuple[Any, ...] | None:
        index = self.one(model.sales, lambda sale: any(sale.packed))
        if index is None or not model.sales[index].packed:
            return None
        return "unpack", index, self.random.randrange(len(model.sales[index].packed))

    def cancel(self, model: Model) -> tuple[Any, ...] | None:
        index = self.one(model.sales, lambda sale: not sale.canceled and not any(sale.packed))
        return None if index is None else ("cancel", index)

    def revise(self, model: Model) -> tuple[Any, ...] | None:
        index = self.one(model.sales, lambda sale: not sale.canceled and not sale.packed)
        return None if index is None else ("revise", index, self.units(4))

    def move(self, model: Model) -> tuple[Any, ...] | None:
        index = self.one(model.sales, lambda sale: any(each.held for each in model.promises if each.owner is sale))
        if index is None:
            return None
        holds = [each.spot[1] for each in model.promises if each.owner is model.sales[index] and each.held]
        source = self.random.choice(holds or PLACES)
        return "move", index, source, self.random.choice([place for place in PLACES if place != source]), self.units(2)

    def adjust(self, model: Model) -> tuple[Any, ...]:
        return "adjust", self.spot(), self.random.randint(-3, 5)

    def keep_back(self, model: Model) -> tuple[Any, ...]:
        return "keep_back", self.spot(), self.random.choice((0, 0, 1, 2))

    def set_aside(self, model: Model) -> tuple[Any, ...]:
        return "set_aside", self.spot(), self.units(2), self.random.random() < 0.8

    def change_aside(self, model: Model) -> tuple[Any, ...] | None:
        index = self.one(model.asides, lambda aside: aside in model.promises)
        return None if index is None else ("change_aside", index, self.random.choice(PLACES), self.units())

    def give_back(self, model: Model) -> tuple[Any, ...] | None:
        index = self.one(model.asides, lambda aside: aside in model.promises)
        return None if index is None else ("give_back", index)

    def expire(self, model: Model) -> tuple[Any, ...] | None:
        index = self.one(model.asides, lambda aside: aside.ends and aside in model.promises)
        return None if index is None or not model.asides[index].ends else ("expire", index)

    def expect(self, model: Model) -> tuple[Any, ...]:
        return "expect", self.spot(), self.units()

    def send(self, model: Model) -> tuple[Any, ...]:
        source, target = self.random.choice((PLACES, PLACES[::-1]))
        return "send", self.random.choice((LAMP, BULB)), source, target, self.units()

    def receive(self, model: Model) -> tuple[Any, ...] | None:
        index = self.one(model.papers, lambda paper: not paper.done)
        if index is None:
            return None
        most = max(1, model.papers[index].rest + (model.papers[index].source is None))
        return "receive", index, self.random.randint(0, most), self.random.choice((0, 0, 0, 1))

    def close(self, model: Model) -> tuple[Any, ...] | None:
        index = self.one(model.papers, lambda paper: not paper.done)
        return None if index is None else ("close", index)

    def call_off(self, model: Model) -> tuple[Any, ...] | None:
        index = self.one(model.papers, lambda paper: paper.source is not None and not paper.done)
        return None if index is None or model.papers[index].source is None else ("call_off", index)

    def write_down(self, model: Model) -> tuple[Any, ...]:
        return "write_down", self.spot(), self.random.randint(0, 6)

    def apply(self, model: Model) -> tuple[Any, ...] | None:
        index = self.one(model.counted, lambda counted: not counted[2])
        return None if index is None else ("apply", index)
