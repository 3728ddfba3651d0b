"""What lay at a location at a past instant: a page at a time by sku, or all of it as CSV."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from django.contrib.admin import AdminSite
from django.db.models import QuerySet
from django.http import HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from inventory.admin.item_stock import instant
from inventory.models import InventoryLevel, StockLocation
from inventory.selectors import locations_seen
from inventory.stock_history import Then, stock_then
from oms.web import spreadsheet

ROWS: Final = 50
_CHUNK: Final = 1000
_HEADINGS: Final = ("sku", "title", "location", "on_hand", "reserved", "backordered", "incoming")
Row = tuple[InventoryLevel, Then]


def then_page(request: HttpRequest, site: AdminSite, levels: QuerySet[InventoryLevel]) -> HttpResponseBase:
    """levels: those that this person may see, with those that were deleted."""
    at = instant(request)
    place = _place(request)
    asked = levels.filter(location=place) if place and at else levels.none()
    if at and place and "csv" in request.GET:
        return _download(asked, at, place)
    rows, after = _page(asked, at, request.GET.get("after", "")) if at else ([], "")
    given = {"location": place.pk if place else "", "at": request.GET.get("at", "")}
    context = {
        **site.each_context(request),
        "title": _("Stock at a past time"),
        "locations": [(str(each.pk), each.name) for each in locations_seen()],
        "place": place,
        "at": at,
        "typed": request.GET.get("at", ""),
        "zone": timezone.get_current_timezone_name(),
        "rows": rows,
        "next": urlencode(given | {"after": after}) if after else "",
        "first": urlencode(given) if request.GET.get("after") else "",
        "download": urlencode(given | {"csv": "1"}),
    }
    return TemplateResponse(request, "admin/inventory/then.html", context)


def _place(request: HttpRequest) -> StockLocation | None:
    try:
        return locations_seen().filter(pk=UUID(request.GET.get("location", ""))).first()
    except ValueError:
        return None


def _page(levels: QuerySet[InventoryLevel], at: datetime, after: str) -> tuple[list[Row], str]:
    """A page behind a sku, and the sku behind which the next one begins ("" where there is none).

    Levels that had no history by then are passed over; a page that finds nothing but such looks further, ten times.
    """
    for _again in range(10):
        chunk = list(_behind(levels, after)[: ROWS + 1])
        rows = list(_with_history(chunk[:ROWS], at))
        after = chunk[ROWS - 1].item.sku if len(chunk) > ROWS else ""
        if rows or not after:
            break
    return rows, after


def _behind(levels: QuerySet[InventoryLevel], sku: str) -> QuerySet[InventoryLevel]:
    return levels.filter(item__sku__gt=sku.replace("\0", "")).select_related("item").order_by("item__sku")


def _with_history(levels: Iterable[InventoryLevel], at: datetime) -> Iterator[Row]:
    found = list(levels)
    then = stock_then([level.pk for level in found], at)
    return ((level, then[level.pk]) for level in found if level.pk in then)


def _download(levels: QuerySet[InventoryLevel], at: datetime, place: StockLocation) -> StreamingHttpResponse:
    name = f"stock {place.code} {timezone.localtime(at):%Y-%m-%d %H.%M}.csv"
    return spreadsheet.download(_lines(levels, at, place), name)


def _lines(levels: QuerySet[InventoryLevel], at: datetime, place: StockLocation) -> Iterator[Sequence[Any]]:
    """A chunk at a time: memory does not grow with the location."""
    yield _HEADINGS
    after = ""
    while chunk := list(_behind(levels, after)[:_CHUNK]):
        after = chunk[-1].item.sku
        for level, then in _with_history(chunk, at):
            words = (level.item.sku, level.item.title, place.code)
            yield (*words, then.on_hand, then.reserved, then.backordered, then.incoming)
