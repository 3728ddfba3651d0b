"""The smoke part of the suite: placement, stock, an import, events through a worker, and the proof of the ledger.

CI runs it a second time, against servers as Debian ships them.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.test import override_settings
from pytest_django import DjangoDbBlocker

from tests import emptying
from tests.payments.gateway import gateway, gateway_process

__all__ = ["gateway", "gateway_process"]  # fixtures for all tests

# A file, or one test of a file. What is named here must exist: nothing is left out without a word.
SMOKE = (
    "channels/services/test_imports.py::test_a_file_brought_in_twice_changes_nothing_the_second_time",
    "channels/services/test_imports.py::test_past_sales_move_no_stock_and_open_ones_hold_it_row_by_row",
    "concurrency/test_stock_races.py::test_of_fifty_orders_for_ten_units_ten_are_placed_and_forty_are_told",
    "flows/test_events_through_celery.py::test_receivers_of_another_app_hear_of_an_order_in_the_worker_at_once_without_beat",
    "inventory/services/test_verify.py::test_a_forged_ledger_row_is_named_by_its_number",
    "inventory/services/test_verify.py::test_the_command_exits_with_0_when_proven_and_1_when_not",
    "oms/operation/test_backup.py",
    "orders/api/test_placing.py",
    "orders/services/test_placed_orders.py",
    "orders/services/test_placement.py",
    "orders/test_requests.py",
)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    with django_db_blocker.unblock():
        emptying.install()


@pytest.fixture(scope="session", autouse=True)
def _as_tests_need(django_test_environment: None) -> Iterator[None]:
    """Attempts to sign in are counted where all test runs of a machine count, by address: one would lock out the next.

    And a password is hashed a million times over, so that it takes an attacker long; it takes tests as long.
    """
    plenty = {"LOGIN_ATTEMPTS_ACCOUNT": 1_000_000, "LOGIN_ATTEMPTS_ADDRESS": 1_000_000}
    with override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"], **plenty):
        yield


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "smoke: a minute's worth of everything; `make smoke` runs it")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    found = set()
    for item in items:
        file, _, test = item.nodeid.removeprefix("tests/").partition("::")
        for name in (file, f"{file}::{test.partition('[')[0]}"):
            if name in SMOKE:
                found.add(name)
                item.add_marker(pytest.mark.smoke)
    missing = [name for name in SMOKE if name not in found]
    if config.option.markexpr == "smoke" and missing:
        raise pytest.UsageError(f"not found, though listed as smoke tests: {', '.join(missing)}")
