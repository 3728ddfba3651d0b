"""Views of lists, apart from the list they are of."""

from __future__ import annotations

import pytest

from oms.core.ids import new_id
from oms.core.personal import Person, words
from oms.web.models import SavedView
from oms.web.personal import ViewKeeper
from tests.factories import StaffFactory

pytestmark = pytest.mark.django_db


def test_views_that_were_searched_for_a_person_go_with_them():
    owner = StaffFactory()
    for name, query in (
        ("by mail", "next=hold&q=Ada%40Example.com"),
        ("by name", "q=ada+lovelace"),
        ("Ada Lovelace", "tag=vip"),
        ("late", "next=late"),
    ):
        SavedView.objects.create(page="orders_order", name=name, query=query, owner=owner)
    said = words(["Ada Lovelace", "ada@example.com"])
    person = Person(customer_id=new_id(), order_ids=[], order_names=[], known_as=None, words=said)
    keeper = ViewKeeper()

    told = keeper.export(person)
    erased = keeper.erase(person)
    again = keeper.erase(person)

    assert [row["name"] for row in told["saved_views"]] == ["by mail", "by name", "Ada Lovelace"]
    assert (erased, again) == ({"saved_views": 3}, {"saved_views": 0})
    assert list(SavedView.objects.values_list("name", flat=True)) == ["late"]
