from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.payments import signed


@pytest.fixture
def provider(settings: object) -> Iterator[type[signed.SignedProvider]]:
    """The tests' own provider, installed, with empty books."""
    signed.install(settings)
    signed.SignedProvider.books.clear()
    signed.SignedProvider.looked_up.clear()
    yield signed.SignedProvider
    signed.SignedProvider.books.clear()
