"""Finding orders in a real browser: by the keyboard, by telephone number, and by a view that was kept."""

from __future__ import annotations

import pytest

from oms.web.models import SavedView
from orders.services.sales import sum_up_sales
from tests.e2e.test_console import SHOTS, console  # noqa: F401  (a fixture)
from tests.scenarios import placed_order, shop

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


@pytest.mark.django_db(transaction=True)
def test_from_the_first_page_an_order_is_found_by_its_phone_and_the_search_kept_as_a_view(console):  # noqa: F811
    house = shop({"W1": {"LAMP": 9}})
    order = placed_order(house, {"LAMP": 1}, phone="+44 (0)20 7946-0958", tags=["gift"])
    placed_order(house, {"LAMP": 1}, phone="02079460958")  # one that is found alone would be opened
    other = placed_order(house, {"LAMP": 1})
    sum_up_sales()
    SHOTS.mkdir(parents=True, exist_ok=True)

    console.reload()
    console.locator("canvas.chart").first.wait_for()
    console.screenshot(path=SHOTS / "first-page.png", full_page=True)
    console.get_by_text("As a table").first.click()
    orders_of_today = console.locator("table[data-measure=orders] tbody tr").first.inner_text().split()[-1]
    console.keyboard.press("/")
    console.wait_for_url("**/orders/order/#searchbar")
    console.wait_for_function("document.activeElement.id === 'searchbar'")
    console.keyboard.type("020 7946 0958")
    console.keyboard.press("Enter")
    console.get_by_role("link", name=str(order), exact=True).wait_for()
    missing = console.get_by_role("link", name=str(other), exact=True).count()
    console.get_by_text("Save this view").click()
    console.get_by_label("Name").fill("The Smiths")
    console.get_by_role("button", name="Save", exact=True).click()
    tab = console.get_by_role("navigation", name="Views").get_by_role("link", name="The Smiths")
    tab.wait_for()
    console.screenshot(path=SHOTS / "order-views.png")

    assert (orders_of_today, missing) == ("3", 0)
    assert tab.get_attribute("aria-current") == "page"
    assert list(SavedView.objects.values_list("name", "query")) == [("The Smiths", "q=020+7946+0958")]
