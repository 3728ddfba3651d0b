"""A second, plain reading of Online Retail files, sharing no code with the project: what must come out of imports."""

from __future__ import annotations

import csv
import gzip
import os
from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("OMS_SAMPLE_DATA") or ROOT.parent / "shared" / "data") / "online-retail"
MONTHS = ("2010-12", "2011-01", "2011-02")


def month(name: str) -> Path:
    """The file of a month; the test is skipped where the sample data is not there."""
    path = DATA / f"{name}.csv.gz"
    if not path.exists():
        pytest.skip(f"{path} is not there; set OMS_SAMPLE_DATA to the folder that holds online-retail/")
    return path


@dataclass
class Line:
    code: str
    quantity: int
    price: Decimal

    @property
    def amount(self) -> Decimal:
        return self.quantity * self.price


@dataclass
class Invoice:
    number: str
    time: str
    customer: str
    lines: list[Line]

    @property
    def kind(self) -> str:
        if self.number.startswith("C"):
            return "credits"
        if any(line.price for line in self.lines):
            return "sales"
        return "samples" if self.lines[0].quantity > 0 else "write_offs"

    @property
    def total(self) -> Decimal:
        return sum((line.amount for line in self.lines), Decimal("0.00"))


def invoices(path: Path) -> list[Invoice]:
    opened = gzip.open if path.suffix == ".gz" else open
    found: dict[str, Invoice] = {}
    with opened(path, "rt", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            number, time = row["InvoiceNo"], row["InvoiceDate"]
            customer = row["CustomerID"].removesuffix(".0")
            invoice = found.setdefault(number, Invoice(number, time, customer, []))
            invoice.time = min(invoice.time, time)
            invoice.lines.append(Line(row["StockCode"], int(row["Quantity"]), Decimal(row["UnitPrice"])))
    return list(found.values())


def figures(path: Path) -> dict[str, tuple[int, int, Decimal]]:
    """Records, lines and sum by kind."""
    answer = {}
    for kind in ("sales", "credits", "write_offs", "samples"):
        mine = [invoice for invoice in invoices(path) if invoice.kind == kind]
        answer[kind] = (
            len(mine),
            sum(len(invoice.lines) for invoice in mine),
            sum((invoice.total for invoice in mine), Decimal("0.00")),
        )
    return answer


def matched(path: Path) -> dict[str, Decimal]:
    """What credits match of the sales before them, by credit number, signed as in the file."""
    sold = defaultdict(list)
    refundable = {}
    everything = invoices(path)
    for invoice in everything:
        if invoice.kind in ("sales", "samples") and invoice.customer:
            refundable[invoice.number] = invoice.total
            for position, line in enumerate(invoice.lines):
                entry = [invoice.time, invoice.number, -position, line.quantity]
                sold[invoice.customer, line.code.lower()].append(entry)
    for entries in sold.values():
        entries.sort(reverse=True)
    answer = {}
    credits_ = sorted(
        (each for each in everything if each.kind == "credits"), key=lambda each: (each.time, each.number)
    )
    for credit in credits_:
        answer[credit.number] = Decimal("0.00")
        for line in credit.lines:
            wanted = -line.quantity
            for entry in sold.get((credit.customer, line.code.lower()), ()) if credit.customer else ():
                units = min(wanted, entry[3])
                if units and entry[0] < credit.time:
                    amount = min(units * line.price, refundable[entry[1]])
                    entry[3] -= units
                    wanted -= units
                    refundable[entry[1]] -= amount
                    answer[credit.number] -= amount
    return answer
