"""What msgspec says is wrong becomes a JSON pointer, whoever reads."""

from __future__ import annotations

import msgspec
import pytest

from oms.core.errors import InvalidInput
from oms.core.pointers import malformed
from oms.web import bodies
from orders import requests


class _Body(msgspec.Struct):
    metadata: dict[str, dict[str, int]] = {}
    items: list[int] = []


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        (b'{"metadata": {"a": 1}}', "/metadata"),
        (b'{"metadata": {"a": {"b": "x"}}}', "/metadata"),
        (b'{"items": [1, "x"]}', "/items/1"),
        (b"[]", ""),
    ],
)
def test_a_pointer_ends_at_the_object_whose_keys_are_not_told(body, pointer):
    with pytest.raises(msgspec.ValidationError) as problem:
        msgspec.json.decode(body, type=_Body)

    told = [malformed(problem.value, below).errors[0].pointer for below in ("", "/orders/3")]

    assert told == [pointer, f"/orders/3{pointer}"]


@pytest.mark.parametrize("read", [requests.parse, lambda body: bodies.decode(body, requests.OrderRequest)])
def test_a_number_beyond_all_bounds_in_metadata_is_refused_at_the_metadata(read):
    with pytest.raises(InvalidInput) as refused:
        read(b'{"currency_code": "USD", "metadata": {"a": 1e999}}')

    assert [error.pointer for error in refused.value.errors] == ["/metadata"]
