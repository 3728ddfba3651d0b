"""Shopify exports, made up: the sums of an order come from a small model in whole cents; and the costumes of a file."""

from __future__ import annotations

import csv
import gzip
import io
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

ADDRESS = ("Name", "Street", "Address1", "Address2", "Company", "City", "Zip", "Province", "Country", "Phone")
LINE = ("quantity", "name", "price", "compare at price", "sku", "requires shipping", "taxable", "fulfillment status")
HEADER: list[str] = [
    *("Name", "Email", "Financial Status", "Paid at", "Fulfillment Status", "Fulfilled at", "Accepts Marketing"),
    *("Currency", "Subtotal", "Shipping", "Taxes", "Total", "Discount Code", "Discount Amount", "Shipping Method"),
    "Created at",
    *(f"Lineitem {part}" for part in LINE),
    *(f"Billing {part}" for part in ADDRESS),
    *(f"Shipping {part}" for part in ADDRESS),
    *("Notes", "Note Attributes", "Cancelled at", "Payment Method", "Payment Reference", "Refunded Amount", "Vendor"),
    *("Outstanding Balance", "Employee", "Location", "Device ID", "Id", "Tags", "Risk Level", "Source"),
    "Lineitem discount",
    *(f"Tax {number} {part}" for number in range(1, 6) for part in ("Name", "Value")),
    *("Phone", "Receipt Number", "Duties", "Billing Province Name", "Shipping Province Name", "Payment ID"),
    *("Payment Terms Name", "Next Payment Due At", "Payment References"),
]
OLD_HEADER = [*HEADER[: HEADER.index("Vendor") + 1], "Tags", "Risk Level", "Source", "Lineitem discount", "Phone"]  # 56
Row = dict[str, str]


def money(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"


def item(sku: str = "LAMP", quantity: int = 1, price: str = "10.00", **fields: str) -> Row:
    """The cells of a line."""
    return {
        "Lineitem quantity": str(quantity),
        "Lineitem name": f"The {sku or 'thing'}",
        "Lineitem price": price,
        "Lineitem sku": sku,
        "Lineitem requires shipping": "true",
        "Lineitem taxable": "true",
        "Lineitem fulfillment status": "pending",
        "Lineitem discount": "0.00",
        "Vendor": "Example & Co",
    } | {f"Lineitem {name.replace('_', ' ')}": value for name, value in fields.items()}


def order(*items: Row, name: str = "#1001", **fields: str) -> list[Row]:
    """The rows of an order: all that is of the order stands in the first one. Sums: as if it were paid, without tax."""
    items = items or (item(),)
    goods = sum(int(each["Lineitem quantity"]) * _cents(each["Lineitem price"]) for each in items)
    head = {
        "Name": name,
        "Email": "ada@example.org",
        "Financial Status": "paid",
        "Paid at": "2025-05-11 09:56:00 -0400",
        "Fulfillment Status": "unfulfilled",
        "Accepts Marketing": "no",
        "Currency": "USD",
        "Subtotal": money(goods),
        "Shipping": "0.00",
        "Taxes": "0.00",
        "Total": money(goods),
        "Discount Amount": "0.00",
        "Created at": "2025-05-11 09:55:16 -0400",
        "Billing Name": "Ada King Lovelace",
        "Billing Address1": "1 Example Road",
        "Billing City": "Testville",
        "Billing Zip": "'02110",
        "Billing Province": "MA",
        "Billing Country": "US",
        "Payment Method": "Shopify Payments",
        "Payment Reference": f"ref{name}",
        "Refunded Amount": "0.00",
        "Outstanding Balance": "0.00",
        "Id": f"55000000{name.strip('#')}",
        "Risk Level": "Low",
        "Source": "web",
    } | {key.replace("_", " "): value for key, value in fields.items()}
    repeated = {key: head[key] for key in ("Name", "Email", "Created at", "Phone") if key in head}
    return [head | items[0], *(repeated | each for each in items[1:])]


def _cents(price: str) -> int:
    whole, _, part = price.partition(".")
    return int(whole) * 100 + int(part.ljust(2, "0"))


def text_of(rows: Sequence[Row], header: Sequence[str] = HEADER, delimiter: str = ",", end: str = "\n") -> str:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator=end)
    writer.writerow(header)
    writer.writerows([row.get(name, "").replace("\n", end) for name in header] for row in rows)
    return text.getvalue()


def wrapped(text: str) -> str:
    """Each row quoted as a whole, as some tools leave it."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_ALL)
    for row in csv.reader(io.StringIO(text, newline="")):
        inside = io.StringIO()
        csv.writer(inside, lineterminator="\n").writerow(row)
        writer.writerow([inside.getvalue()[:-1]])
    return out.getvalue()


def shopify_file(path: Path, *orders: list[Row], header: Sequence[str] = HEADER) -> Path:
    path.write_text(text_of([row for rows in orders for row in rows], header), newline="")
    return path


def costumes(rows: Sequence[Row], seed: int = 1) -> dict[str, bytes]:
    """The same rows, however somebody may have saved them."""
    chance = random.Random(seed)
    plain, mixed = text_of(rows), chance.sample(HEADER, len(HEADER))
    more = [*mixed[:9], "Handled by", *mixed[9:], "Handled at"]
    added = [row | {"Handled by": "Kim; Lee", "Handled at": "today"} for row in rows]
    shouting = [name.upper().replace(" ", "_") for name in HEADER]
    return {
        "plain": plain.encode(),
        "with a byte order mark": b"\xef\xbb\xbf" + plain.encode(),
        "semicolons": text_of(rows, delimiter=";").encode(),
        "tabs": text_of(rows, delimiter="\t").encode(),
        "CRLF": text_of(rows, end="\r\n").encode(),
        "Windows-1252": plain.encode("cp1252"),
        "shuffled columns": text_of(rows, mixed).encode(),
        "added columns": text_of(added, more).encode(),
        "titles in capitals": plain.replace(",".join(HEADER), ",".join(shouting)).encode(),
        "packed": gzip.compress(plain.encode()),
        "rows quoted as a whole": wrapped(plain).encode(),
        "blank rows": plain.replace("\n#", "\n\n" + "," * (len(HEADER) - 1) + "\n#").encode(),
        "BOM, semicolons, CRLF, shuffled, packed": gzip.compress(
            b"\xef\xbb\xbf" + text_of(rows, mixed, delimiter=";", end="\r\n").encode()
        ),
    }


@dataclass
class Model:
    """An order drawn by lot, with what must come of it, in cents."""

    rows: list[Row]
    external_id: str
    total: int
    tax: int
    discount: int
    refunded: int
    captured: int
    is_canceled: bool
    inclusive: bool
    lines: list[tuple[str, int, int]] = field(default_factory=list)


def drawn(number: int, chance: random.Random) -> Model:
    """Discounts, taxes inside or on top, refunds, cancellations: in any combination."""
    lines = [
        (f"SKU{chance.randrange(6)}", chance.randint(1, 4), chance.randint(100, 9999)) for _ in range(number % 4 + 1)
    ]
    own = [chance.choice((0, 0, 50)) for _ in lines]
    goods = sum(quantity * price for _, quantity, price in lines) - sum(own)
    discount = chance.choice((0, 0, goods // 10))
    shipping, duties, rate = chance.choice((0, 499)), chance.choice((0, 0, 700)), chance.choice((0, 7, 19))
    subtotal, inclusive = goods - discount, chance.random() < 0.5 and rate > 0
    tax = subtotal * rate // (100 + rate) if inclusive else subtotal * rate // 100
    total = subtotal + shipping + duties + (0 if inclusive else tax)
    status = chance.choice(("paid", "paid", "pending", "partially_paid", "partially_refunded", "refunded", "voided"))
    refunded = {"refunded": total, "partially_refunded": total // 3}.get(status, 0)
    captured = {"pending": 0, "voided": 0, "partially_paid": total - 1}.get(status, total)
    canceled = status in ("refunded", "voided")
    rows = order(
        *(
            item(sku, quantity, money(price), discount=money(off))
            for (sku, quantity, price), off in zip(lines, own, strict=True)
        ),
        name=f"#{number}",
        Financial_Status=status,
        Subtotal=money(subtotal),
        Shipping=money(shipping),
        Duties=money(duties),
        Taxes=money(tax),
        Total=money(total),
        Discount_Code="SPRING" if discount else "",
        Discount_Amount=money(discount),
        Refunded_Amount=money(refunded),
        Outstanding_Balance=money(total - captured),
        Cancelled_at="2025-06-01 10:00:00 -0400" if canceled else "",
        Email=f"c{number % 7}@example.org",
        **{"Tax_1_Name": f"VAT {rate}%", "Tax_1_Value": money(tax)} if tax else {},
    )
    return Model(
        rows, f"55000000{number}", total, tax, discount + sum(own), refunded, captured, canceled, inclusive, lines
    )
