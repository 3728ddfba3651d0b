from __future__ import annotations

import json
import re

import pytest
from django.contrib.staticfiles import finders
from django.core.management import call_command
from django.test import Client

from oms.web.exceptions import PROBLEM


@pytest.fixture(scope="module")
def description(tmp_path_factory):
    path = tmp_path_factory.mktemp("description") / "openapi.json"
    call_command("spectacular", "--fail-on-warn", "--validate", "--format", "openapi-json", "--file", str(path))
    return json.loads(path.read_text())


def _done(operation):
    """What is answered when all is well, whatever its form."""
    return next(answer for status, answer in operation["responses"].items() if status.startswith("2"))


def _answer_has_an_example(operation):
    return all("examples" in media for media in _done(operation)["content"].values())


def test_every_operation_is_described_with_an_example(description):
    operations = {
        f"{method.upper()} {path}": operation
        for path, methods in description["paths"].items()
        for method, operation in methods.items()
    }
    incomplete = [
        name
        for name, operation in operations.items()
        if not operation.get("summary")
        or not _answer_has_an_example(operation)
        or ("requestBody" in operation and "examples" not in operation["requestBody"]["content"]["application/json"])
    ]

    assert description["openapi"].startswith("3.1")
    assert len(operations) > 30
    assert incomplete == []


def _expected(path, told):
    """The refusals that an operation can come to, by what it takes."""
    taken = {each["name"] for each in told.get("parameters", [])}
    statuses = {"401", "403", "429"}
    statuses |= {"404"} if "{" in path else set()
    statuses |= {"413", "415"} if "requestBody" in told else set()
    statuses |= {"400"} if "requestBody" in told or "limit" in taken else set()
    statuses |= {"409", "422"} if "Idempotency-Key" in taken else set()
    statuses |= {"412"} if "If-Match" in taken else set()
    return statuses


def test_every_operation_tells_how_it_can_be_refused(description):
    missing, other = {}, {}
    for path, methods in description["paths"].items():
        for method, told in methods.items():
            refusals = {status: each for status, each in told["responses"].items() if status[0] != "2"}
            if lacking := _expected(path, told) - refusals.keys():
                missing[f"{method} {path}"] = lacking
            if wrong := [status for status, each in refusals.items() if set(each["content"]) != {PROBLEM}]:
                other[f"{method} {path}"] = wrong

    assert (missing, other) == ({}, {})


def test_every_example_of_an_answer_has_what_its_schema_asks_for(description):
    wrong = []
    for path, methods in description["paths"].items():
        for method, told in methods.items():
            content = _done(told)["content"].get("application/json")
            if content is None:
                continue  # a file
            (shape, *_) = content["schema"].get("anyOf", [content["schema"]])
            for example in content["examples"].values():
                if not set(shape.get("required", [])) <= set(example["value"]):
                    wrong.append(f"{method} {path}")

    assert wrong == []


def test_every_reference_of_the_description_leads_somewhere(description):
    known = {f"#/components/schemas/{name}" for name in description["components"]["schemas"]}
    asked = set()
    waiting = [description]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            if isinstance(value.get("$ref"), str):
                asked.add(value["$ref"])
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value

    assert asked <= known


def test_the_description_and_its_pages_come_without_outside_assets(db):
    client = Client()

    description, page = client.get("/openapi.json"), client.get("/docs")

    assert description.json()["openapi"].startswith("3.1")
    assert page.status_code == 200
    assert re.findall(r"(?:https?:)?//[\w.]+\.\w+", page.content.decode()) == []


def test_what_the_page_loads_is_served_here(db):
    client = Client()
    page = client.get("/docs").content.decode()

    assets = [
        each
        for each in re.findall(r"""(?:src|href)=["']([^"']+)["']""", page)
        if not each.startswith(("data:", "/docs?"))
    ]

    assert assets
    assert [each for each in assets if not each.startswith("/static/")] == []
    assert [each for each in assets if finders.find(each.removeprefix("/static/")) is None] == []
