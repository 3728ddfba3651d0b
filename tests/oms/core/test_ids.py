"""Ids: UUIDv7 inside, TypeIDs outside."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oms.core import ids
from oms.core.errors import NotFound

# From valid.yml of the TypeID specification.
VECTORS = [
    ("00000000000000000000000000", "00000000-0000-0000-0000-000000000000"),
    ("00000000000000000000000001", "00000000-0000-0000-0000-000000000001"),
    ("0000000000000000000000000a", "00000000-0000-0000-0000-00000000000a"),
    ("0000000000000000000000000g", "00000000-0000-0000-0000-000000000010"),
    ("00000000000000000000000010", "00000000-0000-0000-0000-000000000020"),
    ("7zzzzzzzzzzzzzzzzzzzzzzzzz", "ffffffff-ffff-ffff-ffff-ffffffffffff"),
    ("0123456789abcdefghjkmnpqrs", "0110c853-1d09-52d8-d73e-1194e95b5f19"),
    ("01h455vb4pex5vsknk084sn02q", "01890a5d-ac96-774b-bcce-b302099a8057"),
]


@pytest.mark.parametrize(("text", "uuid"), VECTORS)
def test_ids_are_written_as_the_specification_says(text, uuid):
    assert ids.encode("prefix", UUID(uuid)) == f"prefix_{text}"
    assert ids.decode("prefix", f"prefix_{text}") == UUID(uuid)


@given(st.uuids(), st.sampled_from(["order", "ordli", "sloc", "iitem", "pre_fix"]))
def test_what_is_written_is_read_back(uuid, prefix):
    text = ids.encode(prefix, uuid)

    assert ids.decode(prefix, text) == uuid
    assert ids.decode(prefix, prefix + text[len(prefix) :].upper()) == uuid
    assert (len(text), text.islower()) == (len(prefix) + 27, True)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "order",
        "order_",
        "_01h455vb4pex5vsknk084sn02q",
        "01h455vb4pex5vsknk084sn02q",
        "ordli_01h455vb4pex5vsknk084sn02q",
        "ORDER_01h455vb4pex5vsknk084sn02q",
        "order__01h455vb4pex5vsknk084sn02q",
        "order_01h455vb4pex5vsknk084sn02",
        "order_01h455vb4pex5vsknk084sn02qq",
        "order_01h455vb4pex5vsknk084sn02i",  # i, l, o and u are no letters of Crockford's base32
        "order_01h455vb4pex5vsknk084sn02l",
        "order_01h455vb4pex5vsknk084sn02o",
        "order_01h455vb4pex5vsknk084sn02u",
        "order_01h455vb4pex5vsknk084sn0-q",
        "order_ 1h455vb4pex5vsknk084sn02q",
        "order_01h455vb4pex5vsknk084sn0\x00q",
        "order_8zzzzzzzzzzzzzzzzzzzzzzzzz",  # more than 128 bits
        "order_zzzzzzzzzzzzzzzzzzzzzzzzzz",
        "order_" + "0" * 100_000,
    ],
)
def test_what_is_no_id_of_that_type_is_not_found(text):
    with pytest.raises(NotFound) as refusal:
        ids.decode("order", text)

    assert refusal.value.facts == {"kind": "order", "id": text[:80]}


def test_new_ids_are_of_version_7_and_go_up():
    made = [ids.new_id() for _ in range(1000)]

    assert {each.version for each in made} == {7}
    assert made == sorted(set(made))
