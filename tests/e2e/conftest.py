"""A real browser for the console: the system's Chromium, driven by Playwright."""

from __future__ import annotations

import os
import shutil

import pytest

from tests.e2e.localstripe import localstripe, relay

__all__ = ["localstripe", "relay"]  # fixtures

_FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def chromium():
    """The path of a Chromium; tests that need one are skipped where there is none, and fail in CI."""
    found = os.environ.get("CHROMIUM") or next(
        filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
    )
    if found is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("no Chromium here: install it, or name it in CHROMIUM")
    return found


@pytest.fixture(scope="module")
def browser(chromium):
    """One for the tests of a file; each opens a context of its own, which knows nothing of the others.

    Playwright keeps an event loop running in this thread, which Django takes for async code.
    """
    from playwright.sync_api import sync_playwright

    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        browser = playwright.chromium.launch(executable_path=chromium, args=_FLAGS)
        yield browser
        browser.close()
