from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytest_django import DjangoDbBlocker

from tests.concurrency.workers import Workers


@pytest.fixture(scope="session")
def _workers(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Workers]:
    with django_db_blocker.unblock():  # they go on as they are now
        workers = Workers()
    yield workers
    workers.stop()


@pytest.fixture
def workers(transactional_db: None, _workers: Workers) -> Workers:
    """Four processes on the test database; what the test writes is committed, and gone after it."""
    return _workers
