"""Orders as JSON, one to a line: `orders.requests.OrderRequest`. What `manage.py export_orders` writes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from hashlib import sha256
from typing import Any, ClassVar, Final

import msgspec

from channels.adapters.base import Kind, RawRecord, Rejected, SourceDefaults, SourceRecord
from channels.adapters.files import Fingerprint, Source, Survey
from oms.core.errors import InvalidInput
from orders import requests

_BOM: Final = b"\xef\xbb\xbf"
_MAX_LINE: Final = 8 * 1024 * 1024
_AT_BYTE: Final = re.compile(r"\(byte (\d+)\)")


class NdjsonFormat:
    name: ClassVar[str] = "ndjson"

    def recognises(self, head: bytes) -> bool:
        return head.removeprefix(_BOM).lstrip()[:1] == b"{"

    def survey(self, source: Source) -> Survey:
        """Lines end in a line feed; the last one may lack it. The text is UTF-8."""
        fingerprint = Fingerprint(source)
        lines = filled = offset = 0
        with source.content() as content:
            while line := content.readline(_MAX_LINE + 1):
                lines += 1
                if len(line) > _MAX_LINE:
                    raise source.unreadable(f"line {lines}: longer than 8 MB; one order stands on one line.")
                fingerprint(line)
                try:
                    line.decode()
                except UnicodeDecodeError as problem:
                    raise source.unreadable(f"line {lines}, column {problem.start + 1}: not UTF-8.") from None
                filled += bool(line.strip())
                offset += len(line)
        if not self.recognises(source.head):
            raise source.unreadable("line 1: this is no JSON object. One order stands on one line, in braces.")
        return Survey(lines=lines, fingerprint=fingerprint.hexdigest(), notes={"orders": filled})

    def records(self, source: Source, survey: Survey) -> Iterator[RawRecord]:
        with source.content() as content:
            for number, line in enumerate(content, start=1):
                text = (line.removeprefix(_BOM) if number == 1 else line).strip()
                if text:
                    yield _record(number, text)

    def digest(self, raw: RawRecord) -> str:
        return sha256(raw.rows[0]).hexdigest()

    def read(self, raw: RawRecord, defaults: SourceDefaults) -> SourceRecord:
        text: bytes = raw.rows[0]
        if raw.problem:
            raise raw.problem
        try:
            request = requests.parse(text)
        except InvalidInput as problem:
            error = problem.errors[0]
            column = error.pointer or _column(error.message, text)
            raise _rejected(raw, "; ".join(each.message for each in problem.errors[:5]), column) from None
        if request.sales_channel not in (None, defaults.channel_code):
            raise _rejected(raw, f"The order belongs to the channel {request.sales_channel}.", "/sales_channel")
        canceled = request.canceled_at is not None
        unpriced = not any(line.unit_price for line in request.items) and bool(request.items)
        sample = unpriced and not canceled and not any(method.amount for method in request.shipping_methods)
        return SourceRecord(
            external_id=raw.external_id,
            kind=Kind.SAMPLE if sample and not request.total else Kind.SALE,
            line=raw.line,
            size=1,
            request=request,
            issued_at=request.placed_at,
            currency=request.currency,
        )

    def locate(self, raw: RawRecord, pointer: str) -> tuple[int, str, str]:
        return raw.line, pointer, raw.rows[0][:1000].decode(errors="replace")

    def raw_json(self, raw: RawRecord) -> Any:
        return {"rows": [{"line": raw.line, "text": raw.rows[0].decode().replace("\\u0000", "\\\\u0000")}]}


class _Head(msgspec.Struct):
    """As much of an order as tells which one it is."""

    external_id: str | None = None


_head = msgspec.json.Decoder(_Head)


def _record(number: int, text: bytes) -> RawRecord:
    raw = RawRecord("", number, 1, [text], weight=text.count(b'"quantity"'))
    try:
        raw.external_id = _head.decode(text).external_id or ""
    except (msgspec.DecodeError, RecursionError):
        return raw  # the whole order is read below, and says better what is wrong
    if not raw.external_id:
        reason = "An order that is brought in needs an external_id, by which it is known the next time."
        raw.problem = _rejected(raw, reason, "/external_id")
    return raw


def _rejected(raw: RawRecord, reason: str, column: str) -> Rejected:
    return Rejected(reason, line=raw.line, column=column, raw=raw.rows[0][:1000].decode(errors="replace"))


def _column(message: str, text: bytes) -> str:
    """Where JSON itself is broken the parser tells the byte."""
    if "truncated" in message:
        return f"column {len(text) + 1}"
    found = _AT_BYTE.search(message)
    beyond = "trailing characters" in message  # there it tells the byte behind
    return f"column {int(found[1]) + (not beyond)}" if found else ""
