from __future__ import annotations

import pytest

from tests.channels.importing import retail


@pytest.fixture
def in_new_york(db: None) -> None:
    """The channel that the export is of."""
    retail(time_zone="America/New_York", default_currency="USD")
