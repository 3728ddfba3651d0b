"""The order page and exceptions with the keyboard alone, on the clock of the browser, also on a telephone."""

from __future__ import annotations

import time

import pytest
from django.contrib.auth import get_user_model

from inventory.models import StockShortage
from inventory.services.counts import apply_count, create_count
from inventory.services.papers import Line
from orders.models import Hold, Order
from tests.e2e.pages import tab_to, wait_for_focus, width_of
from tests.scenarios import STAFF, placed_order, shop

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


@pytest.fixture
def page(browser, live_server):
    get_user_model().objects.create_superuser("clerk", password="secret-enough")
    context = browser.new_context(
        viewport={"width": 1280, "height": 900}, base_url=live_server.url, timezone_id="Asia/Tokyo"
    )
    page = context.new_page()
    broken: list[str] = []
    page.on("pageerror", lambda error: broken.append(str(error)))
    page.goto("/console/")
    page.fill("[name=username]", "clerk")
    page.fill("[name=password]", "secret-enough")
    page.press("[name=password]", "Enter")
    page.wait_for_url("**/console/")
    yield page
    context.close()
    assert broken == []


@pytest.mark.django_db(transaction=True)
def test_an_order_is_held_and_fulfilled_without_a_mouse(page):
    order = placed_order(shop({"W1": {"LAMP": 5}}), {"LAMP": 2})
    page.route("**/alpine.js", _late)
    page.goto(f"/console/orders/order/{order.pk}/change/")

    tab_to(page, "#form-hold > summary")
    page.keyboard.press("Enter")
    tab_to(page, "#form-hold [name=note]")
    page.keyboard.type("Ask for the number")
    page.locator("#form-hold [name=release_at]").fill("2001-01-01T00:00")
    page.keyboard.press("Enter")
    page.get_by_text("Release at (Asia/Tokyo)").wait_for()
    kept = page.input_value("#form-hold [name=note]")
    wait_for_focus(page, "#form-hold [name=release_at]")
    page.locator("#form-hold [name=release_at]").fill("2999-01-01T09:00")
    page.keyboard.press("Enter")
    page.get_by_text("This order is on hold.").wait_for()
    held = Hold.objects.get()
    tab_to(page, "form[action$='/release/'] button")
    page.keyboard.press("Enter")
    page.get_by_text("The hold is released.").wait_for()
    tab_to(page, "form[action$='/fulfill/'] button")
    page.keyboard.press("Enter")
    page.get_by_text("2 units fulfilled.").wait_for()

    assert kept == "Ask for the number"
    assert held.release_at.isoformat() == "2999-01-01T00:00:00+00:00"
    assert Order.objects.get().fulfillment_status == "fulfilled"


def _late(route):
    """The page is hidden until this script has begun, and nothing can be in focus before."""
    time.sleep(0.2)
    route.continue_()


@pytest.mark.django_db(transaction=True)
def test_an_exception_is_dealt_with_without_a_mouse_and_fits_a_telephone(page):
    house = shop({"W1": {"LAMP": 1}})
    placed_order(house, {"LAMP": 1})
    lost = create_count(location_id=house.locations["W1"].pk, lines=[Line(house.items["LAMP"].pk, 0)], actor=STAFF)
    apply_count(count_id=lost.pk, actor=STAFF)
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/console/exceptions/")
    width = width_of(page)

    tab_to(page, ".c-matter button")
    page.keyboard.press("Enter")
    page.get_by_text("The shortage is dealt with.").wait_for()

    assert width <= 390
    assert StockShortage.objects.get().settled_by["label"] == "clerk"
    assert page.get_by_text("Nothing needs you").count() == 1
