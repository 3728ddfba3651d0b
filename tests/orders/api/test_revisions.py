"""ETag and If-Match: nobody overwrites what they have not seen."""

from __future__ import annotations

import pytest

from orders.models import Order
from tests.api import Api, problem
from tests.scenarios import placed_order, recorded_events, shop


def test_of_two_who_change_the_same_revision_the_second_is_told_so(db):
    """Scenario 36, the half about If-Match."""
    order = placed_order(shop({"W1": {"LAMP": 9}}), {"LAMP": 1})
    Order.objects.filter(pk=order.pk).update(revision=7)
    here, first, second = f"/admin/orders/{order.public_id}", Api(), Api()
    seen = first.get(here)["ETag"]

    done = first.post(here, {"tags": ["vip"]}, If_Match=seen)
    refused = second.post(here, {"tags": ["late"]}, If_Match=seen)

    assert seen == '"7"'
    assert (done.status_code, done["ETag"]) == (200, '"8"')
    assert problem(refused) == (412, "conflict", "stale_revision")
    assert refused.json()["facts"] == {"expected": 7, "present": 8}
    order.refresh_from_db()
    assert (order.tags, order.revision) == (["vip"], 8)
    assert recorded_events() == ["order.placed", "order.updated"]


@pytest.mark.parametrize("seen", ["*", '"1"', 'W/"1"', '"4", "1"', ""])
def test_who_has_seen_the_present_revision_may_change_it(db, seen):
    order = placed_order(shop({"W1": {"LAMP": 9}}), {"LAMP": 1})

    done = Api().post(f"/admin/orders/{order.public_id}", {"metadata": {"gift": True}}, If_Match=seen)

    assert (done.status_code, done["ETag"], done.json()["order"]["metadata"]) == (200, '"2"', {"gift": True})


@pytest.mark.parametrize("seen", ["1", '"one"', '"1', '"1" "2"', '"-1"', '"99999999999999999999"'])
def test_an_if_match_that_names_no_revision_is_refused(db, seen):
    order = placed_order(shop({"W1": {"LAMP": 9}}), {"LAMP": 1})

    refused = Api().post(f"/admin/orders/{order.public_id}", {"tags": ["vip"]}, If_Match=seen)

    assert problem(refused) == (400, "invalid_data", "malformed_if_match")


@pytest.mark.parametrize("act", ["cancel", "complete", "archive", "notes", "holds", "fulfillments"])
def test_every_act_on_an_order_looks_at_if_match(db, act):
    order = placed_order(shop({"W1": {"LAMP": 9}}), {"LAMP": 1})
    bodies = {
        "notes": {"body": "x"},
        "holds": {"reason": "other"},
        "fulfillments": {"items": [{"id": order.lines.get().public_id, "quantity": 1}]},
    }

    refused = Api().post(f"/admin/orders/{order.public_id}/{act}", bodies.get(act), If_Match='"9"')

    assert problem(refused) == (412, "conflict", "stale_revision")
    order.refresh_from_db()
    assert (order.revision, recorded_events()) == (1, ["order.placed"])


def test_metadata_is_merged_and_null_removes(db):
    order = placed_order(shop({"W1": {"LAMP": 9}}), {"LAMP": 1}, metadata={"a": 1, "b": 2})

    answer = Api().post(f"/admin/orders/{order.public_id}", {"metadata": {"b": None, "c": 3}, "email": "a@b.co"})

    told = answer.json()["order"]
    assert (told["metadata"], told["email"], told["revision"]) == ({"a": 1, "c": 3}, "a@b.co", 2)


def test_the_same_again_changes_nothing(db):
    order = placed_order(shop({"W1": {"LAMP": 9}}), {"LAMP": 1}, tags=["vip"])

    answer = Api().post(f"/admin/orders/{order.public_id}", {"tags": ["vip"]})

    assert (answer.json()["order"]["revision"], recorded_events()) == (1, ["order.placed"])
