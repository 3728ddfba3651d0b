"""Made-up export files that look like a retailer's: as many lines as wanted, the same ones each time."""

from __future__ import annotations

import csv
import random
from datetime import datetime, timedelta
from pathlib import Path

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
