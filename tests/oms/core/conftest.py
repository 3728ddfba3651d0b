"""Who listens to the news of lamps."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.oms.core.lamps import Listener, listening


@pytest.fixture
def mail() -> Iterator[Listener]:
    with listening("mail") as (listener,):
        yield listener


@pytest.fixture
def both() -> Iterator[list[Listener]]:
    with listening("erp", "mail") as listeners:
        yield listeners
