"""Requests made up from the description alone, good ones and bad ones, for every operation: none breaks the server,
none is answered with a status that the description does not have, and every answer has the form that it says.

Each request is rolled back, so that what one deletes the next one finds.
"""

from __future__ import annotations

import os
from collections import Counter
from functools import cache
from typing import Any

import pytest
import schemathesis
from django.contrib.auth.models import User
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.oms.web.furnished import furnish

pytestmark = pytest.mark.django_db
EXAMPLES = int(os.environ.get("OMS_FUZZ_EXAMPLES", "3"))
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


@pytest.fixture(autouse=True)
def _one_connection():
    """Requests run within the transaction of the test; the server would close its connection between them."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield
    for signal in signals:
        signal.connect(close_old_connections)


@cache
def _operations() -> dict[str, Any]:
    from oms.wsgi import application

    schema = schemathesis.openapi.from_wsgi("/openapi.json", application)
    return {operation.label: operation for operation in (result.ok() for result in schema.get_all_operations())}


class _Known:
    """Ids of things that are there, by what the path calls them."""

    def __init__(self) -> None:
        house = furnish(1)
        order = house.orders[0]
        self.secret = house.secret
        self.ids = house.parts | {
            "customer_id": order.customer.public_id,
            "location_id": house.shop.locations["W0"].public_id,
        }

    def put(self, case: Any) -> None:
        case.path_parameters.update({name: self.ids[name] for name in case.path_parameters if name in self.ids})


def _made_up(operation: Any) -> st.SearchStrategy[Any]:
    """Mostly what the description allows, and what it does not."""
    good = operation.as_strategy(generation_mode=GenerationMode.POSITIVE)
    try:
        return good | operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)
    except Exception:  # of some operations nothing wrong can be made up
        return good


def _ask(operation: Any, known: _Known, examples: int, answers: Counter[int]) -> None:
    @settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=_made_up(operation), at_home=st.integers(0, 4))
    def asked(case: Any, at_home: int) -> None:
        if at_home and case.path_parameters:
            known.put(case)
        narrowed = bool(case.query) and ("fields" in case.query or "expand" in case.query)
        checks = [check for check in CHECKS if not (narrowed and check is response_schema_conformance)]
        with transaction.atomic():
            answer = case.call(headers={"Authorization": f"Bearer {known.secret}"})
            transaction.set_rollback(True)
        answers[answer.status_code] += 1
        case.validate_response(answer, checks=checks)

    asked()


def _fuzz(examples: int) -> list[str]:
    known, broken, answers = _Known(), [], Counter[int]()
    User.objects.create_user("ada", email="ada@example.com", password="correct horse", is_staff=True)
    for label, operation in _operations().items():
        try:
            _ask(operation, known, examples, answers)
        except (Exception, BaseExceptionGroup) as problem:
            broken.append(f"{label}: {problem!r}\n" + "\n".join(map(str, getattr(problem, "exceptions", ()))))
    assert {200, 400, 404} <= answers.keys(), answers  # some got far, and some did not
    return broken


def test_no_request_made_up_from_the_description_is_answered_otherwise_than_it_says():
    assert len(_operations()) > 60

    broken = _fuzz(EXAMPLES)
    assert not broken, "\n\n".join(broken)


@pytest.mark.soak
def test_no_request_of_very_many_is_answered_otherwise_than_the_description_says():
    broken = _fuzz(int(os.environ.get("OMS_FUZZ_SOAK_EXAMPLES", "150")))
    assert not broken, "\n\n".join(broken)
