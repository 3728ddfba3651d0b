"""How what a test committed is taken away again.

Django's `flush` truncates every table, which makes some five hundred files anew, and then builds content types,
permissions and groups from nothing. Most tests write a few rows into a few tables: those are deleted.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from django.db import connection, transaction
from django.test import TransactionTestCase

# What `migrate` leaves behind: kept as long as it is as it was.
KEPT = (
    "django_migrations",
    "django_content_type",
    "auth_permission",
    "auth_group",
    "auth_group_permissions",
    "web_rolegrant",
)
MANY = 2**20  # bytes: to truncate is quicker than to delete this much


def install() -> None:
    """Have Django empty the database in this way after every test that commits, and now: a run that was killed may have
    left something. Called once, after the migrations."""
    empty_database()
    by_flush = TransactionTestCase._fixture_teardown
    as_migrated = _kept()

    def teardown(self: TransactionTestCase) -> None:
        nonlocal as_migrated
        if _kept() == as_migrated:
            empty_database()
        else:
            by_flush(self)
            as_migrated = _kept()

    TransactionTestCase._fixture_teardown = teardown  # type: ignore[method-assign]


def empty_database() -> None:
    """Take away every row that was committed since the migrations, but none of KEPT."""
    written = _written()
    with transaction.atomic(), connection.cursor() as cursor:
        if any(size > MANY for size in written.values()):
            cursor.execute(_truncate(_tables()))
            return
        # A ledger refuses DELETE; nothing points at its rows.
        ledgers = [table for table in written if table in _append_only()]
        if ledgers:
            cursor.execute(_truncate(ledgers))
        for table in sorted(set(written) - set(ledgers), key=_strict().__contains__, reverse=True):
            cursor.execute(f'DELETE FROM "{table}"')  # noqa: S608  (a name of ours)


def _written() -> dict[str, int]:
    """The tables that have rows, with their size in bytes."""
    one = """SELECT '{0}', pg_relation_size('"{0}"') WHERE EXISTS (SELECT FROM "{0}")"""
    return dict(_rows(" UNION ALL ".join(one.format(name) for name in _tables())))


def _kept() -> list[tuple[Any, ...]]:
    one = """SELECT '{0}', md5(string_agg(t::text, ';' ORDER BY id)) FROM "{0}" t"""
    return _rows(" UNION ALL ".join(one.format(name) for name in KEPT))


@cache
def _tables() -> list[str]:
    return [name for name in connection.introspection.django_table_names(only_existing=True) if name not in KEPT]


@cache
def _append_only() -> set[str]:
    """Tables with a trigger of ours on DELETE (bit 8 of tgtype)."""
    triggers = "SELECT DISTINCT relname FROM pg_trigger JOIN pg_class c ON c.oid = tgrelid WHERE"
    return {name for (name,) in _rows(f"{triggers} NOT tgisinternal AND tgtype & 8 <> 0")}


@cache
def _strict() -> set[str]:
    """Tables whose keys are checked at once, not at the commit: their rows go before those they point at."""
    keys = "SELECT DISTINCT relname FROM pg_constraint k JOIN pg_class c ON c.oid = conrelid WHERE"
    return {name for (name,) in _rows(f"{keys} contype = 'f' AND NOT condeferrable")}


def _truncate(tables: list[str]) -> str:
    return "TRUNCATE " + ", ".join(f'"{name}"' for name in tables)


def _rows(query: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return list(cursor.fetchall())
