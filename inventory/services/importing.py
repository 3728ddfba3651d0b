"""Taking in a file of counts: items and locations that are new, and what lies where.

The rows go to a temporary table first, so that any number of them needs little memory and a sku counted twice at one
location is found before anything is written. Then they are worked on in chunks, each its own transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Final
from uuid import UUID

from django.utils import timezone

from inventory.enums import AdjustmentReason, MovementKind
from inventory.errors import StockImportRunning
from inventory.models import InventoryLevel
from inventory.services import adjustments, alerts, ledger, levels, promises
from inventory.services.promises import Stand
from inventory.services.stock_facts import count, describe, execute, fetch
from inventory.stock_file import Reject, StockRow, read
from oms.core import bulk, events
from oms.core.actors import Actor
from oms.core.alone import alone
from oms.core.transactions import atomic

CHUNK: Final = 2000
_LOCK: Final = "import_stock"
_FIELDS: Final = tuple(StockRow.__dataclass_fields__)


@dataclass(slots=True)
class Outcome:
    """What an import did, in rows of the file or of the database."""

    rows: int = 0
    rejected: int = 0
    unchanged: int = 0
    levels_changed: int = 0
    items_created: int = 0
    items_updated: int = 0
    locations_created: int = 0
    locations_updated: int = 0

    def as_dict(self) -> dict[str, int]:
        return asdict(self)


def import_stock(
    path: Path,
    *,
    actor: Actor,
    dry_run: bool = False,
    reject: Callable[[Reject], None] = lambda _: None,
    progress: Callable[[int], None] = lambda _: None,
) -> Outcome:
    """Create the items and locations of a file that are new, and set its counts; one ledger row for each changed level.

    What is there already writes nothing, so a repeat changes nothing, and an import that was killed is started again. A
    cell that is filled changes what is known of an item or location, an empty one leaves it. Bad rows are handed to
    `reject` in the order of the file, and the others are done. `progress` hears how many rows are dealt with. A dry run
    tells the same and writes nothing. Run it outside of any transaction. Raises UnreadableStockFile, and
    StockImportRunning while another one writes.
    """
    with nullcontext() if dry_run else _alone():
        return _import(path, actor=actor, dry_run=dry_run, reject=reject, progress=progress)


@contextmanager
def _alone() -> Iterator[None]:
    """No two imports write at once: each changes items in an order of its own."""
    with alone(_LOCK) as ours:
        if not ours:
            raise StockImportRunning()
        yield


def _import(
    path: Path,
    *,
    actor: Actor,
    dry_run: bool,
    reject: Callable[[Reject], None],
    progress: Callable[[int], None],
) -> Outcome:
    outcome = Outcome()
    _stage(path, outcome)
    _refuse_repeats()
    _refuse_unstocking()
    describe(outcome, dry_run=dry_run)
    done = count("SELECT FROM stock_import_reject")
    after = 0
    while chunk := _next_chunk(after, dry_run=dry_run):
        after = chunk[-1].row.line
        _set_counts(chunk, outcome, actor, path.name, dry_run=dry_run)
        progress(done := done + len(chunk))
    _hand_over(reject, outcome)
    return outcome


class _StagedRow(bulk.Row, kw_only=True):
    table = "stock_import_row"

    line: int
    raw: str
    sku: str
    location: str
    title: str | None
    on_hand: int | None
    location_name: str | None
    priority: int | None
    allow_backorder: bool | None
    is_stocked: bool | None
    requires_shipping: bool | None
    safety_stock: int | None
    low_stock_threshold: int | None
    barcode: str | None


def _staged(row: StockRow) -> _StagedRow:
    return _StagedRow(**{name: getattr(row, name) for name in _FIELDS})


class _RejectedRow(bulk.Row, kw_only=True):
    table = "stock_import_reject"

    line: int
    column_name: str
    reason: str
    raw: str


_TABLES: Final = """
DROP TABLE IF EXISTS stock_import_row, stock_import_reject;
CREATE TEMP TABLE stock_import_row (
    line bigint PRIMARY KEY, raw text, sku text, location text, title text, on_hand int, location_name text,
    priority int, allow_backorder bool, is_stocked bool, requires_shipping bool, safety_stock int,
    low_stock_threshold int, barcode text);
CREATE TEMP TABLE stock_import_reject (line bigint, column_name text, reason text, raw text);
"""


def _stage(path: Path, outcome: Outcome) -> None:
    rows = read(path)
    first = list(islice(rows, CHUNK))  # the file is opened, and its header read, before anything else
    execute(_TABLES)
    for chunk in _chunks(first, rows):
        outcome.rows += len(chunk)
        bulk.copy(
            [_staged(row) for row in chunk if isinstance(row, StockRow)],
            [
                _RejectedRow(line=row.line, column_name=row.column, reason=row.reason, raw=row.raw)
                for row in chunk
                if isinstance(row, Reject)
            ],
        )
    execute("ANALYZE stock_import_row")


def _chunks(first: list[StockRow | Reject], rest: Iterator[StockRow | Reject]) -> Iterator[list[StockRow | Reject]]:
    chunk = first
    while chunk:
        yield chunk
        chunk = list(islice(rest, CHUNK))


_TAKE_OUT: Final = "DELETE FROM stock_import_row AS row USING stock_import_reject AS bad WHERE bad.line = row.line"


def _refuse_repeats() -> None:
    """A sku counted twice at one location: nobody can tell which count is right, so none of them is taken."""
    execute(
        """
        INSERT INTO stock_import_reject (line, column_name, reason, raw)
        SELECT row.line, 'sku, location', format('%s at %s stands in lines %s.', row.sku,
               coalesce(nullif(row.location, ''), 'no location'), array_to_string(twice.lines[:10], ', ')
               || CASE WHEN cardinality(twice.lines) > 10 THEN ' and more' ELSE '' END), row.raw
        FROM stock_import_row AS row JOIN (
            SELECT sku, location, array_agg(line ORDER BY line) AS lines
            FROM stock_import_row GROUP BY sku, location HAVING count(*) > 1
        ) AS twice USING (sku, location)
        """
    )
    execute(_TAKE_OUT)


def _refuse_unstocking() -> None:
    """What has stock, or is waited for, stays stocked, and so do kits and what they consist of."""
    execute(
        """
        INSERT INTO stock_import_reject (line, column_name, reason, raw)
        SELECT row.line, 'is_stocked', 'is_stocked: there is stock of ' || row.sku || ', so it stays stocked.', row.raw
        FROM stock_import_row AS row JOIN inventory_inventoryitem AS item USING (sku)
        WHERE NOT row.is_stocked AND EXISTS (
            SELECT FROM inventory_inventorylevel AS level
            WHERE level.item_id = item.id AND (level.on_hand > 0 OR level.backordered > 0 OR level.incoming > 0))
        UNION ALL
        SELECT row.line, 'is_stocked',
               'is_stocked: ' || row.sku || ' is a kit or a component of one: it stays stocked.', row.raw
        FROM stock_import_row AS row JOIN inventory_inventoryitem AS item USING (sku)
        WHERE NOT row.is_stocked AND (item.is_kit OR EXISTS (
            SELECT FROM inventory_kitcomponent AS recipe WHERE recipe.component_id = item.id))
          AND NOT EXISTS (
            SELECT FROM inventory_inventorylevel AS level
            WHERE level.item_id = item.id AND (level.on_hand > 0 OR level.backordered > 0 OR level.incoming > 0))
        """
    )
    execute(_TAKE_OUT)


@dataclass(frozen=True, slots=True)
class _Target:
    """A staged row beside what is known at its place; no ids in a dry run of what is new."""

    row: StockRow
    item_id: UUID | None
    location_id: UUID | None
    is_stocked: bool
    on_hand: int | None
    reserved: int
    safety_stock: int
    threshold: int | None
    is_kept: bool
    is_kit: bool

    @property
    def is_same(self) -> bool:
        counted = self.on_hand == self.row.on_hand
        return self.is_kept and counted and self._keeps_settings

    @property
    def would_move(self) -> bool:
        return self.row.on_hand != (self.on_hand or 0) or not self._keeps_settings

    @property
    def _keeps_settings(self) -> bool:
        row = self.row
        return row.safety_stock in (None, self.safety_stock) and row.low_stock_threshold in (None, self.threshold)


_NEXT: Final = """
SELECT row.*, item.id AS item_id, location.id AS location_id,
       coalesce(CASE WHEN %s THEN row.is_stocked END, item.is_stocked, true) AS stocked, level.on_hand AS level_on_hand,
       coalesce(item.is_kit, false) AS is_kit, coalesce(level.reserved, 0) - (
           SELECT coalesce(sum(held.quantity), 0) FROM inventory_reservation AS held
           WHERE held.level_id = level.id AND held.expires_at <= now() AND NOT held.is_kept
       )::int AS level_reserved, coalesce(level.safety_stock, 0) AS level_safety_stock,
       level.low_stock_threshold AS level_threshold,
       level.id IS NOT NULL AND level.deleted_at IS NULL AS is_kept
FROM (SELECT * FROM stock_import_row WHERE line > %s ORDER BY line LIMIT 2000) AS row
LEFT JOIN inventory_inventoryitem AS item ON item.sku = row.sku
LEFT JOIN inventory_stocklocation AS location ON location.code = row.location
LEFT JOIN inventory_inventorylevel AS level ON level.item_id = item.id AND level.location_id = location.id
ORDER BY row.line
"""


# Columns of it, in the order of the fields of a target.
_KNOWN: Final = (
    *("item_id", "location_id", "stocked", "level_on_hand", "level_reserved", "level_safety_stock"),
    *("level_threshold", "is_kept", "is_kit"),
)


def _next_chunk(after: int, *, dry_run: bool) -> list[_Target]:
    return [
        _Target(
            StockRow(**{name: found[name] for name in _FIELDS}),
            *(found[name] for name in _KNOWN),
        )
        for found in fetch(_NEXT, dry_run, after)
    ]


def _set_counts(chunk: list[_Target], outcome: Outcome, actor: Actor, file_name: str, *, dry_run: bool) -> None:
    """Bring one chunk about: only the levels that differ are locked, and judged again under the lock."""
    rejects: list[_RejectedRow] = []
    differing: list[_Target] = []
    for target in chunk:
        if target.is_kit and target.row.on_hand is not None:
            reason = f"{target.row.sku} is a kit: its components are counted."
            rejects.append(_rejected(target.row, "on_hand", reason))
        elif not target.is_stocked or target.row.on_hand is None:
            if target.row.on_hand:
                rejects.append(_rejected(target.row, "on_hand", f"{target.row.sku} is not stocked."))
            else:
                outcome.unchanged += 1
        elif target.is_same:
            outcome.unchanged += 1
        else:
            differing.append(target)
    changed = 0
    if dry_run:
        short = [target for target in differing if (target.row.on_hand or 0) < target.reserved]
        rejects += [_below_reserved(target.row, target.reserved) for target in short]
        changed = sum(target.would_move for target in differing) - len(short)
        outcome.unchanged += len(differing) - len(short) - changed
    elif differing:
        with atomic():
            refused, changed = _bring(differing, actor, file_name)
        rejects += refused
        outcome.unchanged += len(differing) - len(refused) - changed
    outcome.levels_changed += changed
    bulk.copy(rejects)


def _bring(targets: list[_Target], actor: Actor, file_name: str) -> tuple[list[_RejectedRow], int]:
    """Levels, made where they are missing, set to their counts; then those who wait get theirs. What was refused, also
    because it is counted no more by now, and how many moved."""
    known = {(each.item_id, each.location_id): each for each in targets if each.item_id and each.location_id}
    uncounted = levels.uncounted({item_id for item_id, _ in known})
    gone = [pair for pair in known if pair[0] in uncounted]
    late = [_rejected(known.pop(pair).row, "on_hand", str(uncounted[pair[0]])) for pair in gone]
    coming = {pair: (target.row.on_hand or 0) - (target.on_hand or 0) for pair, target in known.items()}

    def work(stand: Stand) -> tuple[list[_RejectedRow], int]:
        return _write([(known[pair].row, level) for pair, level in stand.levels.items()], actor, file_name)

    refused, moved = promises.move(coming, work, actor=actor)
    return [*late, *refused], moved


def _write(
    found: list[tuple[StockRow, InventoryLevel]], actor: Actor, file_name: str
) -> tuple[list[_RejectedRow], int]:
    """Move the counters, one ledger row and one event for each level that changes. What was refused, how many changed.

    A threshold is no counter: it changes without a ledger row, and counts at once.
    """
    rejects: list[_RejectedRow] = []
    moved: list[tuple[InventoryLevel, ledger.Movement]] = []
    told: list[InventoryLevel] = []
    for row, level in found:
        if (row.on_hand or 0) < level.reserved:
            rejects.append(_below_reserved(row, level.reserved))
            continue
        if row.low_stock_threshold not in (None, level.low_stock_threshold):
            level.low_stock_threshold = row.low_stock_threshold
            told.append(level)
        if movement := _change(row, level, file_name):
            moved.append((level, movement))
    back = [level.pk for _, level in found if level.deleted_at]
    InventoryLevel.objects.filter(pk__in=back).update(deleted_at=None)
    _keep_back([level for level, _ in moved])
    _keep_thresholds(told)
    ledger.post([movement for _, movement in moved], actor=actor)
    moving = {level.pk for level, _ in moved}
    if unmoved := [level.pk for level in told if level.pk not in moving]:
        alerts.judge(unmoved, actor=actor)
    if moved:
        at = timezone.now()
        bulk.insert(
            [
                events.row(
                    adjustments.changed_event(level, movement),
                    actor=actor,
                    stream=level.pk,
                    sequence=level.ledger_seq,
                    at=at,
                )
                for level, movement in moved
            ]
        )
        events.announce()
    return rejects, len(moved) + len(unmoved)


def _keep_thresholds(told: list[InventoryLevel]) -> None:
    execute(
        "UPDATE inventory_inventorylevel AS level SET low_stock_threshold = new.threshold "
        "FROM unnest(%s::uuid[], %s::int[]) AS new(id, threshold) WHERE level.id = new.id",
        [level.pk for level in told],
        [level.low_stock_threshold for level in told],
    )


def _keep_back(changed: list[InventoryLevel]) -> None:
    execute(
        "UPDATE inventory_inventorylevel AS level SET safety_stock = new.safety_stock "
        "FROM unnest(%s::uuid[], %s::int[]) AS new(id, safety_stock) "
        "WHERE level.id = new.id AND level.safety_stock <> new.safety_stock",
        [level.pk for level in changed],
        [level.safety_stock for level in changed],
    )


def _change(row: StockRow, level: InventoryLevel, file_name: str) -> ledger.Movement | None:
    """What moves on a level, which is brought to the figures after it; None when nothing does."""
    delta = (row.on_hand or 0) - level.on_hand
    safety_stock = level.safety_stock if row.safety_stock is None else row.safety_stock
    if not delta and safety_stock == level.safety_stock:
        return None
    kind = MovementKind.COUNT if level.ledger_seq else MovementKind.OPENING
    movement = ledger.Movement(
        level_id=level.pk,
        kind=kind if delta else MovementKind.SAFETY,
        on_hand=delta,
        reason=AdjustmentReason.IMPORT.value,
        note=f"{file_name} line {row.line}"[-255:],
        cause="import",
    )
    level.on_hand += delta
    level.safety_stock = safety_stock
    level.available = level.on_hand - level.reserved - safety_stock
    level.ledger_seq += 1
    return movement


def _rejected(row: StockRow, column: str, reason: str) -> _RejectedRow:
    return _RejectedRow(line=row.line, column_name=column, reason=f"{column}: {reason}", raw=row.raw)


def _below_reserved(row: StockRow, reserved: int) -> _RejectedRow:
    reason = f"{reserved} of {row.sku} are reserved at {row.location}, so there cannot be only {row.on_hand or 0}."
    return _rejected(row, "on_hand", reason)


def _hand_over(reject: Callable[[Reject], None], outcome: Outcome) -> None:
    """The refused rows, in the order of the file, a chunk at a time."""
    after = 0
    while rows := fetch(
        "SELECT line, column_name, reason, raw FROM stock_import_reject WHERE line > %s ORDER BY line LIMIT 2000", after
    ):
        after = rows[-1]["line"]
        outcome.rejected += len(rows)
        for row in rows:
            reject(Reject(row["line"], row["column_name"], row["reason"], row["raw"]))
    execute("DROP TABLE stock_import_row, stock_import_reject")
