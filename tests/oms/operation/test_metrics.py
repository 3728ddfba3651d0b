"""What Prometheus reads: the same from whichever process answers, bounded, and about nobody."""

from __future__ import annotations

import os
import re
import signal
from typing import Any

import pytest
from prometheus_client import Counter, Histogram
from prometheus_client.parser import text_string_to_metric_families

from channels.services.imports import Wish, import_file
from oms.core import metrics
from oms.core.models import Delivery, OutboxEvent
from oms.core.transactions import rehearsal
from oms.operation import scraping
from tests.api import Api, order_body
from tests.oms.operation.processes import processes, wait_until
from tests.scenarios import STAFF, place, placed_order, shop


def samples(text: str) -> dict[tuple[str, ...], float]:
    """By name and label values."""
    families = text_string_to_metric_families(text)
    return {
        (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in families
        for sample in family.samples
    }


def scraped() -> dict[tuple[str, ...], float]:
    return samples(scraping.scrape()[0].decode())


def counted(counter: Counter | Histogram, *labels: str) -> float:
    """How far a counter of this process has come; other processes run tests as well, and earlier ones have."""
    counter.labels(*labels)
    (family,) = counter.describe()
    name = f"{family.name}_{'total' if isinstance(counter, Counter) else 'count'}"
    value = metrics.OWN.get_sample_value(name, dict(zip(counter._labelnames, labels, strict=True)))
    assert value is not None
    return value


class Difference:
    """How far these counters, each given with its labels, have risen since."""

    def __init__(self, *counters: tuple[Any, ...]) -> None:
        self.counters = counters
        self.before = [counted(*each) for each in counters]

    def now(self) -> list[float]:
        return [counted(*each) - before for each, before in zip(self.counters, self.before, strict=True)]


@pytest.fixture(autouse=True)
def _open(settings):
    settings.OPERATION_TOKEN = ""


def test_requests_are_counted_by_route_never_by_path(db):
    order, api = placed_order(shop({"W1": {"LAMP": 1}}), {"LAMP": 1}), Api()
    route = "admin/orders/<str:order_id>"
    since = Difference(
        (metrics.REQUESTS, "GET", route, "200"),
        (metrics.REQUESTS, "GET", route, "404"),
        (metrics.REQUESTS, "GET", "(none)", "404"),
        (metrics.REQUEST_SECONDS, "GET", route),
    )

    api.get(f"/admin/orders/{order.public_id}")
    api.get("/admin/orders/order_00000000000000000000000000")
    api.get("/no/such/page")

    assert since.now() == [1, 1, 1, 2]
    assert order.public_id not in scraping.scrape()[0].decode()


@pytest.mark.django_db(transaction=True)
def test_orders_are_counted_by_channel_when_they_are_committed():
    here = shop({"W1": {"LAMP": 3}})
    since = Difference((metrics.ORDERS_PLACED, here.channel.code))

    place(here, {"LAMP": 1})
    with rehearsal():
        place(here, {"LAMP": 1})

    assert since.now() == [1]


@pytest.mark.django_db(transaction=True)
def test_lines_and_rejects_of_an_import_are_counted_a_dry_run_is_not(tmp_path):
    here = shop({"W1": {"LAMP": 3}})
    good = '{"external_id": "A1", "currency_code": "USD", "items": [{"sku": "LAMP", "quantity": 1, "unit_price": 1}]}'
    file = tmp_path / "orders.ndjson"
    file.write_text(f'{good}\n{{"external_id": "A2"}}\n')
    since = Difference(
        (metrics.IMPORT_LINES, here.channel.code, "ndjson"),
        (metrics.IMPORT_REJECTS, here.channel.code, "ndjson"),
        (metrics.ORDERS_PLACED, here.channel.code),
    )

    import_file(wish=Wish(path=file, channel=here.channel.code, dry_run=True), actor=STAFF)
    import_file(wish=Wish(path=file, channel=here.channel.code), actor=STAFF)

    assert since.now() == [2, 1, 1]


def test_what_lags_is_read_from_the_database_in_five_statements(db, django_assert_num_queries):
    order = placed_order(shop({"W1": {"LAMP": 1}}), {"LAMP": 1})
    event = OutboxEvent.objects.get(stream=order.pk, sequence=1)
    Delivery.objects.create(event=event, subscriber="shop", stream=order.pk, sequence=1, state="dead")

    with django_assert_num_queries(5):
        found = scraped()

    assert (found["oms_database_up",], found["oms_broker_up",], found["oms_deliveries_dead",]) == (1, 1, 1)
    assert found["oms_outbox_backlog",] == OutboxEvent.objects.count()
    assert found["oms_outbox_lag_seconds",] > 0
    assert found["oms_jobs_waiting", "webhooks"] >= 0


def test_metrics_are_for_whoever_brings_the_token_and_in_production_for_nobody_without_one(db, client, settings):
    assert client.get("/metrics").status_code == 200

    settings.PRODUCTION = True
    assert client.get("/metrics").status_code == 403
    settings.OPERATION_TOKEN = "open sesame"
    assert client.get("/metrics", headers={"Authorization": "Bearer guessed"}).status_code == 403
    answer = client.get("/metrics", headers={"Authorization": "Bearer open sesame"})
    assert (answer.status_code, answer["Content-Type"].split(";")[0]) == (200, "text/plain")


def test_nobody_is_in_the_figures(db, client):
    here = shop({"W1": {"LAMP": 1}})
    body = order_body({"LAMP": 1}, email="ada@example.org", sales_channel=here.channel.code)
    Api().post("/admin/orders", body)
    Api().get("/admin/orders?q=ada@example.org")

    assert "ada" not in client.get("/metrics").content.decode()


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_every_worker_of_gunicorn_tells_the_sum_of_all_also_of_those_that_ended(tmp_path):
    with processes(tmp_path) as running:
        _, client = running.start_web()

        def asked() -> float:
            return samples(client.get("/metrics").text).get(
                ("oms_http_requests_total", "GET", "admin/orders", "401"), 0
            )

        for _ in range(40):
            assert client.get("/admin/orders").status_code == 401
        assert [asked() for _ in range(6)] == [40] * 6

        workers = re.findall(r"Booting worker with pid: (\d+)", running.output("web"))
        os.kill(int(workers[0]), signal.SIGKILL)
        wait_until(lambda: running.output("web").count("Booting worker") >= 3)
        client.get("/admin/orders")
        assert [asked() for _ in range(6)] == [41] * 6

    slots = sorted(file.name for file in (tmp_path / "metrics").glob("counter_*.db"))
    assert 1 <= len(slots) <= 2  # the third worker goes on in the file of the one that was killed
