"""All orders that a list finds, in one answer sent while it is written: a table, or what an import reads back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from django.db.models import QuerySet
from django.http import QueryDict
from django.http.response import HttpResponseBase
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from channels.services.exports import order_lines
from oms.core.errors import FieldError, InvalidInput
from oms.web import queries, schema, spreadsheet
from oms.web.queries import wrong
from oms.web.views import ApiView
from orders import exporting
from orders.api import access
from orders.api.filters import OrderFilters
from orders.models import Order

_OWN: Final[Mapping[str, tuple[str, ...]]] = {
    "format": ("csv", "ndjson"),
    "rows": ("orders", "lines"),
    "bom": ("false", "true"),
}
_ORDERINGS: Final = {"created_at": ("placed_at", "pk"), "display_id": ("number",)}
_TABLES: Final[Mapping[str, Callable[[QuerySet[Order]], Iterator[Any]]]] = {
    "orders": exporting.by_order,
    "lines": exporting.by_line,
}
_CSV: Final = (
    "number,id,external_id,placed_at,channel,status\r\n"
    "1001,order_01m82tqn5hhtjdz5ewkpj1x380,W-1001,2026-11-22T23:51:16+00:00,web,pending\r\n"
)
_NDJSON: Final = (
    '{"external_id":"W-1001","placed_at":"2026-11-22T23:51:16Z","currency_code":"GBP","items":[{"sku":"LAMP",'
    '"quantity":2,"unit_price":12.5}]}\n'
)


class ExportView(ApiView):
    access = {"GET": access.READ}

    @schema.download(
        id="exportOrders",
        summary="Export orders",
        tag="Orders",
        filters=OrderFilters,
        answers={"text/csv": _CSV, "application/x-ndjson": _NDJSON},
        parameters=[
            OpenApiParameter(name, str, enum=words, description=told)
            for (name, words), told in zip(
                _OWN.items(),
                (
                    "csv: a table; ndjson: an order a line, in full, as `import_orders` reads it, oldest id first.",
                    "csv: a row for each order, or for each line of an order.",
                    "csv: begin with a byte order mark, by which Excel knows UTF-8.",
                ),
                strict=True,
            )
        ],
        description=f"{schema.OURS} All that the filters of the list find, however many: it is streamed. A cell that a "
        "spreadsheet would run as a formula begins with an apostrophe.",
    )
    def get(self, request: Request) -> HttpResponseBase:
        query = queries.parameters(request)
        own = {name: _choice(query, name, words) for name, words in _OWN.items()}
        _require_whole(query)
        wanted = queries.filtered(OrderFilters, query, Order.objects.all(), also=_OWN)
        name = f"orders-{timezone.localdate().isoformat()}"
        if own["format"] == "ndjson":
            return spreadsheet.streamed(order_lines(wanted.order_by("pk")), f"{name}.ndjson", "application/x-ndjson")
        rows = _TABLES[own["rows"]](wanted.order_by(*queries.ordering(query, _ORDERINGS, "-created_at")))
        return spreadsheet.download(rows, f"{name}.csv", bom=own["bom"] == "true")


def _choice(query: QueryDict, name: str, words: tuple[str, ...]) -> str:
    """The first word is meant when nothing is said. Raises InvalidInput."""
    word = query.get(name) or words[0]
    if word not in words:
        raise InvalidInput(errors=[wrong(name, f"{word[:40]} is none of {', '.join(words)}.")])
    return word


def _require_whole(query: QueryDict) -> None:
    """An export has no pages. Raises InvalidInput."""
    errors: list[FieldError] = [
        wrong(name, "an export is whole: leave it out.") for name in ("limit", "offset", "fields") if name in query
    ]
    if errors:
        raise InvalidInput(errors=errors)
