"""The base of the API's views."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, ClassVar

from django.http import Http404
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.views import APIView

from oms.web import audit
from oms.web.authentication import actor_of
from oms.web.limits import OutsideLimits, all_within, limits_of
from oms.web.named import keys, texts_of
from oms.web.scopes import Access


class ApiView(APIView):
    """Says by method what its caller must be allowed to do; a method without an entry is open to nobody.

    What lies outside of the caller's limits (oms.web.limits) does not exist in the path, and is refused in the body.
    for_all: the methods that concern the whole business, and so nobody who sees a part of it only.
    """

    access: ClassVar[Mapping[str, Access]]
    for_all: ClassVar[Collection[str]] = ()
    audited: ClassVar[Mapping[str, str]] = {}  # what the audit calls a method that was done

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        seen = limits_of(request.user)
        if not seen:
            return
        if request.method in self.for_all:
            raise OutsideLimits(kind="part of the business")
        if not all_within(keys(map(str, kwargs.values())), seen):
            raise Http404
        if request.method not in SAFE_METHODS and not all_within(keys(texts_of(request._request.body)), seen):
            raise OutsideLimits(kind="channel, location or row")

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        action = self.audited.get(request.method or "")
        if action and response.status_code < 400 and not response.has_header("Idempotent-Replayed"):
            actor, subject = actor_of(request), request.path.removeprefix("/admin/")
            audit.record(action, actor=actor, request=request._request, subject=subject)
        return super().finalize_response(request, response, *args, **kwargs)


def reads_and_writes(read: Access, write: Access) -> Mapping[str, Access]:
    return {"GET": read, "POST": write, "DELETE": write}
