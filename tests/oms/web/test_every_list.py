"""What holds for every list of the API, whatever it lists: found by the description, so that none is forgotten."""

from __future__ import annotations

import re
from functools import cache
from urllib.parse import quote

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from drf_spectacular.generators import SchemaGenerator

from tests.api import Api, problem
from tests.oms.web.furnished import furnish

pytestmark = pytest.mark.django_db


@cache
def _lists() -> tuple[str, ...]:
    paths = SchemaGenerator().get_schema(public=True)["paths"]
    return tuple(
        path
        for path, methods in paths.items()
        if "get" in methods and any(each["name"] == "limit" for each in methods["get"].get("parameters", []))
    )


def _furnished(rows):
    house = furnish(rows)
    return house, Api(house.secret)


def _rows(body):
    (name,) = set(body) - {"count", "limit", "offset", "count_capped", "next_cursor"}
    return body[name]


def _known(row):
    return row.get("id") or row.get("order_id") or row["inventory_item_id"]


def _asked(path, **parameters):
    return path + "?" + "&".join(f"{name}={quote(str(value))}" for name, value in parameters.items())


def _by_offset(api, path, **asked):
    found, offset = [], 0
    while True:
        answer = api.get(_asked(path, limit=2, offset=offset, **asked))
        assert answer.status_code == 200, answer.content
        found += [_known(row) for row in _rows(answer.json())]
        offset += 2
        if offset >= answer.json()["count"]:
            return found


def _by_cursor(api, path, **asked):
    found, cursor = [], ""
    while cursor is not None:
        answer = api.get(_asked(path, limit=2, cursor=cursor, **asked))
        assert answer.status_code == 200, answer.content
        body = answer.json()
        assert set(body) == {*body, "limit", "next_cursor"} - {"count", "offset"}
        assert ("Link" in answer) is (body["next_cursor"] is not None)
        found += [_known(row) for row in _rows(body)]
        cursor = body["next_cursor"]
    return found


def _orders(api, path):
    """The names that the list can be ordered by, as its refusal tells them."""
    refused = api.get(_asked(path, order="nonsense"))
    return re.search(r"with -: (.+)\.$", refused.json()["errors"][0]["message"])[1].split(", ")


def test_pages_are_complete_and_without_doubles_in_every_order_by_offset_and_by_cursor():
    house, api = _furnished(5)
    assert len(_lists()) >= 15

    for route in _lists():
        path = house.path(route)
        for order in [each for name in _orders(api, path) for each in (name, f"-{name}")]:
            whole = [_known(row) for row in _rows(api.get(_asked(path, order=order)).json())]

            assert len(whole) >= 5, path
            assert len(set(whole)) == len(whole), path
            assert _by_offset(api, path, order=order) == _by_cursor(api, path, order=order) == whole, (path, order)


def _queries(api, path):
    with CaptureQueriesContext(connection) as captured:
        answer = api.get(path)
    assert answer.status_code == 200, answer.content
    return len(captured), len(_rows(answer.json()))


def test_a_page_takes_as_many_queries_for_three_rows_as_for_one():
    house, api = _furnished(3)

    for route in _lists():
        path = house.path(route)
        for asked in ({}, {"cursor": ""}):
            few, many = (_queries(api, _asked(path, limit=limit, **asked)) for limit in (1, 3))

            assert (few[1], many[1]) == (1, 3), path
            assert few[0] == many[0], path


def test_a_cursor_page_is_not_counted():
    house, api = _furnished(3)

    for route in _lists():
        path = house.path(route)
        by_offset, by_cursor = _queries(api, _asked(path, limit=2)), _queries(api, _asked(path, limit=2, cursor=""))

        assert by_cursor[0] == by_offset[0] - 1, path


HOSTILE = ["x", "é", "====", "A" * 4000, "_-_-", "null", "0", "%00", "'; DROP TABLE orders_order; --"]


def test_a_cursor_that_is_none_is_refused():
    house, api = _furnished(3)

    for route in _lists():
        path = house.path(route)
        honest = api.get(_asked(path, limit=1, cursor="")).json()["next_cursor"]
        middle = len(honest) // 2
        forged = honest[:middle] + ("A" if honest[middle] != "A" else "B") + honest[middle + 1 :]
        for cursor in [*HOSTILE, forged, honest[:-3], honest + "AAAA"]:
            assert problem(api.get(_asked(path, cursor=cursor)))[0] == 400, (path, cursor)
        assert api.get(_asked(path, cursor=honest)).status_code == 200, path


def test_what_a_list_does_not_know_is_refused_by_name():
    house, api = _furnished(1)

    for route in _lists():
        refused = api.get(_asked(house.path(route), nonsense=1))

        assert problem(refused)[0] == 400, route
        assert refused.json()["errors"][0]["parameter"] == "nonsense", route


def test_only_the_fields_that_are_asked_for_are_answered():
    house, api = _furnished(2)

    for route in _lists():
        path = house.path(route)
        whole, (alone,), (without,) = (
            _rows(api.get(_asked(path, limit=1, fields=fields)).json())
            for fields in ("+nonsense,*nonsense.else", "nonsense", "-id,-nonsense")
        )

        assert whole == _rows(api.get(_asked(path, limit=1)).json()), route
        assert alone == ({"id": whole[0]["id"]} if "id" in whole[0] else {}), route
        assert without == {name: value for name, value in whole[0].items() if name != "id"}, route
