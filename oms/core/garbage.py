"""Sparing the garbage collector work that finds nothing."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def collected_by_hand() -> Iterator[Callable[[], object]]:
    """Switch automatic collection off and give the function that collects, to be called between pieces of work.

    Many small objects that live for a moment make the collector look through all of them, and through everything that
    was loaded at start-up, again and again: a third of an import's time. What is there already is left out meanwhile.
    """
    was_on = gc.isenabled()
    gc.freeze()
    gc.disable()
    try:
        yield lambda: gc.collect(1)
    finally:
        gc.unfreeze()
        if was_on:
            gc.enable()
