"""A day by role, in a real browser: each signs in, sees what is theirs, and does what they are there for."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group

from oms.web import roles
from oms.web.models import StaffLimits
from orders.models import Hold
from tests.e2e.test_console import SHOTS
from tests.factories import StaffFactory
from tests.scenarios import place, placed_order, shop, state

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.django_db(transaction=True)]
PASSWORD = "a-long-enough-one"


@pytest.fixture
def sign_in(browser, live_server):
    """Open the console as somebody of a role; the test fails when a page of theirs is missing or a script breaks."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    contexts, problems = [], []

    def sign_in(role, **limits):
        user = StaffFactory(username=role, is_superuser=False)
        user.set_password(PASSWORD)
        user.save()
        user.groups.add(Group.objects.get(name=role))
        if limits:
            StaffLimits.objects.create(user=user, **limits)
        context = browser.new_context(viewport={"width": 1280, "height": 900}, base_url=live_server.url)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("response", lambda answer: problems.append(answer.url) if answer.status >= 400 else None)
        page.goto("/console/")
        page.fill("[name=username]", role)
        page.fill("[name=password]", PASSWORD)
        page.press("[name=password]", "Enter")
        page.wait_for_url("**/console/")
        page.screenshot(path=SHOTS / f"role-{role}.png")
        return page

    yield sign_in
    for context in contexts:
        context.close()
    assert problems == []


def test_each_role_sees_what_is_theirs(sign_in):
    shop({"W1": {"LAMP": 5}})

    seen = {role: _sidebar(sign_in(role)) for role in roles.ROLES}

    assert {role: {"Orders", "Items"} <= links for role, links in seen.items()} == dict.fromkeys(roles.ROLES, True)
    assert {role for role, links in seen.items() if "Rejects" in links} == {"merchant"}
    assert {role for role, links in seen.items() if "Transfers" in links} >= {"merchant", "warehouse"}
    assert [role for role, links in seen.items() if links & {"Users", "API keys", "Audit", "Events"}] == []


def test_the_warehouse_packs_what_lies_with_it_and_sees_nothing_else(sign_in):
    house = shop({"W1": {"LAMP": 5}, "W2": {"MUG": 5}})
    mine, other = placed_order(house, {"LAMP": 1}), placed_order(house, {"MUG": 1})
    page = sign_in("warehouse", location_ids=[house.locations["W1"].pk])

    page.goto("/console/orders/order/")
    listed = [page.get_by_role("link", name=str(each), exact=True).count() for each in (mine, other)]
    page.get_by_role("link", name=str(mine), exact=True).click()
    page.get_by_role("button", name="Fulfill", exact=True).click()
    page.get_by_label("Tracking number").fill("RM1")
    page.get_by_role("button", name="Ship", exact=True).click()
    page.get_by_role("button", name="Mark delivered").wait_for()

    assert listed == [1, 0]
    assert state(mine)[2] == "shipped"


def test_support_holds_an_order_and_lets_it_go(sign_in):
    house = shop({"W1": {"LAMP": 5}})
    order = placed_order(house, {"LAMP": 1})
    page = sign_in("support")

    page.goto(f"/console/orders/order/{order.pk}/change/")
    packing = page.get_by_role("button", name="Fulfill", exact=True).count()
    page.locator("summary", has_text="Hold").click()
    page.get_by_role("button", name="Put on hold").click()
    page.get_by_text("This order is on hold.").wait_for()
    held = Hold.objects.filter(released_at=None).count()
    page.get_by_role("button", name="Release").click()
    page.get_by_text("This order is on hold.").wait_for(state="detached")

    assert (packing, held, Hold.objects.filter(released_at=None).count()) == (0, 1, 0)


def test_an_analyst_reads_and_is_offered_no_button(sign_in):
    house = shop({"W1": {"LAMP": 5}})
    order = placed_order(house, {"LAMP": 1})
    page = sign_in("analyst")

    page.goto(f"/console/orders/order/{order.pk}/change/")
    page.get_by_role("heading", name=str(order), exact=True).wait_for()

    assert page.locator("main form[method=post] button, #content-main form[method=post] button").count() == 0


def test_a_merchant_transfers_stock_between_two_places(sign_in):
    house = shop({"W1": {"LAMP": 5}, "W2": {"LAMP": 1}})
    place(house, {"LAMP": 1})
    page = sign_in("merchant")

    page.goto("/console/inventory/transfer/add/")
    page.locator("[name=source]").select_option(label="W1", force=True)
    page.locator("[name=target]").select_option(label="W2", force=True)
    page.locator("[name=items]").fill("LAMP 3")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_role("button", name="Send", exact=True).click()
    page.get_by_text("The goods are on their way.").wait_for()
    page.get_by_role("button", name="Receive", exact=True).click()
    page.get_by_text("The goods are on the shelf").wait_for()
    page.screenshot(path=SHOTS / "transfer.png", full_page=True)

    assert (house.sra("LAMP", "W1")[0], house.sra("LAMP", "W2")[0]) == (2, 4)


def _sidebar(page):
    return {text.strip() for text in page.locator("#nav-sidebar-apps a, nav a, aside a").all_inner_texts()} | {
        line for text in page.locator("#nav-sidebar, aside").all_text_contents() for line in _lines(text)
    }


def _lines(text):
    return [line.strip() for line in text.splitlines() if line.strip()]
