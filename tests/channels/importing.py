"""Files to be brought in, and everything that an import leaves, to be compared."""

from __future__ import annotations

import csv
import gzip
import io
import json
from pathlib import Path
from typing import Any

from django.core.management import CommandError, call_command
from django.db import connection

from channels.adapters.online_retail import COLUMNS
from channels.models import ImportReject
from tests.factories import SalesChannelFactory

SALE = "536365,85123A,WHITE HEART HOLDER,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom"


def retail(code: str = "retail", **fields: Any):
    return SalesChannelFactory(**{"code": code, "time_zone": "Europe/London", "default_currency": "GBP"} | fields)


def row(number: str, code: str = "85123A", quantity: Any = 6, price: Any = "2.55", **fields: str) -> list[str]:
    """A row of the Online Retail format."""
    values = {
        "InvoiceNo": number,
        "StockCode": code,
        "Description": f"THE {code}",
        "Quantity": str(quantity),
        "InvoiceDate": "2010-12-01 08:26:00",
        "UnitPrice": str(price),
        "CustomerID": "17850.0",
        "Country": "United Kingdom",
    } | fields
    return [values[name] for name in COLUMNS]


def retail_file(path: Path, *rows: list[str] | str, header: list[str] | None = None, encoding: str = "utf-8") -> Path:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header or COLUMNS)
    for each in rows:
        if isinstance(each, str):
            text.write(each + "\n")
        else:
            writer.writerow(each)
    content = text.getvalue().encode(encoding)
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path


def ndjson_file(path: Path, *orders: dict[str, Any] | str) -> Path:
    lines = [each if isinstance(each, str) else json.dumps(each) for each in orders]
    path.write_text("".join(f"{line}\n" for line in lines))
    return path


def order(external_id: str = "A-1", **fields: Any) -> dict[str, Any]:
    """An order of the NDJSON format."""
    items = [{"sku": "LAMP", "title": "Lamp", "quantity": 2, "unit_price": 10}]
    return {"currency_code": "GBP", "external_id": external_id, "placed_at": "2024-05-01T10:00:00Z"} | {
        "items": items,
        **fields,
    }


def bring_in(path: Path, channel: str = "retail", **options: Any) -> tuple[int, dict[str, Any]]:
    """manage.py import_orders --json: its exit code and what it printed; a refusal's sentence is under "refused"."""
    out = io.StringIO()
    answer: dict[str, Any] = {}
    try:
        call_command("import_orders", str(path), channel=channel, json=True, stdout=out, **options)
        code = 0
    except CommandError as refusal:
        code, answer["refused"] = refusal.returncode, str(refusal)
    except SystemExit as end:
        code = int(end.code or 0)
    if out.getvalue():
        answer |= json.loads(out.getvalue())
    return code, answer


def rejects() -> list[tuple[int, str, str, str]]:
    """Line, column, external id and reason of every reject."""
    rows = ImportReject.objects.order_by("line", "pk")
    return list(rows.values_list("line", "column", "external_id", "reason"))


# Tables that say what the business knows, by what names their rows and what of them is ids, times and numbering.
_ORDER = "(SELECT o.external_id FROM orders_order o WHERE o.id = t.order_id)"
_LINE = "(SELECT l.position FROM orders_orderline l WHERE l.id = t.{0})"
_SHIPPING = "(SELECT l.position FROM orders_shippingline l WHERE l.id = t.{0})"
_SOLD = f"coalesce({_LINE.format('sold_id')}, {_SHIPPING.format('sold_id')} + 100000)"
_CREDIT = (
    "(SELECT d.external_id || '/' || l.position FROM channels_sourcedocumentline l"
    " JOIN channels_sourcedocument d ON d.id = l.document_id WHERE l.id = t.document_line_id)"
)
_PLACES = {
    "orders_order": "external_id",
    "orders_orderline": _ORDER,
    "orders_shippingline": _ORDER,
    "orders_taxline": f"{_ORDER} || {_LINE.format('line_id')} || coalesce({_SHIPPING.format('shipping_line_id')}, -1)",
    "orders_adjustment": f"{_ORDER} || coalesce({_LINE.format('line_id')}, -1)",
    "orders_orderaddress": _ORDER,
    "orders_creditline": _ORDER,
    "orders_note": _ORDER,
    "orders_timelineentry": _ORDER,
    "orders_customer": "coalesce(external_id, email)",
    "payments_payment": _ORDER,
    "channels_sourcedocument": "external_id",
    "channels_sourcedocumentline": "(SELECT d.external_id FROM channels_sourcedocument d WHERE d.id = t.document_id)",
    "channels_creditmatch": f"{_ORDER} || {_SOLD} || {_CREDIT}",
    "channels_importreject": "line || reason",
    "inventory_reservation": _ORDER,
    "inventory_inventorylevel": "(SELECT i.sku FROM inventory_inventoryitem i WHERE i.id = t.item_id)",
}
_ASIDE = [
    *(
        "id",
        "number",
        "order_id",
        "line_id",
        "shipping_line_id",
        "customer_id",
        "channel_id",
        "run_id",
        "import_run_id",
    ),
    *("document_id", "document_line_id", "sold_id", "level_id", "item_id", "location_id"),
    *("created_at", "updated_at", "occurred_at", "placed_by", "ledger_seq"),
]


def dump() -> dict[str, list[str]]:
    """Every business table, row by row, ids and times of writing aside."""
    answer = {}
    with connection.cursor() as cursor:
        for table, place in _PLACES.items():
            sql = f"SELECT {place} || ' ' || (to_jsonb(t) - %s::text[])::text FROM {table} AS t"  # noqa: S608
            cursor.execute(sql, [_ASIDE])
            answer[table] = sorted(str(found[0]) for found in cursor.fetchall())
        cursor.execute(
            "SELECT name || ' ' || coalesce((SELECT external_id FROM orders_order o WHERE o.id = stream), '')"
            " || ' ' || coalesce(sequence, 0) FROM core_outboxevent WHERE name NOT LIKE 'import.%'"
        )
        answer["events"] = sorted(found[0] for found in cursor.fetchall())
    return answer
