"""The demo: a small shop to look at, the same however often it is made, and never in production."""

from __future__ import annotations

import pytest
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import CommandError

from channels.models import ImportRun, SalesChannel
from fulfillment.models import Fulfillment
from inventory.models import InventoryLevel, StockLocation, StockMovement
from oms.core.models import OutboxEvent
from orders.models import Hold, Note, Order
from payments.models import PaymentAttempt

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


def _everything():
    tables = (SalesChannel, StockLocation, InventoryLevel, Order, Fulfillment, Hold, Note, ImportRun)
    return {table.__name__: table.objects.count() for table in (*tables, StockMovement, OutboxEvent)}


def test_the_demo_fills_a_small_shop_once(monkeypatch, tmp_path, capsys, gateway):
    monkeypatch.setenv("OMS_WELCOME", str(tmp_path / "welcome.txt"))

    call_command("demo")
    made, asked = _everything(), len(gateway.books()["calls"])
    call_command("demo")

    assert (_everything(), len(gateway.books()["calls"])) == (made, asked)
    assert (made["SalesChannel"], made["StockLocation"], made["ImportRun"]) == (2, 3, 3)
    assert get_user_model().objects.get(is_superuser=True).check_password("demo")
    assert set(Order.objects.values_list("fulfillment_status", flat=True)) >= {
        "not_fulfilled",
        "fulfilled",
        "shipped",
        "delivered",
    }
    assert Hold.objects.filter(placed_by__label="demo").count() == 2
    paid = Order.objects.filter(external_id__startswith="WEB-700").order_by("external_id")
    assert list(paid.values_list("payment_status", flat=True)) == [
        "authorized",
        "captured",
        "not_paid",
        "requires_action",
        "captured",
        "authorized",
    ]
    assert sorted(PaymentAttempt.objects.exclude(state="succeeded").values_list("act", "state")) == [
        ("authorize", "declined"),
        ("authorize", "pending"),
        ("capture", "declined"),
        ("refund", "pending"),
    ]
    assert "demo / demo" in (tmp_path / "welcome.txt").read_text()


@pytest.mark.parametrize("environment", ["production", "test"])
def test_the_demo_is_refused_outside_development(settings, environment):
    settings.OMS_ENV = environment

    with pytest.raises(CommandError, match="known password"):
        call_command("demo")

    assert not get_user_model().objects.exists()
