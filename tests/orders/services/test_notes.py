"""What staff keep about an order: each change is told once, and not what it says of people."""

from __future__ import annotations

import pytest

from oms.core.errors import InvalidInput, NotFound
from oms.core.models import OutboxEvent
from orders.services.notes import add_note, change_tags, remove_note, set_tags, update_order
from tests.scenarios import STAFF, nothing_moves, placed_order, shop

pytestmark = pytest.mark.django_db


@pytest.fixture
def order():
    return placed_order(shop({"W1": {"LAMP": 9}}), {"LAMP": 1}, email="ann@example.com", metadata={"a": 1, "b": 2})


def told(order):
    return list(
        OutboxEvent.objects.filter(stream=order.pk, sequence__gt=1)
        .order_by("sequence")
        .values_list("data__changed", flat=True)
    )


def test_a_note_is_kept_with_its_author_and_its_words_are_not_told(order):
    add_note(order_id=order.pk, body="  Ann rang  ", actor=STAFF)
    add_note(order_id=order.pk, body="Ann rang", actor=STAFF)

    assert list(order.notes.values_list("body", "author__label")) == [("Ann rang", "clerk")] * 2
    assert told(order) == [["notes"], ["notes"]]
    assert "Ann" not in str(list(OutboxEvent.objects.values()))


@pytest.mark.parametrize("body", ["", " \n ", "a\0b"])
def test_a_note_says_something_that_can_be_kept(order, body):
    with nothing_moves(), pytest.raises(InvalidInput) as refusal:
        add_note(order_id=order.pk, body=body, actor=STAFF)

    assert [error.pointer for error in refusal.value.errors] == ["/body"]


def test_a_note_is_taken_away_once_by_the_order_it_is_of(order):
    note = add_note(order_id=order.pk, body="Ann rang", actor=STAFF)
    other = placed_order(shop({"W2": {"MUG": 1}}), {"MUG": 1})

    with nothing_moves(), pytest.raises(NotFound):
        remove_note(order_id=other.pk, note_id=note.pk, actor=STAFF)
    remove_note(order_id=order.pk, note_id=note.pk, actor=STAFF)
    with nothing_moves(), pytest.raises(NotFound):
        remove_note(order_id=order.pk, note_id=note.pk, actor=STAFF)

    assert not order.notes.exists()
    assert [entry.facts for entry in order.timeline.all()[:2]] == [{"act": "note.removed"}, {"act": "note.added"}]


def test_who_tags_leaves_the_tags_of_others(order):
    change_tags(order_id=order.pk, add=["vip"], actor=STAFF)
    change_tags(order_id=order.pk, add=["gift"], actor=STAFF)
    change_tags(order_id=order.pk, remove=["vip", "never there"], add=["late", "gift"], actor=STAFF)

    order.refresh_from_db()
    assert (order.tags, told(order)) == (["gift", "late"], [["tags"]] * 3)
    with nothing_moves():
        change_tags(order_id=order.pk, add=["late"], remove=["vip"], actor=STAFF)


def test_tags_are_replaced_without_repeats(order):
    set_tags(order_id=order.pk, tags=["vip", " gift ", "", "vip"], actor=STAFF)

    order.refresh_from_db()
    assert (order.tags, order.revision, told(order)) == (["vip", "gift"], 2, [["tags"]])
    with nothing_moves():
        set_tags(order_id=order.pk, tags=["vip", "gift"], actor=STAFF)


@pytest.mark.parametrize("tags", [["x" * 61], ["a\0"]])
def test_a_tag_that_cannot_be_kept_is_refused(order, tags):
    with nothing_moves(), pytest.raises(InvalidInput):
        set_tags(order_id=order.pk, tags=tags, actor=STAFF)


def test_metadata_is_merged_and_a_null_takes_a_key_away(order):
    update_order(order_id=order.pk, metadata={"b": None, "c": [3]}, actor=STAFF)

    order.refresh_from_db()
    assert (order.metadata, told(order)) == ({"a": 1, "c": [3]}, [["metadata"]])
    with nothing_moves():
        update_order(order_id=order.pk, metadata={"c": [3], "b": None}, email="ann@example.com", actor=STAFF)


def test_an_address_is_changed_without_being_told(order):
    update_order(order_id=order.pk, email="bea@example.com", actor=STAFF)

    order.refresh_from_db()
    assert (order.email, told(order)) == ("bea@example.com", [["email"]])
    assert "example.com" not in str([*OutboxEvent.objects.values(), *order.timeline.values()])


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"email": "ann"}, "/email"),
        ({"email": "a@b.c\n"}, "/email"),
        ({"email": f"{'a' * 250}@b.cd"}, "/email"),
        ({"metadata": {"a": ["\0"]}}, "/metadata/a/0"),
    ],
)
def test_what_cannot_be_kept_is_refused(order, fields, pointer):
    with nothing_moves(), pytest.raises(InvalidInput) as refusal:
        update_order(order_id=order.pk, actor=STAFF, **fields)

    assert [error.pointer for error in refusal.value.errors] == [pointer]
