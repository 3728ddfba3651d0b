"""Made-up export files that look like real ones: as many lines as wanted, the same ones each time."""

from __future__ import annotations

import csv
import json
import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

HEADER = ("InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country")
SKUS = 4000
_CUSTOMERS = 4300
_WORDS = (
    "RED",
    "WHITE",
    "SMALL",
    "LARGE",
    "VINTAGE",
    "HEART",
    "STAR",
    "CANDLE",
    "LANTERN",
    "MUG",
    "BOWL",
    "TIN",
    "BAG",
)
_ELSEWHERE = ("Germany", "France", "EIRE", "Spain", "Netherlands", "Norway", "Channel Islands")
_COUNTRIES = ("United Kingdom",) * 90 + _ELSEWHERE


def sku(number: int) -> str:
    return f"{20000 + number}{'ABCDEFG'[number % 7] if number % 5 == 0 else ''}"


def online_retail(path: Path, lines: int, *, seed: int = 1) -> Path:
    """Write a file of exactly `lines` rows: invoices of 1 to 60 lines, shipping, samples, write-offs, credits."""
    chance = random.Random(seed)  # noqa: S311  (no secret)
    goods = [(sku(number), _title(chance), _price(chance)) for number in range(SKUS)]
    moment, number, left = datetime(2011, 1, 1, 8), 500_000, lines  # noqa: DTZ001  (shop local time)
    sold: list[tuple[str, str, str, str, int, str]] = []  # what credits give back
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(HEADER)
        while left:
            number += 1
            moment += timedelta(seconds=chance.randrange(10, 90))
            rows = _invoice(chance, goods, number)
            customer = f"{12000 + chance.randrange(_CUSTOMERS)}.0" if chance.random() < 0.75 else ""
            if rows[0][0].startswith("C") and sold:
                customer, name, code, title, quantity, price = chance.choice(sold)
                rows = [(f"C{number}", code, title, -quantity, price), *rows[1:]]
            elif customer and rows[0][3] > 0:
                sold = [*sold[-50:], (customer, *chance.choice(rows))]
            rows, tail = rows[:left], (customer, chance.choice(_COUNTRIES))
            for name, code, title, quantity, price in rows:
                writer.writerow((name, code, title, quantity, moment, price, *tail))
            left -= len(rows)
    return path


def _invoice(
    chance: random.Random, goods: list[tuple[str, str, str]], number: int
) -> list[tuple[str, str, str, int, str]]:
    kind = chance.random()
    if kind < 0.02:
        code, title, _ = chance.choice(goods)
        return [(str(number), code, "damaged", -chance.randrange(1, 9), "0.0")]
    if kind < 0.03:
        code, title, _ = chance.choice(goods)
        return [(str(number), code, title, chance.randrange(1, 9), "0.0")]
    if kind < 0.12:
        some = chance.sample(goods, chance.randrange(1, 4))
        return [(f"C{number}", code, title, -chance.randrange(1, 6), price) for code, title, price in some]
    some = chance.choices(goods, k=chance.randrange(1, 60))
    rows = [(str(number), code, title, chance.choice((1, 2, 3, 4, 6, 12)), price) for code, title, price in some]
    if chance.random() < 0.05:
        rows.append((str(number), "POST", "POSTAGE", 1, "18.0"))
    return rows


def _title(chance: random.Random) -> str:
    return " ".join(chance.choices(_WORDS, k=chance.randrange(3, 6)))


def _price(chance: random.Random) -> str:
    return f"{chance.randrange(29, 1500) / 100:.2f}"


def ndjson(path: Path, lines: int, *, seed: int = 1) -> Path:
    """Orders as `POST /admin/orders` takes them, with addresses, taxes and payments; `lines` lines of goods in all."""
    chance = random.Random(seed)  # noqa: S311  (no secret)
    with path.open("w", encoding="utf-8") as file:
        for number, goods in _baskets(chance, lines):
            items = [
                {
                    "sku": code,
                    "title": title,
                    "quantity": units,
                    "unit_price": float(price),
                    "quantity_fulfilled": units,
                }
                for code, title, units, price in goods
            ]
            worth = sum(round(units * float(price) * 100) for _, _, units, price in goods)
            order: dict[str, Any] = {
                "external_id": f"N-{number}",
                "currency_code": "GBP",
                "placed_at": _moment(number).isoformat(),
                "email": f"customer{number % _CUSTOMERS}@example.com",
                "phone": f"+44 20 7946 {number % 10_000:04d}",
                "shipping_address": _address(number),
                "items": items,
                "shipping_methods": [{"name": "Standard", "amount": 4.95}],
                "payments": [{"amount": (worth + 495) / 100, "method": "card", "reference": f"ch_{number}"}],
            }
            file.write(json.dumps(order) + "\n")
    return path


def shopify(path: Path, lines: int, *, seed: int = 1) -> Path:
    """Rows as Shopify exports them: all that is of the order stands in its first row."""
    chance = random.Random(seed)  # noqa: S311  (no secret)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, _SHOPIFY, restval="", lineterminator="\n")
        writer.writeheader()
        for number, goods in _baskets(chance, lines):
            known = {"Name": f"#{number}", "Email": f"customer{number % _CUSTOMERS}@example.com"}
            for position, (code, title, units, price) in enumerate(goods):
                row = known | dict(
                    zip(_SHOPIFY_LINE, (units, title, price, code, "true", "true", "fulfilled"), strict=True)
                )
                writer.writerow(row if position else _shopify_head(number, goods) | row)
    return path


_SHOPIFY_LINE: Final = tuple(
    f"Lineitem {part}"
    for part in ("quantity", "name", "price", "sku", "requires shipping", "taxable", "fulfillment status")
)
_SHOPIFY: Final = (
    *("Name", "Email", "Financial Status", "Paid at", "Fulfillment Status", "Fulfilled at", "Currency", "Subtotal"),
    *("Shipping", "Taxes", "Total", "Discount Amount", "Shipping Method", "Created at"),
    *_SHOPIFY_LINE,
    *("Shipping Name", "Shipping Address1", "Shipping City", "Shipping Zip", "Shipping Country", "Shipping Phone"),
    *("Payment Method", "Payment Reference", "Refunded Amount", "Outstanding Balance", "Id", "Source"),
)


def _shopify_head(number: int, goods: list[_Sold]) -> dict[str, str]:
    cents = sum(round(units * float(price) * 100) for _, _, units, price in goods)
    at, address = _moment(number).strftime("%Y-%m-%d %H:%M:%S %z"), _address(number)
    return {
        "Financial Status": "paid",
        "Paid at": at,
        "Fulfillment Status": "fulfilled",
        "Fulfilled at": at,
        "Currency": "GBP",
        "Subtotal": f"{cents / 100:.2f}",
        "Shipping": "4.95",
        "Taxes": "0.00",
        "Total": f"{(cents + 495) / 100:.2f}",
        "Discount Amount": "0.00",
        "Shipping Method": "Standard",
        "Created at": at,
        "Shipping Name": f"{address['first_name']} {address['last_name']}",
        "Shipping Address1": address["address_1"],
        "Shipping City": address["city"],
        "Shipping Zip": address["postal_code"],
        "Shipping Country": "GB",
        "Shipping Phone": f"+44 20 7946 {number % 10_000:04d}",
        "Payment Method": "Shopify Payments",
        "Payment Reference": f"c{number}",
        "Refunded Amount": "0.00",
        "Outstanding Balance": "0.00",
        "Id": f"55120{number:08d}",
        "Source": "web",
    }


_Sold = tuple[str, str, int, str]  # sku, title, quantity, price


def _baskets(chance: random.Random, lines: int) -> Iterator[tuple[int, list[_Sold]]]:
    """Orders of 1 to 5 lines, by number, until there are so many lines."""
    goods = [(sku(number), _title(chance), _price(chance)) for number in range(SKUS)]
    number = 1000
    while lines:
        number += 1
        chosen = chance.sample(goods, min(lines, chance.choice((1, 1, 2, 2, 3, 5))))
        lines -= len(chosen)
        yield number, [(code, title, chance.choice((1, 1, 2, 3)), price) for code, title, price in chosen]


def _moment(number: int) -> datetime:
    return datetime(2024, 1, 1, 8, tzinfo=UTC) + timedelta(seconds=number * 300)


def _address(number: int) -> dict[str, str]:
    return {
        "first_name": "Ada",
        "last_name": _WORDS[number % len(_WORDS)].title(),
        "address_1": f"{number % 200} Mill Lane",
        "city": "London",
        "postal_code": f"SW{number % 20} {number % 9}AA",
        "country_code": "gb",
    }


FORMATS: Final[dict[str, Callable[[Path, int], Path]]] = {
    "online-retail": online_retail,
    "ndjson": ndjson,
    "shopify": shopify,
}
