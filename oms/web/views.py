"""The base of the API's views."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from rest_framework.views import APIView

from oms.web.scopes import Access


class ApiView(APIView):
    """Says by method what its caller must be allowed to do; a method without an entry is open to nobody."""

    access: ClassVar[Mapping[str, Access]]


def reads_and_writes(read: Access, write: Access) -> Mapping[str, Access]:
    return {"GET": read, "POST": write, "DELETE": write}
