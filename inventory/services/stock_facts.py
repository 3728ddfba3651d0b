"""What a file of counts says of items and locations, once it is staged: those that are new, and those that change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Protocol

from django.db import connection

from inventory.models import InventoryItem, StockLocation

_CHUNK: Final = 2000


class Described(Protocol):
    """Where it is noted how many were made and changed."""

    items_created: int
    items_updated: int
    locations_created: int
    locations_updated: int


def _facts(key: str, columns: dict[str, str], target: str) -> str:
    """What the file says of each item or location: of every column the last filled cell. `known`: what we have."""
    told = ", ".join(
        f"(array_agg({column} ORDER BY line DESC) FILTER (WHERE {column} IS NOT NULL))[1] AS {name}"
        for column, name in columns.items()
    )
    return (
        f"WITH told AS (SELECT {key} AS key, {told} FROM stock_import_row WHERE {key} <> '' GROUP BY {key}) "  # noqa: S608
        f"SELECT told.* FROM told LEFT JOIN {target} AS known "
    )


@dataclass(frozen=True, slots=True)
class _Table:
    """A table that rows describe: which of its columns are told by which of the file's."""

    key: str
    model: type[InventoryItem] | type[StockLocation]
    unique: str
    columns: dict[str, str]


_ITEMS: Final = _Table(
    "sku",
    InventoryItem,
    "sku",
    {name: name for name in ("title", "allow_backorder", "is_stocked", "requires_shipping", "barcode")},
)
_LOCATIONS: Final = _Table("location", StockLocation, "code", {"location_name": "name", "priority": "priority"})


def describe(outcome: Described, *, dry_run: bool) -> None:
    """Make the items and locations that are new, and change what the file says otherwise of the known ones."""
    outcome.locations_updated = _update(_LOCATIONS, dry_run=dry_run)
    outcome.items_updated = _update(_ITEMS, dry_run=dry_run)
    outcome.locations_created = _create(_LOCATIONS, dry_run=dry_run)
    outcome.items_created = _create(_ITEMS, dry_run=dry_run)


def _update(described: _Table, *, dry_run: bool) -> int:
    table, names = described.model._meta.db_table, list(described.columns.values())
    facts = _facts(described.key, described.columns, table)
    differs = " OR ".join(f"told.{name} <> known.{name}" for name in names)
    changed = f"{facts} ON known.{described.unique} = told.key WHERE {differs}"
    if dry_run:
        return count(changed)
    sets = ", ".join(f"{name} = coalesce(changed.{name}, known.{name})" for name in names)
    return execute(
        f"UPDATE {table} AS known SET {sets}, updated_at = now() "  # noqa: S608  (names of our own)
        f"FROM ({changed}) AS changed WHERE known.{described.unique} = changed.key"
    )


def _create(described: _Table, *, dry_run: bool) -> int:
    """In chunks by key; a row that somebody else makes meanwhile is left as it is."""
    facts = _facts(described.key, described.columns, described.model._meta.db_table)
    fresh = f"{facts} ON known.{described.unique} = told.key WHERE known.id IS NULL"
    if dry_run:
        return count(fresh)
    made, after = 0, ""
    while rows := fetch(f"{fresh} AND told.key > %s ORDER BY told.key LIMIT {_CHUNK}", after):
        after = rows[-1]["key"]
        fields = [{described.unique: row.pop("key"), **_filled(row)} for row in rows]
        if described is _LOCATIONS:
            fields = [{"name": values["code"], **values} for values in fields]
        kind: Any = described.model
        kind.objects.bulk_create([kind(**values) for values in fields], ignore_conflicts=True)
        made += len(rows)
    return made


def _filled(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if value is not None}


def fetch(sql: str, *parameters: Any) -> list[dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        names = [column.name for column in cursor.description]
        return [dict(zip(names, values, strict=True)) for values in cursor.fetchall()]


def execute(sql: str, *parameters: Any) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters or None)
        return max(0, int(cursor.rowcount))


def count(select: str) -> int:
    return int(fetch(f"SELECT count(*) AS rows FROM ({select}) AS found")[0]["rows"])  # noqa: S608  (ours)
