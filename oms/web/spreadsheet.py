"""CSV for spreadsheets: what a customer typed is never run as a formula, numbers stay numbers."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from django.http import StreamingHttpResponse
from django.utils import timezone
from django.utils.http import content_disposition_header

BOM: Final = "\ufeff"
# What makes a spreadsheet take a text for a formula, the wide forms too, which some of them take for the same.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_ROWS_AT_ONCE: Final = 200


def cell(value: Any) -> str:
    """Times in the active time zone with their offset, lists with commas. An apostrophe goes before what would be a
    formula; a number, also below zero, is none."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Decimal):
        return _plain(value)
    if isinstance(value, datetime):
        return timezone.localtime(value).isoformat(timespec="seconds")
    if isinstance(value, date):
        return value.isoformat()
    text = ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text


def _plain(value: Decimal) -> str:
    """2.5, not 2.5000; 100, not 1E+2."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def lines(rows: Iterable[Sequence[Any]], *, bom: bool = False) -> Iterator[str]:
    """The file, some rows at a time. bom: a mark by which Excel knows it as UTF-8."""
    if bom:
        yield BOM
    text = io.StringIO()
    writer = csv.writer(text)  # lines end as RFC 4180 says
    for number, row in enumerate(rows, start=1):
        writer.writerow([cell(value) for value in row])
        if number % _ROWS_AT_ONCE == 0:
            yield text.getvalue()
            text.seek(0)
            text.truncate()
    yield text.getvalue()


def download(rows: Iterable[Sequence[Any]], name: str, *, bom: bool = False) -> StreamingHttpResponse:
    """A file to keep, sent while it is written."""
    return streamed(lines(rows, bom=bom), name, "text/csv; charset=utf-8")


def streamed(content: Iterator[str] | Iterator[bytes], name: str, content_type: str) -> StreamingHttpResponse:
    disposition = content_disposition_header(as_attachment=True, filename=name) or "attachment"
    return StreamingHttpResponse(
        content,
        content_type=content_type,
        headers={"Content-Disposition": disposition, "Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )
