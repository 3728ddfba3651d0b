from __future__ import annotations

import json

from django.core.management import call_command
from django.test import Client


def _description(tmp_path):
    path = tmp_path / "openapi.json"
    call_command("spectacular", "--fail-on-warn", "--validate", "--format", "openapi-json", "--file", str(path))
    return json.loads(path.read_text())


def _answer_has_an_example(operation):
    """Whatever the form of what is answered when all is well."""
    told = next(answer for status, answer in operation["responses"].items() if status.startswith("2"))
    return all("examples" in media for media in told["content"].values())


def test_every_operation_is_described_with_an_example(tmp_path):
    description = _description(tmp_path)

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


def test_every_reference_of_the_description_leads_somewhere(tmp_path):
    description = _description(tmp_path)

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
    assert b"https://" not in page.content
    assert b"//cdn" not in page.content
