"""The OpenAPI description: operations in one line each, schemas from the msgspec structs that views read and write."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeVar

import msgspec
from django_filters import FilterSet
from django_filters import filters as django_filters
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema

from oms.web.exceptions import PROBLEM

F = TypeVar("F", bound=Callable[..., Any])
_REF: Final = "#/components/schemas/{name}"
_shapes: dict[str, Any] = {}

OURS: Final = "Beyond the contract: ours."


class Problem(msgspec.Struct):
    """A refusal: application/problem+json, RFC 9457. `errors` names each field by JSON pointer, with its facts."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    message: str
    errors: list[dict[str, Any]]
    request_id: str


def shape(kind: Any) -> dict[str, Any]:
    """The JSON schema of a struct, as a reference; its definition goes to the components."""
    (out,), components = msgspec.json.schema_components([kind], ref_template=_REF)
    for name, each in components.items():
        if _shapes.setdefault(name, each) != each:
            raise TypeError(f"Two structs of the API are called {name}; the description needs a name for each.")
    found: dict[str, Any] = _exact(out)
    return found


def envelope(name: str, kind: Any, *, paged: bool = False) -> dict[str, Any]:
    """`{"order": {…}}`, or a page: `{"orders": […], "count", "limit", "offset"}`, by cursor `next_cursor`."""
    inner = shape(kind)
    if not paged:
        return {"type": "object", "properties": {name: inner}, "required": [name]}
    rows, number = {"type": "array", "items": inner}, {"type": "integer"}
    by_offset = {name: rows, "count": number, "limit": number, "offset": number, "count_capped": {"type": "boolean"}}
    by_cursor = {name: rows, "limit": number, "next_cursor": {"type": ["string", "null"]}}
    return {
        "anyOf": [
            {"type": "object", "properties": by_offset, "required": [name, "count", "limit", "offset"]},
            {"type": "object", "properties": by_cursor, "required": list(by_cursor)},
        ]
    }


def operation(
    *,
    id: str,  # noqa: A002  (the description's own word)
    summary: str,
    answer: Mapping[str, Any],
    example: Any,
    tag: str,
    body: Any = None,
    body_example: Any = None,
    description: str = "",
    filters: type[FilterSet] | None = None,
    one_order: bool = False,
    deletes: bool = False,
    selects: bool = True,
    status: int = 200,
    problems: Sequence[int] = (400, 401, 403, 404, 429),
) -> Callable[[F], F]:
    """Describe an operation. `example` is an answer (with `status`), `body_example` what is sent for it."""
    unsafe = body is not None or one_order or deletes
    responses: dict[Any, Any] = {
        status: OpenApiResponse(
            dict(answer), "What it is now.", examples=[OpenApiExample("Answer", value=example, response_only=True)]
        )
    }
    extra = ([409, 422] if unsafe else []) + ([412] if one_order else []) + ([413, 415] if body is not None else [])
    responses |= refusals(*problems, *extra)
    examples = [OpenApiExample("Request", value=body_example, request_only=True)] if body_example is not None else []
    return extend_schema(
        operation_id=id,
        summary=summary,
        description=description or summary,
        tags=[tag],
        request={"application/json": shape(body)} if body is not None else None,
        responses=responses,
        examples=examples,
        parameters=[
            *(_list_parameters(filters) if filters else []),
            *(_FIELDS if selects and not filters and not unsafe else []),
            *([_IDEMPOTENCY_KEY] if unsafe else []),
            *([_IF_MATCH] if one_order else []),
        ],
    )


def download(
    *,
    id: str,  # noqa: A002  (the description's own word)
    summary: str,
    tag: str,
    filters: type[FilterSet],
    answers: Mapping[str, str],
    parameters: Sequence[OpenApiParameter],
    description: str,
) -> Callable[[F], F]:
    """Describe an operation that answers with a file. answers: an example for each media type."""
    responses: dict[Any, Any] = {
        (200, media): OpenApiResponse(
            {"type": "string"},
            "The file.",
            examples=[OpenApiExample("File", value=example, response_only=True, media_type=media)],
        )
        for media, example in answers.items()
    }
    responses |= refusals(400, 401, 403, 429)
    whole = [
        each for each in _list_parameters(filters) if each.name not in {"limit", "offset", "cursor", "fields", "expand"}
    ]
    return extend_schema(
        operation_id=id,
        summary=summary,
        description=description,
        tags=[tag],
        request=None,
        responses=responses,
        parameters=[*parameters, *whole],
    )


def refusals(*statuses: int) -> dict[Any, Any]:
    """What an operation may refuse, by status and content type."""
    return {(status, PROBLEM): OpenApiResponse(shape(Problem), _REFUSED[status]) for status in sorted(statuses)}


_REFUSED: Final = {
    400: "What was sent is not valid, or the act is not possible now: `code` says which.",
    401: "No key, token or session that is good.",
    402: "The payment provider was asked and said no: nothing was moved.",
    403: "The caller may not do this.",
    404: "There is no such thing.",
    409: "A request with the same Idempotency-Key is under way.",
    412: "It was changed meanwhile: If-Match names an old revision.",
    413: "The body is larger than this server takes.",
    415: "The body is no JSON.",
    422: "The Idempotency-Key was used with another request.",
    429: "Too many requests; Retry-After says when the next one may come.",
    503: "Somebody who has to be asked does not answer: nothing was done, and the same may be sent again.",
}
_IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description="Up to 255 characters. A repeat does nothing, and gets the first answer again, byte for byte; where a "
    "payment provider is asked, what has become of it by then.",
)
_IF_MATCH = OpenApiParameter(
    "If-Match", str, OpenApiParameter.HEADER, description='The revision you have seen, such as "7". Stale: 412.'
)


_FIELDS: Final = [
    OpenApiParameter(
        "fields",
        str,
        description="`id,total`: these alone. `-items`: all but it. `items.quantity`: of a part some fields. `+name` "
        "and `*name` add to everything, so change nothing. Unknown names are passed over.",
    ),
    OpenApiParameter("expand", str, description="`expand=items` says the same as `fields=*items`."),
]


def _list_parameters(kind: type[FilterSet]) -> list[OpenApiParameter]:
    found = [
        OpenApiParameter("limit", int, description="At most 200; 20 without it."),
        OpenApiParameter("offset", int, description="How many to leave out; at most 10000, further on by cursor."),
        OpenApiParameter(
            "cursor",
            str,
            allow_blank=True,
            description="Instead of offset. Empty: the first page; then `next_cursor` of the page before, until it is "
            "null. Costs the same on every page, and what is inserted meanwhile moves nothing.",
        ),
        OpenApiParameter("order", str, description="A name to order by, with - for descending."),
        *_FIELDS,
    ]
    for name, each in kind.base_filters.items():
        choices = [value for value, _ in each.extra.get("choices") or []] or None
        many = isinstance(each, django_filters.MultipleChoiceFilter | django_filters.BaseCSVFilter) or getattr(
            each, "many", False
        )
        found.append(
            OpenApiParameter(
                f"{name}[]" if many else name,
                bool if isinstance(each, django_filters.BooleanFilter) else str,
                many=many,
                enum=choices,
                description=str(each.extra.get("help_text", "")),
            )
        )
    return found


class ApiKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # the library's own hook
    target_class = "oms.web.authentication.ApiKeyAuthentication"
    name = "apiKey"

    def get_security_definition(self, auto_schema: Any) -> Any:
        return {"type": "http", "scheme": "bearer", "description": "A secret key: `Authorization: Bearer sk_…`"}


class StaffTokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # the library's own hook
    target_class = "oms.web.authentication.StaffTokenAuthentication"
    name = "staffToken"

    def get_security_definition(self, auto_schema: Any) -> Any:
        return {"type": "http", "scheme": "bearer", "description": "What `/auth/user/emailpass` gives to staff."}


class SessionScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # the library's own hook
    target_class = "oms.web.authentication.StaffSessionAuthentication"
    name = "session"

    def get_security_definition(self, auto_schema: Any) -> Any:
        return {"type": "apiKey", "in": "cookie", "name": "sessionid", "description": "The session of the console."}


def add_components(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Postprocessing hook: the schemas of all structs that operations name."""
    schemas = result.setdefault("components", {}).setdefault("schemas", {})
    schemas.update({name: _exact(each) for name, each in sorted(_shapes.items())})
    for path, methods in result["paths"].items():
        for method, told in methods.items():
            if method == "get" and "{" not in path:
                told["responses"].pop("404", None)
            _tell_headers(told)
    return result


def _tell_headers(told: dict[str, Any]) -> None:
    whole, words = {"schema": {"type": "integer"}}, {"schema": {"type": "string"}}
    responses = told["responses"]
    if "429" in responses:
        responses["429"]["headers"] = {"Retry-After": {**whole, "description": "Seconds.", "required": True}}
    if "412" in responses:
        responses["200"]["headers"] = {"ETag": {**words, "description": "Its revision, in quotes."}}


def only_api(endpoints: list[Any], **_: Any) -> list[Any]:
    """Preprocessing hook: the description speaks of the API, not of itself."""
    return [endpoint for endpoint in endpoints if re.match(r"^/(admin|auth)/", endpoint[0])]


def _exact(schema: Any) -> Any:
    """msgspec calls a Decimal a string; on our wire it is a number."""
    if isinstance(schema, list):
        return [_exact(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    if schema.get("format") == "decimal":
        default = {"default": float(schema["default"])} if "default" in schema else {}
        return (
            {key: each for key, each in schema.items() if key not in {"format", "default"}}
            | {"type": "number"}
            | default
        )
    return {key: _exact(each) for key, each in schema.items()}
