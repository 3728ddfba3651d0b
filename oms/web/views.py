"""The base of the API's views."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.views import APIView

from oms.web import queries
from oms.web.rendering import json_answer
from oms.web.scopes import Access


class ApiView(APIView):
    """Says by method what its caller must be allowed to do; a method without an entry is open to nobody."""

    access: ClassVar[Mapping[str, Access]]


def one(request: Request, name: str, shape: Any, *, headers: Mapping[str, str] | None = None) -> HttpResponse:
    """`{name: …}`, with the fields that the request asks for."""
    return json_answer({name: queries.parameters(request).selection.shown(shape)}, headers=headers)


def reads_and_writes(read: Access, write: Access) -> Mapping[str, Access]:
    return {"GET": read, "POST": write, "DELETE": write}
