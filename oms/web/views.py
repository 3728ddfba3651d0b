"""The base of the API's views."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, ClassVar, Final

from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django_filters import FilterSet
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.views import APIView

from oms.web import audit, etag, limits, pagination, queries, rates
from oms.web.authentication import actor_of, address_of, scope_of
from oms.web.limits import OutsideLimits, all_within, limits_of
from oms.web.named import keys, texts_of
from oms.web.rendering import json_answer
from oms.web.scopes import Access

BY_ID: Final = {"created_at": ("pk",)}  # ids are made in ascending order, and theirs is an index


class Counted(APIView):
    """Counts what each caller asks (`oms.web.rates`): a key or member of staff by kind of request, others by address.

    counted_as: the kind of its requests; else reads or writes, by their method.
    """

    counted_as: ClassVar[str] = ""
    spent: rates.Spent | None = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        try:
            known = request.user is not None
        except AuthenticationFailed:
            self._count(rates.STRANGERS, address_of(request))
            raise
        if known:
            self._count(
                self.counted_as or (rates.READS if request.method in SAFE_METHODS else rates.WRITES), scope_of(request)
            )
        else:
            self._count(self.counted_as or rates.STRANGERS, address_of(request))
        super().initial(request, *args, **kwargs)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)
        for name, value in self.spent.headers.items() if self.spent else ():
            response[name] = value
        return response

    def _count(self, kind: str, who: str) -> None:
        self.spent = rates.spend(kind, who)
        if self.spent:
            self.spent.require()


class ApiView(Counted):
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
        limits.answering.set(seen)
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


def one(request: Request, name: str, shape: Any, *, headers: Mapping[str, str] | None = None) -> HttpResponse:
    """`{name: …}`, with the fields that the request asks for, and its revision as ETag where it has one."""
    revision = getattr(shape, "revision", None)
    tag = {} if revision is None else {"ETag": etag.of(revision)}
    return json_answer({name: queries.parameters(request).selection.shown(shape)}, headers=tag | dict(headers or {}))


def many(
    request: Request,
    name: str,
    rows: QuerySet[Any],
    show: Callable[[Any], Any],
    *,
    filters: type[FilterSet],
    orderings: Mapping[str, tuple[str, ...]] = BY_ID,
    order: str = "-created_at",
) -> HttpResponse:
    """A page of the rows that the request asks for and its sender may see. orderings: the names that `order=` may have,
    with their columns; order: without it. Raises InvalidInput."""
    query = queries.parameters(request)
    found = queries.filtered(filters, query, rows)
    page = pagination.page(query, found.order_by(*queries.ordering(query, orderings, order)))
    return page.answer(name, [show(row) for row in page.rows])


def reads_and_writes(read: Access, write: Access) -> Mapping[str, Access]:
    return {"GET": read, "POST": write, "DELETE": write}
