"""API keys, managed by staff and by programs that may: nobody gives a key more than they may do themselves."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from typing import Annotated, Any, Final, Literal, cast
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponse
from django_filters import ChoiceFilter, Filter, FilterSet
from msgspec import UNSET, Meta, UnsetType
from rest_framework.request import Request

from oms.core import ids
from oms.core.errors import FieldError, InvalidInput, NotFound
from oms.web import api_keys, bodies, idempotency, schema
from oms.web.api import shapes
from oms.web.api_keys import KeyHolder, NewKey
from oms.web.bodies import Body
from oms.web.filters import IdsFilter, WordsFilter, moments
from oms.web.limits import limits_of
from oms.web.models import ApiKey
from oms.web.rendering import json_answer
from oms.web.scopes import Access, Scope, scopes_of
from oms.web.views import ApiView, many, one

TAG: Final = "API keys"
READ: Final = Access(Scope.API_KEYS_READ, "web.view_apikey")
ADD: Final = Access(Scope.API_KEYS_WRITE, "web.add_apikey")
CHANGE: Final = Access(Scope.API_KEYS_WRITE, "web.change_apikey")
DELETE: Final = Access(Scope.API_KEYS_WRITE, "web.delete_apikey")
A_YEAR: Final = 31_536_000

_KEY: Final = schema.envelope("api_key", shapes.Key)
_EXAMPLE: Final[dict[str, Any]] = {
    "id": "apk_01m82tqn5hhtjdz5ewkpj1x380",
    "title": "Storefront",
    "token": "",
    "redacted": "sk_a1b***9f0",
    "type": "secret",
    "scopes": ["orders:read", "orders:write"],
    "created_by": "1",
    "created_at": "2026-11-22T23:51:16.914Z",
    "updated_at": "2026-11-22T23:51:16.914Z",
    "last_used_at": None,
    "revoked_at": None,
    "revoked_by": None,
    "deleted_at": None,
}

Title = Annotated[str, Meta(min_length=1, max_length=120)]
Scopes = Annotated[list[str], Meta(max_length=100)]


class CreateKey(Body):
    """scopes (ours): what it may do; left out, all that its maker may."""

    title: Title
    type: Literal["secret"] = "secret"
    scopes: Scopes | UnsetType = UNSET


class UpdateKey(Body):
    title: Title | UnsetType = UNSET
    scopes: Scopes | UnsetType = UNSET


class RevokeKey(Body):
    """revoke_in: seconds for which it still works."""

    revoke_in: Annotated[int, Meta(ge=0, le=A_YEAR)] = 0


class KeyFilters(FilterSet):
    """`q`: how a title begins, without regard to case."""

    id = IdsFilter(ids.API_KEY, field_name="pk")
    title = WordsFilter()
    type = ChoiceFilter(choices=[("secret", "secret")], method="by_type")
    q = Filter(field_name="title", lookup_expr="istartswith", help_text="How a title begins, without regard to case.")

    def by_type(self, rows: QuerySet[ApiKey], name: str, value: str) -> QuerySet[ApiKey]:
        return rows  # there is one type


for _column in ("created_at", "updated_at", "revoked_at"):
    KeyFilters.base_filters.update(moments(_column, _column))


def _id(text: str) -> UUID:
    return bodies.path_id(ids.API_KEY, text, "API key")


def _show(key_id: UUID) -> shapes.Key:
    row = ApiKey.objects.filter(pk=key_id).first()
    if row is None:
        raise NotFound(kind="API key", id=ids.encode(ids.API_KEY, key_id))
    return shapes.key(row)


def _may_give(request: Request) -> frozenset[str]:
    """The scopes that the caller may give away: a key its own, staff those of what they may do."""
    user: Any = request.user
    return user.scopes if isinstance(user, KeyHolder) else scopes_of(user)


def _require_own(request: Request, scopes: Collection[str]) -> None:
    """Raises InvalidInput: a key that makes keys would else be a key to everything."""
    own, user = _may_give(request), cast(Any, request.user)
    lacks = "this key lacks {} itself." if isinstance(user, KeyHolder) else "you may not do all of {}."
    errors = [
        FieldError("/scopes", f"scopes: {lacks.format(scope)}", "scope_not_held")
        for scope in sorted(set(scopes) - own)
        if scope in set(Scope)
    ]
    if errors:
        raise InvalidInput(errors=errors)


class KeysView(ApiView):
    access = {"GET": READ, "POST": ADD}
    audited = {"POST": "key.created"}

    @schema.operation(
        id="listApiKeys",
        summary="List API keys",
        tag=TAG,
        answer=schema.envelope("api_keys", shapes.Key, paged=True),
        example={"api_keys": [_EXAMPLE], "count": 1, "limit": 20, "offset": 0},
        filters=KeyFilters,
        description="Revoked ones too. The newest first.",
    )
    def get(self, request: Request) -> HttpResponse:
        orderings = {"created_at": ("created_at", "pk"), "title": ("title", "pk")}
        return many(request, "api_keys", ApiKey.objects.all(), shapes.key, filters=KeyFilters, orderings=orderings)

    @schema.operation(
        id="createApiKey",
        summary="Create an API key",
        tag=TAG,
        body=CreateKey,
        body_example={"title": "Storefront", "type": "secret", "scopes": ["orders:read", "orders:write"]},
        answer=_KEY,
        example={"api_key": _EXAMPLE | {"token": "sk_a1b…"}},
        description="`token` is the secret, shown in this answer and never again; a repeat under the same "
        "Idempotency-Key is answered without it.",
    )
    def post(self, request: Request) -> HttpResponse:
        body = bodies.read(request, CreateKey)
        scopes = sorted(_may_give(request)) if isinstance(body.scopes, UnsetType) else body.scopes
        _require_own(request, scopes)
        user: Any = request.user
        seen = limits_of(user)  # nobody gives a key a wider view than their own

        def work() -> NewKey:
            maker = None if isinstance(user, KeyHolder) else user
            made = api_keys.create_api_key(
                title=body.title,
                scopes=scopes,
                channel_ids=seen.channels,
                location_ids=seen.locations,
                created_by=maker,
            )
            made.key.refresh_from_db()
            return made

        def told(made: NewKey, *, token: str) -> HttpResponse:
            headers = {"Cache-Control": "no-store"}
            return json_answer({"api_key": shapes.key(made.key, token=token)}, headers=headers)

        return idempotency.answer(
            request, work, lambda made: told(made, token=made.secret), keep=lambda made: told(made, token="")
        )


class KeyView(ApiView):
    access = {"GET": READ, "POST": CHANGE, "DELETE": DELETE}
    audited = {"POST": "key.changed", "DELETE": "deleted"}

    @schema.operation(
        id="getApiKey", summary="Read an API key", tag=TAG, answer=_KEY, example={"api_key": _EXAMPLE},
        description="Without its secret, which nobody has but its holder.",
    )  # fmt: skip
    def get(self, request: Request, key_id: str) -> HttpResponse:
        return one(request, "api_key", _show(_id(key_id)))

    @schema.operation(
        id="updateApiKey",
        summary="Change an API key's title or scopes",
        tag=TAG,
        body=UpdateKey,
        body_example={"title": "Storefront, new", "scopes": ["orders:read"]},
        answer=_KEY,
        example={"api_key": _EXAMPLE | {"title": "Storefront, new", "scopes": ["orders:read"]}},
    )
    def post(self, request: Request, key_id: str) -> HttpResponse:
        key, body = _id(key_id), bodies.read(request, UpdateKey)
        title = None if isinstance(body.title, UnsetType) else body.title
        scopes = None if isinstance(body.scopes, UnsetType) else body.scopes

        def work() -> UUID:
            if scopes is not None:
                _require_own(request, set(scopes) - set(_show(key).scopes))
            api_keys.update_api_key(key_id=key, title=title, scopes=scopes)
            return key

        return idempotency.answer(request, work, lambda done: one(request, "api_key", _show(done)))

    @schema.operation(
        id="deleteApiKey",
        summary="Delete a revoked API key",
        tag=TAG,
        answer=schema.shape(shapes.DeletedKey),
        example={"id": _EXAMPLE["id"], "object": "api_key", "deleted": True},
        deletes=True,
        description="One that still works is refused.",
    )
    def delete(self, request: Request, key_id: str) -> HttpResponse:
        key = _id(key_id)
        gone = shapes.DeletedKey(id=ids.encode(ids.API_KEY, key))
        return idempotency.answer(request, lambda: api_keys.delete_api_key(key_id=key), lambda _: json_answer(gone))


class RevokeView(ApiView):
    access = {"POST": CHANGE}
    audited = {"POST": "key.revoked"}

    @schema.operation(
        id="revokeApiKey",
        summary="Revoke an API key",
        tag=TAG,
        body=RevokeKey,
        body_example={},
        answer=_KEY,
        example={"api_key": _EXAMPLE | {"revoked_at": "2026-11-23T10:00:00.000Z"}},
        description="At once, or in `revoke_in` seconds. Revoked already: nothing changes.",
    )
    def post(self, request: Request, key_id: str) -> HttpResponse:
        key, body = _id(key_id), bodies.read(request, RevokeKey)

        def work() -> UUID:
            _show(key)
            api_keys.revoke_api_key(key_id=key, after=timedelta(seconds=body.revoke_in))
            return key

        return idempotency.answer(request, work, lambda done: one(request, "api_key", _show(done)))
