"""The jobs of a day, each from the dashboard: at most three clicks and three pages, as the browser counts them."""

from __future__ import annotations

import json

import pytest

from channels.models import ImportReject
from inventory.services.alerts import set_threshold
from orders.models import Order
from tests.channels.importing import bring_in, ndjson_file, order, retail
from tests.e2e.effort import Effort, counting
from tests.e2e.test_console import SHOTS, console  # noqa: F401  (a fixture)
from tests.factories import InventoryItemFactory
from tests.scenarios import STAFF, items_of, placed_order, shop, state

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.django_db(transaction=True)]
AT_MOST = 3


@pytest.fixture
def clerk(console):  # noqa: F811
    """The page, what counts a job done on it, and the way to the dashboard."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    console.job = counting(console)
    return console


def test_an_order_is_found_by_the_telephone_number_that_a_customer_says(clerk):
    house = shop({"W1": {"LAMP": 5}})
    wanted, _other = (placed_order(house, {"LAMP": 1}, phone=phone) for phone in ("+44 20 7946 0958", "+44 20 7946 1"))
    clerk.goto("/console/")

    with clerk.job() as effort:
        _look_up(clerk, "(020) 7946-0958")
        _is_shown(clerk, wanted)

    _is_cheap(effort, "find")


def test_an_order_is_fulfilled(clerk):
    house = shop({"W1": {"LAMP": 5}})
    waiting = placed_order(house, {"LAMP": 2})
    clerk.goto("/console/")

    with clerk.job() as effort:
        clerk.get_by_role("link", name="To be fulfilled").click()
        clerk.get_by_role("link", name=str(waiting), exact=True).click()
        clerk.get_by_role("button", name="Fulfill", exact=True).click()
        clerk.get_by_text("2 units fulfilled.").wait_for()

    _is_cheap(effort, "fulfill")
    assert state(waiting)[2:] == ("fulfilled", 0)


def test_a_parcel_is_shipped(clerk):
    from orders.services.fulfilling import create_fulfillment

    packed = placed_order(shop({"W1": {"LAMP": 5}}), {"LAMP": 1})
    create_fulfillment(order_id=packed.pk, items=items_of(packed), location_id=None, actor=STAFF)
    clerk.goto("/console/")

    with clerk.job() as effort:
        clerk.get_by_role("link", name="To ship").click()
        clerk.get_by_role("link", name=str(packed), exact=True).click()
        clerk.get_by_label("Tracking number").fill("RM123456785GB")
        clerk.get_by_role("button", name="Ship", exact=True).click()
        clerk.get_by_role("button", name="Mark delivered").wait_for()

    _is_cheap(effort, "ship")
    assert state(packed)[2] == "shipped"


def test_an_order_is_put_on_hold(clerk):
    doubtful = placed_order(shop({"W1": {"LAMP": 5}}), {"LAMP": 1})
    clerk.goto("/console/")

    with clerk.job() as effort:
        _look_up(clerk, str(doubtful))
        clerk.locator("summary", has_text="Hold").click()
        clerk.get_by_label("Note").first.fill("Is the address right?")
        clerk.get_by_role("button", name="Put on hold").click()
        clerk.get_by_text("This order is on hold.").wait_for()

    _is_cheap(effort, "hold")
    doubtful.refresh_from_db()
    assert doubtful.open_holds == 1


def test_what_runs_low_is_adjusted(clerk):
    house = shop({"W1": {"LAMP": 2}})
    set_threshold(item_id=house.items["LAMP"].pk, location_id=house.locations["W1"].pk, threshold=5, actor=STAFF)
    clerk.goto("/console/")

    with clerk.job() as effort:
        clerk.get_by_role("link", name="Low stock").first.click()
        clerk.get_by_role("link", name="Adjust", exact=True).click()
        clerk.get_by_label("More or less").fill("10")
        clerk.get_by_label("Reason").select_option(index=1)
        clerk.get_by_role("button", name="Change the stock").click()
        clerk.get_by_role("alert").or_(clerk.get_by_text("12 on hand")).first.wait_for()

    _is_cheap(effort, "adjust")
    assert house.sra("LAMP") == (12, 0, 12)


def test_a_row_that_an_import_refused_is_mended(clerk, tmp_path):
    retail()
    InventoryItemFactory(sku="LAMP", is_stocked=False)
    bad = order("A-1", items=[{"sku": "LAMP", "quantity": 0, "unit_price": 1}])
    bring_in(ndjson_file(tmp_path / "orders.ndjson", bad), format="ndjson")
    clerk.goto("/console/")

    with clerk.job() as effort:
        clerk.get_by_role("link", name="Import rejects").click()
        clerk.locator("#result_list tbody th a, #result_list tbody td a").first.click()
        mended = json.loads(clerk.locator("textarea[name=text]").input_value())
        mended["items"][0]["quantity"] = 1
        clerk.locator("textarea[name=text]").fill(json.dumps(mended))
        clerk.get_by_role("button", name="Try again").click()
        clerk.get_by_text("A-1 came in.").wait_for()

    _is_cheap(effort, "mend")
    assert Order.objects.get().external_id == "A-1"
    assert ImportReject.objects.filter(settled_at=None).count() == 0


def test_the_counting_counts(clerk):
    """What is counted is what is done: two clicks that load two pages, and a third one that loads none."""
    clerk.goto("/console/")

    with clerk.job() as effort:
        clerk.get_by_role("link", name="To be fulfilled").click()
        clerk.get_by_role("link", name="On hold").first.click()
        clerk.locator("body").click(position={"x": 5, "y": 5})

    assert (effort.clicks, effort.loads) == (3, 2)


def _look_up(page, words):
    """By keyboard: / from anywhere, what is looked for, Enter."""
    page.keyboard.press("/")
    page.wait_for_function("document.activeElement?.id === 'searchbar'")
    page.keyboard.type(words)
    page.keyboard.press("Enter")


def _is_shown(page, wanted):
    page.get_by_role("heading", name=str(wanted), exact=True).wait_for()


def _is_cheap(effort: Effort, job: str) -> None:
    assert effort.clicks <= AT_MOST, f"{job}: {effort}"
    assert effort.loads <= AT_MOST, f"{job}: {effort}"
