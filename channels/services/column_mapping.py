"""Files whose columns carry other names than the format's: what they are, a guess at what they mean, and remembering.

A mapping is {the file's name for a column: the format's, "" for one that is not used}.
"""

from __future__ import annotations

import csv
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from itertools import islice
from pathlib import Path
from typing import Final

from django.utils import timezone
from django.utils.translation import gettext as _

from channels.adapters.base import Columned
from channels.adapters.csv_groups import ENCODINGS
from channels.adapters.files import Source
from channels.adapters.renaming import column_names
from channels.models import ColumnMapping, SalesChannel
from oms.core import providers
from oms.core.errors import FieldError, InvalidInput

_ROWS: Final = 40
_SAMPLES: Final = 3
# What shops call the same thing. Of a format's columns the first that a group names is meant.
_ALIKE: Final = [
    {"name", "invoiceno", "ordernumber", "orderno", "ordernr", "order", "orderid", "invoice", "invoicenumber"},
    {
        "lineitemsku",
        "stockcode",
        "sku",
        "articlenumber",
        "articleno",
        "article",
        "itemcode",
        "productcode",
        "productsku",
    },
    {"lineitemname", "description", "title", "product", "productname", "itemname", "item", "lineitem"},
    {"lineitemquantity", "quantity", "qty", "units", "pieces", "count", "orderedquantity"},
    {"lineitemprice", "unitprice", "price", "itemprice", "pricepaid", "netprice", "grossprice"},
    {"createdat", "invoicedate", "date", "orderdate", "ordered", "orderedat", "placedat", "purchasedate", "time"},
    {"customerid", "customer", "customerno", "customernumber", "clientid", "buyerid"},
    {"country", "shippingcountry", "countrycode", "shiptocountry", "deliverycountry"},
    {"email", "emailaddress", "mail", "customeremail", "buyeremail"},
    {"phone", "telephone", "phonenumber", "mobile"},
    {"currency", "currencycode"},
    {"total", "grandtotal", "ordertotal", "totalprice", "amount"},
    {"subtotal", "itemtotal", "goodstotal"},
    {"shipping", "shippingcost", "shippingprice", "postage", "delivery", "freight"},
    {"taxes", "tax", "vat", "taxamount"},
    {"financialstatus", "paymentstatus", "paid", "paidstatus"},
    {"fulfillmentstatus", "shippingstatus", "deliverystatus"},
    {"shippingname", "shiptoname", "recipient", "recipientname", "deliveryname"},
    {"shippingzip", "zip", "postcode", "postalcode", "zipcode"},
    {"shippingcity", "city", "town"},
    {"shippingaddress1", "address", "address1", "street", "shippingstreet"},
    {"notes", "note", "comment", "customernote"},
]


@dataclass(slots=True)
class Detected:
    """A column of a file, with the first things that stand in it."""

    name: str
    samples: list[str] = field(default_factory=list)


def formats() -> Mapping[str, Mapping[str, bool]]:
    """The formats whose files may call their columns otherwise, with these columns and whether they are needed."""
    known = {name: providers.get("ORDER_FORMATS", name) for name in providers.names("ORDER_FORMATS")}
    return {name: each.columns for name, each in known.items() if isinstance(each, Columned)}


def detect(path: Path) -> list[Detected]:
    """The columns of a file with a header; [] for one that has none. Raises UnreadableFile."""
    source = Source(path)
    names, delimiter = column_names(source.head)
    if len(names) < 2 or source.head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"{", b"[")):
        return []
    found = {name: Detected(name) for name in names if name}
    for row in _first_rows(source, delimiter):
        for name, cell in zip(names, row, strict=False):
            samples = found[name].samples if name else []
            if cell.strip() and len(samples) < _SAMPLES and cell not in samples:
                samples.append(cell.strip()[:60])
    return list(found.values())


def _first_rows(source: Source, delimiter: str) -> list[list[str]]:
    for encoding in ENCODINGS:
        try:
            with source.text(encoding) as text:
                return list(islice(csv.reader(text, delimiter=delimiter), 1, _ROWS))
        except (UnicodeDecodeError, csv.Error):
            continue
    return []


def plain(name: str) -> str:
    """A name as it is compared: without case, spaces and signs."""
    return "".join(filter(str.isalnum, name)).lower()


def guess(names: Sequence[str], columns: Mapping[str, bool]) -> dict[str, str]:
    """What each column of a file most likely is: called so, or as other shops call it, or nearly so. No two alike."""
    left = {plain(title): title for title in columns}
    found = dict.fromkeys(names, "")
    for close in (_same, _alike, _nearly):
        for name in names:
            if not found[name] and (key := close(plain(name), left)):
                found[name] = left.pop(key)
    return found


def _same(name: str, left: Mapping[str, str]) -> str:
    return name if name in left else ""


def _alike(name: str, left: Mapping[str, str]) -> str:
    groups = [group for group in _ALIKE if name in group]
    return next((key for group in groups for key in left if key in group), "")


def _nearly(name: str, left: Mapping[str, str]) -> str:
    return next(iter(get_close_matches(name, left, n=1, cutoff=0.84)), "")


def missing(names: Collection[str], columns: Mapping[str, bool]) -> list[str]:
    """The columns that a file must have and these are not."""
    there = set(map(plain, names))
    return [title for title, needed in columns.items() if needed and plain(title) not in there]


def require_complete(chosen: Mapping[str, str], columns: Mapping[str, bool]) -> None:
    """Raises InvalidInput: for a title that the format has not, one that is chosen twice, those that are needed."""
    titles = [title for title in chosen.values() if title]
    errors = [_wrong(_("%s is no column of this format.") % title) for title in titles if title not in columns]
    errors += [_wrong(_("%s is chosen twice.") % title) for title in dict.fromkeys(titles) if titles.count(title) > 1]
    if lacking := missing(titles, columns):
        errors.append(_wrong(_("Say which column is %s.") % ", ".join(lacking)))
    if errors:
        raise InvalidInput(errors=errors)


def _wrong(sentence: str) -> FieldError:
    return FieldError("/columns", sentence)


def fitting(channel: SalesChannel, format_: str, names: Collection[str]) -> ColumnMapping | None:
    """The mapping used last whose columns the file has, all that are used of them."""
    rows = ColumnMapping.objects.filter(channel=channel, **({"format": format_} if format_ else {}))
    there = set(names)
    known = rows.order_by("-used_at", "-pk")[:100]
    return next((row for row in known if {name for name, title in row.columns.items() if title} <= there), None)


def remember(channel: SalesChannel, format_: str, name: str, columns: Mapping[str, str]) -> ColumnMapping:
    """Keep a mapping under a name; the one that has the name is replaced."""
    row, _made = ColumnMapping.objects.update_or_create(
        channel=channel, format=format_, name=name, defaults={"columns": dict(columns), "used_at": timezone.now()}
    )
    return row
