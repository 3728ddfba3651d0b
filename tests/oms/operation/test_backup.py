"""A dump is loaded into an empty database, and all is there again: rows, proof of stock, the next order number."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from django.apps import apps
from django.conf import settings
from django.db import connection
from psycopg import sql

from oms.embedded import binaries
from orders.models import Order
from tests.oms.operation.processes import PROJECT
from tests.scenarios import place, shop

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


def _tool(name: str) -> str:
    """PostgreSQL's own tool, not older than the server: it refuses to dump a newer one."""
    server = connection.pg_version // 10_000
    tools = [shutil.which(name), str(binaries.installed().postgres / name)]
    for tool in filter(None, tools):
        said = subprocess.run([tool, "--version"], capture_output=True, text=True, check=True).stdout
        found = re.search(r"(\d+)\.", said)
        if found and int(found[1]) >= server:
            return tool
    raise AssertionError(f"no {name} of PostgreSQL {server} or newer among {tools}")


def _url(name: str) -> str:
    return urlsplit(settings.DATABASE_URL)._replace(path=f"/{name}").geturl()


@pytest.fixture
def empty() -> Iterator[str]:
    """The URL of an empty database beside the one of the tests."""
    name = f"{connection.settings_dict['NAME']}_restored"
    drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
    with psycopg.connect(settings.DATABASE_URL, autocommit=True) as server:
        server.execute(drop)
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    yield _url(name)
    with psycopg.connect(settings.DATABASE_URL, autocommit=True) as server:
        server.execute(drop)


def _manage(database_url: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"DATABASE_URL": database_url, "REDIS_URL": settings.REDIS_URL}
    return subprocess.run(
        [sys.executable, str(PROJECT / "manage.py"), *arguments], env=environment, capture_output=True, text=True
    )


def _counts(database_url: str) -> dict[str, int]:
    tables = sorted(model._meta.db_table for model in apps.get_models())
    with psycopg.connect(database_url) as database:
        count = sql.SQL("SELECT count(*) FROM {}")
        return {table: database.execute(count.format(sql.Identifier(table))).fetchone()[0] for table in tables}


def test_a_dump_is_restored_whole_and_the_work_goes_on_where_it_was(empty: str, tmp_path: Path) -> None:
    house = shop({"W1": {"LAMP": 9, "SHADE": 4}, "W2": {"LAMP": 2}})
    for quantity in (1, 2, 10):
        place(house, {"LAMP": quantity} if quantity < 10 else {"SHADE": 4})
    source, dump = _url(connection.settings_dict["NAME"]), tmp_path / "oms.dump"
    before = _counts(source)
    newest = Order.objects.order_by("-number").first()
    assert newest is not None

    subprocess.run([_tool("pg_dump"), "--format=custom", f"--file={dump}", source], check=True)
    subprocess.run([_tool("pg_restore"), "--no-owner", "--exit-on-error", f"--dbname={empty}", str(dump)], check=True)

    assert _counts(empty) == before
    assert (before["orders_order"], before["inventory_reservation"]) == (3, 3)
    assert _manage(empty, "migrate", "--check").returncode == 0
    proof = _manage(empty, "verify_stock")
    assert proof.returncode == 0, proof.stdout + proof.stderr
    with psycopg.connect(empty) as restored:
        assert restored.execute("SELECT nextval('orders_order_number')").fetchone() == (newest.number + 1,)
        with pytest.raises(
            psycopg.errors.IntegrityConstraintViolation, match="append-only"
        ):  # triggers are back as well
            restored.execute("UPDATE inventory_stockmovement SET delta_on_hand = 0")
