"""What is to be held for orders, from where, and why some cannot be served: decided in memory, nothing moves."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from inventory.errors import NoStockLocation, TooManyBackordered
from inventory.models import InventoryLevel
from inventory.providers.base import Component, LineDemand, OrderDemand
from inventory.services import levels, shortages
from inventory.services.levels import Place, Shelves
from inventory.sourcing import kits
from inventory.sourcing.base import Candidate, Decision, Strategy, Verdict
from inventory.sourcing.kits import Ask
from oms.core import providers
from oms.core.errors import DomainError, FieldError

Pair = tuple[UUID, UUID]  # item, location
Waiting = Callable[[Collection[Pair]], dict[Pair, int]]


@dataclass(slots=True)
class Share:
    """Units of an item at a location that a line is to hold, and that it is to wait for."""

    line_id: UUID
    item_id: UUID
    location_id: UUID
    quantity: int = 0
    backordered: int = 0


@dataclass(slots=True)
class Served:
    """What one order gets. Kits count as one thing here, by their key.

    keys: the key of each line's thing. waiting: units by (key, location) of which a part is not there yet. at_hand:
    units by (key, item, location) of those that are.
    """

    decision: Decision
    keys: Sequence[UUID]
    waiting: dict[tuple[UUID, UUID], int] = field(default_factory=dict)
    at_hand: dict[tuple[UUID, UUID, UUID], int] = field(default_factory=dict)

    def shares(self, demand: OrderDemand) -> list[Share]:
        """What was decided, shared among the lines in their order: one for each line, item and location."""
        shares: dict[tuple[UUID, UUID, UUID], Share] = {}
        taken, waiting, at_hand = _by_key(self.decision.taken), _by_key(self.waiting), dict(self.at_hand)

        def share(line: LineDemand, item_id: UUID, location_id: UUID) -> Share:
            return shares.setdefault((line.line_id, item_id, location_id), Share(line.line_id, item_id, location_id))

        for line, key in zip(demand.lines, self.keys, strict=True):
            wanted = line.quantity
            for location_id, units in _part(taken[key], wanted):
                wanted -= units
                for part in line.parts:
                    share(line, part.item_id, location_id).quantity += units * part.quantity
            for location_id, units in _part(waiting[key], wanted):
                for part in line.parts:
                    held = min(units * part.quantity, at_hand.get((key, part.item_id, location_id), 0))
                    if held:
                        at_hand[key, part.item_id, location_id] -= held
                    here = share(line, part.item_id, location_id)
                    here.quantity += held
                    here.backordered += units * part.quantity - held
        return list(shares.values())


@dataclass(slots=True)
class Plan:
    """What is to be held for the orders that can be served, by order id, and why the others cannot."""

    served: dict[UUID, Served]
    refusals: dict[UUID, DomainError]
    demands: Sequence[OrderDemand]
    backorders: set[tuple[UUID, UUID]]


def _by_key(units: Mapping[tuple[UUID, UUID], int]) -> defaultdict[UUID, dict[UUID, int]]:
    """Units by thing and location."""
    found: defaultdict[UUID, dict[UUID, int]] = defaultdict(dict)
    for (key, location_id), count in units.items():
        found[key][location_id] = count
    return found


def _part(left: dict[UUID, int], wanted: int) -> list[tuple[UUID, int]]:
    """Up to so many of the units that are left, by location; they are left no more."""
    parts = []
    for location_id, units in left.items():
        part = min(units, wanted)
        if part:
            left[location_id] -= part
            wanted -= part
            parts.append((location_id, part))
    return parts


def items_of(demands: Sequence[OrderDemand]) -> set[UUID]:
    """Everything that stock is held of."""
    return {part.item_id for demand in demands for line in demand.lines for part in line.parts}


def plan(
    demands: Sequence[OrderDemand], found: Shelves, *, strategy: Strategy | None = None, waiting: Waiting | None = None
) -> Plan:
    """Serve the orders one after the other in memory, each from what the ones before it left.

    strategy: the one in settings. waiting: tells how many units wait by (item, location); at levels, where not given.
    """
    strategy = strategy or providers.the("SOURCING")
    left = {(level.item_id, level.location_id): level.available for level in found.levels if level.is_kept}
    places = [place for place in found.places if place.is_active]
    made = Plan({}, {}, demands, set())
    queue = _Queue(waiting or _waiting_at_levels)
    for demand in demands:
        asks, keys = _asks(demand)
        decision = kits.decide(strategy, list(asks.values()), [_candidate(place) for place in places], left)
        served = Served(decision, keys)
        rest = dict(left) if decision.short else left  # what is refused takes nothing
        for (key, location_id), units in decision.taken.items():
            kits.take(asks[key], units, location_id, rest)
        waits: dict[tuple[UUID, UUID], int] = defaultdict(int)
        lacking = _let_wait(demand, asks, served, places, rest, waits)
        if lacking:
            made.refusals[demand.order_id] = _refusal(demand, asks, keys, lacking, places, left)
            continue
        if waits and (too_many := queue.refuses(demand, waits)):
            made.refusals[demand.order_id] = too_many
            continue
        left = rest
        made.served[demand.order_id] = served
        made.backorders |= waits.keys()
        decision.verdicts += [
            Verdict(_candidate(place, asks), 0, 0, chosen=False, reason="inactive")
            for place in found.places
            if not place.is_active
        ]
    return made


def _asks(demand: OrderDemand) -> tuple[dict[UUID, Ask], list[UUID]]:
    """What an order asks for by key, lines of the same thing summed before anything is checked; each line's key.

    Lines of a kit whose recipe changed between them are different things.
    """
    keys: list[UUID] = []
    by_recipe: dict[tuple[UUID, tuple[Component, ...]], UUID] = {}
    units: dict[UUID, int] = defaultdict(int)
    parts: dict[UUID, dict[UUID, int]] = {}
    for line in demand.lines:
        key = by_recipe.get((line.item_id, line.components))
        if key is None:
            key = line.item_id if line.item_id not in parts else line.line_id
            by_recipe[line.item_id, line.components] = key
            parts[key] = {part.item_id: part.quantity for part in line.parts}
        units[key] += line.quantity
        keys.append(key)
    return {key: Ask(key, units[key], parts[key]) for key in parts}, keys


def _candidate(place: Place, asks: Mapping[UUID, Ask] | None = None) -> Candidate:
    return Candidate(place.id, place.code, place.name, place.priority, dict.fromkeys(asks or (), 0))


def _let_wait(
    demand: OrderDemand,
    asks: Mapping[UUID, Ask],
    served: Served,
    places: Sequence[Place],
    rest: dict[tuple[UUID, UUID], int],
    waits: dict[tuple[UUID, UUID], int],
) -> dict[UUID, int]:
    """Backorder what is short and may wait: the units by (item, location) go to `waits`. What is left short, by key.

    A kit waits at one location, where all of it is that may not wait; the rest of it that is there is held.
    """
    if not served.decision.short:
        return {}
    may_wait = {part.item_id for line in demand.lines for part in line.parts if part.allow_backorder}
    lacking: dict[UUID, int] = {}
    for key, short in served.decision.short.items():
        left, parts = short, asks[key].parts
        firm = {item: each for item, each in parts.items() if item not in may_wait}
        for place in _waiting_places(asks[key], places, rest) if len(firm) < len(parts) else ():
            most = Ask(key, left, firm).whole_at(place.id, rest) if firm else left
            units = min(left, most)
            if not units:
                continue
            left -= units
            served.waiting[key, place.id] = units
            for item, each in parts.items():
                there = min(units * each, max(0, rest.get((item, place.id), 0)))
                if there:
                    served.at_hand[key, item, place.id] = there
                    rest[item, place.id] -= there
                if units * each > there:
                    waits[item, place.id] += units * each - there
        if left:
            lacking[key] = left
    return lacking


def _waiting_places(ask: Ask, places: Sequence[Place], available: Mapping[tuple[UUID, UUID], int]) -> list[Place]:
    """Where something waits for goods: at the first location that keeps any of it, else the first there is."""
    return sorted(places, key=lambda place: not any((item, place.id) in available for item in ask.parts))


def not_counted(demands: Sequence[OrderDemand], waiting: Collection[Pair]) -> dict[UUID, DomainError]:
    """The orders that would wait for what is not counted any more, by id: it became a kit since they were read.

    None of what the others wait for becomes a kit before the transaction ends. To be called before stock is locked.
    """
    uncounted = levels.uncounted({item for item, _ in waiting})
    parts = [(demand, part) for demand in demands for line in demand.lines for part in line.parts]
    return {demand.order_id: uncounted[part.item_id] for demand, part in parts if part.item_id in uncounted}


class _Queue:
    """How many units of an item wait at a location, with those of the orders planned so far."""

    def __init__(self, waiting: Waiting) -> None:
        self._waiting = waiting
        self._units: dict[Pair, int] = {}

    def refuses(self, demand: OrderDemand, waits: Mapping[tuple[UUID, UUID], int]) -> DomainError | None:
        """Put an order's shortages, units by (item, location), in the queue; why not, where they do not fit."""
        if unread := {pair for pair in waits if pair not in self._units}:
            self._units |= dict.fromkeys(unread, 0) | self._waiting(unread)
        full = {pair[0]: pair for pair, units in waits.items() if self._units[pair] + units > levels.MOST}
        if not full:
            for pair, units in waits.items():
                self._units[pair] += units
            return None
        errors: dict[UUID, FieldError] = {}
        for line in demand.lines:
            for part in line.parts:
                if part.item_id in full and part.item_id not in errors:
                    pair = full[part.item_id]
                    facts = {"sku": part.sku, "requested": waits[pair], "backordered": self._units[pair]}
                    message = str(TooManyBackordered.message) % facts
                    errors[part.item_id] = FieldError(line.pointer, message, TooManyBackordered.code, facts)
        first = next(iter(errors.values()))
        return TooManyBackordered(errors=list(errors.values()), **first.facts)


def _waiting_at_levels(pairs: Collection[Pair]) -> dict[Pair, int]:
    rows = InventoryLevel.objects.filter(
        item_id__in={item for item, _ in pairs}, location_id__in={location for _, location in pairs}
    ).values_list("item_id", "location_id", "backordered")
    return {(item, location): units for item, location, units in rows if (item, location) in pairs}


def _refusal(
    demand: OrderDemand,
    asks: Mapping[UUID, Ask],
    keys: Sequence[UUID],
    lacking: Mapping[UUID, int],
    places: Sequence[Place],
    available: Mapping[tuple[UUID, UUID], int],
) -> DomainError:
    """All shortages of an order, each named where it was asked for first. Items that things share are summed."""
    if not places:
        return NoStockLocation(
            sku=next(line.sku for line, key in zip(demand.lines, keys, strict=True) if key in lacking)
        )
    needed: dict[UUID, int] = defaultdict(int)
    for ask in asks.values():
        for item, each in ask.parts.items():
            needed[item] += ask.units * each
    there = {item: sum(max(0, available.get((item, place.id), 0)) for place in places) for item in needed}
    errors: dict[UUID, FieldError] = {}
    for line, key in zip(demand.lines, keys, strict=True):
        if key not in lacking or key in errors:
            continue
        needs = [shortages.Need(part.sku, needed[part.item_id], there[part.item_id]) for part in line.parts]
        if line.components:
            units = asks[key].units
            errors[key] = shortages.shortage(line.pointer, line.sku, units, units - lacking[key], needs)
        else:
            (need,) = needs
            errors[key] = shortages.shortage(line.pointer, need.sku, need.requested, need.available)
    return shortages.refusal(list(errors.values()))
