"""A clerk's morning in a real browser: find an order, fulfill it, ship it, see it delivered, hold the next one."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth import get_user_model

from tests.e2e.pages import width_of
from tests.scenarios import placed_order, recorded_events, shop

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

SHOTS = Path(settings.BASE_DIR) / "var" / "screenshots"


@pytest.fixture
def console(browser, live_server):
    """A logged-in page that fails the test when a script breaks or anything is missing or asked for elsewhere."""
    get_user_model().objects.create_superuser("clerk", password="secret-enough")
    context = browser.new_context(viewport={"width": 1280, "height": 900}, base_url=live_server.url)
    page = context.new_page()
    problems = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("response", lambda answer: problems.append(answer.url) if answer.status >= 400 else None)
    page.on(
        "request", lambda sent: None if sent.url.startswith((live_server.url, "data:")) else problems.append(sent.url)
    )
    page.goto("/console/")
    page.fill("[name=username]", "clerk")
    page.fill("[name=password]", "secret-enough")
    page.press("[name=password]", "Enter")
    page.wait_for_url("**/console/")
    yield page
    context.close()
    assert problems == []


def _open(page, order):
    page.goto("/console/orders/order/")
    page.fill("[name=q]", str(order))
    page.press("[name=q]", "Enter")
    page.get_by_role("link", name=str(order), exact=True).click()


@pytest.mark.django_db(transaction=True)
def test_an_order_is_found_fulfilled_shipped_and_delivered_and_the_next_one_held(console):
    house = shop({"W1": {"LAMP": 5}})
    first, second = placed_order(house, {"LAMP": 2}), placed_order(house, {"LAMP": 1})
    SHOTS.mkdir(parents=True, exist_ok=True)

    _open(console, first)
    console.get_by_role("button", name="Fulfill", exact=True).click()
    console.get_by_text("2 units fulfilled.").wait_for()
    console.get_by_label("Tracking number").fill("RM123456785GB")
    console.get_by_label("Carrier").fill("Royal Mail")
    console.get_by_role("button", name="Ship", exact=True).click()
    console.get_by_role("button", name="Mark delivered").click()
    console.get_by_text("Everything is fulfilled and delivered.").wait_for()
    console.screenshot(path=SHOTS / "order-delivered.png", full_page=True)

    _open(console, second)
    console.locator("summary", has_text="Hold").press("Enter")  # by keyboard
    console.locator("#form-hold [name=note]").fill("Wait for the other lamp")
    console.get_by_role("button", name="Put on hold").click()
    console.get_by_text("This order is on hold.").wait_for()

    assert console.get_by_role("button", name="Fulfill", exact=True).count() == 0
    assert recorded_events(first.pk)[-3:] == [
        "order.fulfillment_created",
        "order.shipment_created",
        "order.delivered",
    ]
    assert house.sra("LAMP") == (3, 1, 2)


@pytest.mark.django_db(transaction=True)
def test_the_pages_fit_a_telephone(console):
    order = placed_order(shop({"W1": {"LAMP": 5}, "W2": {"MUG": 1}}), {"LAMP": 2, "MUG": 1}, email="jane@example.com")
    console.set_viewport_size({"width": 390, "height": 844})

    for address in ("/console/", "/console/orders/order/", f"/console/orders/order/{order.pk}/change/"):
        console.goto(address)
        assert width_of(console) <= 390, address
    console.screenshot(path=SHOTS / "order-telephone.png", full_page=True)
