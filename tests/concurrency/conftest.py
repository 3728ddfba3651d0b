from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connection

from tests.concurrency.workers import Workers


@pytest.fixture(scope="session")
def _workers(django_db_setup: None) -> Iterator[Workers]:
    workers = Workers(connection.settings_dict["NAME"])
    yield workers
    workers.stop()


@pytest.fixture
def workers(transactional_db: None, _workers: Workers) -> Workers:
    """Four processes on the test database; what the test writes is committed, and gone after it."""
    return _workers
