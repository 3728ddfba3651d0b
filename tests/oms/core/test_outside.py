"""Nobody outside is called while a transaction is open."""

from __future__ import annotations

import pytest

from oms.core.outside import CalledInsideTransaction, require_no_transaction
from oms.core.transactions import atomic


def test_outside_of_a_transaction_anybody_may_be_called(db):
    require_no_transaction("the carrier")


def test_inside_a_service_nobody_is_called(db):
    with atomic(), pytest.raises(CalledInsideTransaction, match="the carrier is called inside a database transaction"):
        require_no_transaction("the carrier")


@pytest.mark.django_db(transaction=True)
def test_without_a_test_around_it_is_the_same():
    require_no_transaction("the carrier")
    with atomic(), pytest.raises(CalledInsideTransaction):
        require_no_transaction("the carrier")
