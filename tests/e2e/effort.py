"""What a job costs the person who does it: clicks (Enter counts as one) and pages loaded, counted by the browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from playwright.sync_api import Page

# Counted in the page itself, in the capturing phase, so that no script of ours can hide one.
_WATCH = """
    document.addEventListener("pointerdown", () => window.countEffort("click"), true);
    document.addEventListener("keydown", event => event.key === "Enter" && window.countEffort("enter"), true);
"""


@dataclass
class Effort:
    """Clicks and Enters, and documents loaded, since the job began."""

    acts: list[str] = field(default_factory=list)
    pages: list[str] = field(default_factory=list)

    @property
    def clicks(self) -> int:
        return len(self.acts)

    @property
    def loads(self) -> int:
        return len(self.pages)

    def __str__(self) -> str:
        return f"{self.clicks} clicks {self.acts}, {self.loads} pages {self.pages}"


def counting(page: Page) -> Callable[[], object]:
    """Make the browser count what is done on this page. Returns the context manager that counts one job."""
    running: list[Effort] = []
    page.expose_function("countEffort", lambda act: [job.acts.append(act) for job in running] and None)
    page.add_init_script(_WATCH)
    page.on(
        "request",
        lambda sent: (
            [job.pages.append(f"{sent.method} {sent.url}") for job in running] and None
            if sent.is_navigation_request() and sent.redirected_from is None
            else None
        ),
    )

    @contextmanager
    def job() -> Iterator[Effort]:
        effort = Effort()
        running.append(effort)
        yield effort
        running.remove(effort)

    return job
