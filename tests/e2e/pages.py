"""What the browser tests ask of a page, once it is there: a page that has only begun to load answers anything."""

from __future__ import annotations


def width_of(page):
    """How wide the page is, in pixels; more than its window means that it scrolls sideways."""
    page.wait_for_load_state()
    return page.evaluate("document.documentElement.scrollWidth")


def tab_to(page, what):
    """Tab until this is in focus, which can be seen."""
    page.wait_for_load_state()
    for _ in range(120):
        page.keyboard.press("Tab")
        if page.evaluate("what => document.activeElement.matches(what)", what):
            assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
            return
    raise AssertionError(f"{what} cannot be reached by Tab")


def wait_for_focus(page, what):
    """Wait until the page has put the cursor there by itself: it does so after it has loaded."""
    page.wait_for_function("what => document.activeElement?.matches(what)", arg=what)
