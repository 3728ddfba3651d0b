"""Values nested too deep are refused before anything walks through them."""

from __future__ import annotations

import json

import pytest

from oms.core.nesting import DEEPEST, require_shallow


def _nested(depth: int) -> str:
    return "[" * depth + "]" * depth


def test_what_is_as_deep_as_may_be_passes_and_one_deeper_does_not():
    require_shallow(_nested(DEEPEST))

    with pytest.raises(RecursionError):
        require_shallow(_nested(DEEPEST + 1))


@pytest.mark.parametrize(
    "wide",
    [
        [{"a": [1]}] * 1000,
        {"text": "[" * 1000, "quoted": '"[{' * 1000, "slashes": "\\" * 999 + "[" * 999},
    ],
)
def test_many_values_side_by_side_and_brackets_in_texts_are_not_deep(wide):
    require_shallow(json.dumps(wide).encode())
