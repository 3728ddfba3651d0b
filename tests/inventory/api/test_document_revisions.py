"""Two people with the same paper: the second is told that it was changed, and nothing is done twice."""

from __future__ import annotations

import pytest

from tests.api import Api, problem
from tests.scenarios import shop

pytestmark = pytest.mark.django_db


@pytest.fixture
def here():
    return shop({"W1": {"LAMP": 5}, "W2": {"LAMP": 0}})


def _arrival(api, here):
    items = [{"inventory_item_id": here.items["LAMP"].public_id, "quantity": 10}]
    answer = api.post("/admin/stock-arrivals", {"location_id": here.locations["W1"].public_id, "items": items})
    return answer, answer.json()["stock_arrival"]


def _receive(api, arrival, quantity, **headers):
    items = [{"id": arrival["items"][0]["id"], "quantity": quantity}]
    return api.post(f"/admin/stock-arrivals/{arrival['id']}/receive", {"items": items}, **headers)


def test_every_step_makes_a_new_revision_which_is_the_etag(here):
    api = Api()

    made, arrival = _arrival(api, here)
    received = _receive(api, arrival, 4)
    read = api.get(f"/admin/stock-arrivals/{arrival['id']}")

    assert (made["ETag"], arrival["revision"]) == ('"1"', 1)
    assert (received["ETag"], received.json()["stock_arrival"]["revision"]) == ('"2"', 2)
    assert (read["ETag"], read.json()) == ('"2"', received.json())


def test_a_step_of_who_has_seen_an_older_revision_is_refused_and_moves_nothing(here):
    api = Api()
    _, arrival = _arrival(api, here)
    _receive(api, arrival, 4, if_match='"1"')

    late = _receive(api, arrival, 4, if_match='"1"')
    malformed = _receive(api, arrival, 4, if_match="1")
    seen = api.get(f"/admin/stock-arrivals/{arrival['id']}")

    assert problem(late) == (412, "conflict", "stale_revision")
    assert problem(malformed)[0] == 400
    assert (seen["ETag"], here.sra("LAMP")) == ('"2"', (9, 0, 9))
    assert _receive(api, arrival, 6, if_match='"1", "2"').json()["stock_arrival"]["status"] == "received"


def test_a_step_that_is_refused_makes_no_revision(here):
    api = Api()
    _, arrival = _arrival(api, here)
    unknown = {"id": arrival["id"], "items": [{"id": "sarrli_00000000000000000000000000"}]}

    refused = _receive(api, unknown, 4)

    assert refused.status_code == 400
    assert api.get(f"/admin/stock-arrivals/{arrival['id']}")["ETag"] == '"1"'


@pytest.mark.parametrize(
    ("kind", "body", "step"),
    [
        ("stock-transfers", {"source_location_id": "W1", "target_location_id": "W2"}, "send"),
        ("stock-counts", {"location_id": "W1"}, "apply"),
    ],
)
def test_transfers_and_counts_have_revisions_too(here, kind, body, step):
    api = Api()
    places = {name: here.locations[place].public_id for name, place in body.items()}
    items = [{"inventory_item_id": here.items["LAMP"].public_id, "quantity": 2}]
    made = api.post(f"/admin/{kind}", places | {"items": items})
    (document,) = made.json().values()
    path = f"/admin/{kind}/{document['id']}/{step}"

    late, done = api.post(path, {}, if_match='"7"'), api.post(path, {}, if_match=made["ETag"])

    assert problem(late)[0] == 412
    assert (done.status_code, done["ETag"]) == (200, '"2"')
