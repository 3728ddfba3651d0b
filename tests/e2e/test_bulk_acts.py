"""Fifty orders in a real browser: chosen over two pages, looked at, fulfilled by a worker, watched until it is done."""

from __future__ import annotations

import threading

import pytest
from django.db import connection

from fulfillment.models import Fulfillment
from orders import tasks
from orders.models import BulkJob, Order
from tests.e2e.pages import width_of
from tests.e2e.test_console import SHOTS, console  # noqa: F401  (a fixture)
from tests.scenarios import placed_order, shop

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


@pytest.fixture
def worker(monkeypatch):
    """Somebody who does what is sent to the workers, once they are let."""
    let, threads = threading.Event(), []

    def work(task, *arguments):
        let.wait(30)
        try:
            task.run(*arguments)
        finally:
            connection.close()

    def send(task, *arguments):
        threads.append(threading.Thread(target=work, args=(task, *arguments)))
        threads[-1].start()

    monkeypatch.setattr(tasks, "send", send)
    yield let
    let.set()
    for thread in threads:
        thread.join()


@pytest.mark.django_db(transaction=True)
def test_fifty_orders_are_fulfilled_with_one_press_and_the_page_says_when_it_is_done(console, worker):  # noqa: F811
    house = shop({"W1": {"LAMP": 60}})
    for _ in range(52):
        placed_order(house, {"LAMP": 1})
    SHOTS.mkdir(parents=True, exist_ok=True)

    console.goto("/console/orders/order/?next=fulfill")
    console.locator("#action-toggle").check()
    console.get_by_role("button", name="Select all 52 that this list finds").click()
    console.get_by_text("All 52 that this list finds are selected.").wait_for()
    console.locator("select[name=action]").select_option("fulfill")
    console.get_by_role("button", name="Run").click()
    console.get_by_role("button", name="Fulfill as proposed: 52 orders").click()
    console.get_by_role("button", name="Cancel what is left").wait_for()
    console.screenshot(path=SHOTS / "bulk-job.png", full_page=True)
    worker.set()
    console.get_by_text("All of them are done.").wait_for()

    job = BulkJob.objects.get()
    assert (job.status, job.done, job.refused) == ("completed", 52, 0)
    assert Fulfillment.objects.count() == 52
    assert set(Order.objects.values_list("fulfillment_status", flat=True)) == {"fulfilled"}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("width", [390, 1280])
def test_the_pages_of_a_bulk_act_fit_their_screen(console, width):  # noqa: F811
    orders = [placed_order(shop({"W1": {"LAMP": 60}}), {"LAMP": 1})]
    console.set_viewport_size({"width": width, "height": 844})

    console.goto("/console/orders/order/")
    console.locator(f"input.action-select[value='{orders[0].pk}']").check()
    console.locator("select[name=action]").select_option("cancel")
    console.get_by_role("button", name="Run").click()
    console.get_by_text("This cannot be taken back.").wait_for()
    asked = width_of(console)
    console.get_by_label("Reason").select_option("customer")
    console.get_by_role("button", name="Cancel: 1 order").click()
    console.get_by_text("All of them are done.").wait_for()
    told = width_of(console)
    console.goto("/console/orders/bulkjob/")
    listed = width_of(console)

    assert max(asked, told, listed) <= width
    assert Order.objects.get().status == "canceled"
