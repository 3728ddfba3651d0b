"""Proving balances: each is the sum of its entries, and payments made from them have taken what they say."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Final

from django.db import connection

from oms.core import ids
from payments.models import GiftCard, StoreCreditAccount
from payments.models.balances import Balance
from payments.services.ledger import ENTRIES


@dataclass(frozen=True, slots=True)
class Difference:
    """balance: its public id, or the reference of a payment. what: which figure. number: of the entry that breaks."""

    balance: str
    what: str
    expected: str
    found: str
    number: int | None = None

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    def __str__(self) -> str:
        where = f" (entry {self.number})" if self.number else ""
        return f"{self.balance}: {self.what}: expected {self.expected}, found {self.found}{where}"


@dataclass(frozen=True, slots=True)
class Proof:
    """What was looked at, and what differs."""

    balances: int
    entries: int
    payments: int
    differences: list[Difference]


_BREAKS: Final = """
WITH steps AS (
    SELECT account_id, number, amount, balance_after,
           lag(number, 1, 0) OVER history AS number_before,
           lag(balance_after, 1, 0) OVER history AS balance_before
    FROM {entries} WINDOW history AS (PARTITION BY account_id ORDER BY number)
), told AS (
    SELECT account_id, count(*) AS rows, sum(amount) AS balance,
           min(number) FILTER (WHERE number <> number_before + 1) AS gap_at,
           min(number) FILTER (WHERE balance_after <> balance_before + amount) AS breaks_at
    FROM steps GROUP BY account_id
)
SELECT account.id, account.balance, coalesce(told.balance, 0), account.entry_count, coalesce(told.rows, 0),
       told.gap_at, told.breaks_at
FROM {accounts} AS account LEFT JOIN told ON told.account_id = account.id
WHERE account.balance <> coalesce(told.balance, 0) OR account.entry_count <> coalesce(told.rows, 0)
   OR coalesce(told.gap_at, told.breaks_at) IS NOT NULL
ORDER BY account.id
"""
# What a payment holds of a balance: what it authorized, less what was let go of it and what was given back.
_PAYMENTS: Final = """
WITH taken AS (
    SELECT reference, -sum(amount) AS amount FROM {entries} WHERE reference <> '' GROUP BY reference
), paid AS (
    SELECT reference, CASE WHEN canceled_at IS NULL THEN amount ELSE captured END - refunded AS amount
    FROM payments_payment WHERE provider = %s
)
SELECT coalesce(taken.reference, paid.reference), coalesce(paid.amount, 0), coalesce(taken.amount, 0)
FROM taken FULL JOIN paid ON paid.reference = taken.reference
WHERE coalesce(paid.amount, 0) <> coalesce(taken.amount, 0)
ORDER BY 1
"""
_COUNTS: Final = """
SELECT (SELECT count(*) FROM {accounts}), (SELECT count(*) FROM {entries}),
       (SELECT count(*) FROM payments_payment WHERE provider = %s)
"""
_PROVIDERS: Final[dict[type[Balance], str]] = {GiftCard: "gift_card", StoreCreditAccount: "store_credit"}


def verify_balances() -> Proof:
    """Compare every balance with its entries, which count without gaps and whose running balances follow from their
    amounts, and every payment with what it took of a balance. Each comparison is one statement, which sees one moment.
    Writes nothing."""
    counts: list[int] = [0, 0, 0]
    differences: list[Difference] = []
    with connection.cursor() as cursor:
        for kind, provider in _PROVIDERS.items():
            tables = {"accounts": kind._meta.db_table, "entries": ENTRIES[kind]._meta.db_table}
            cursor.execute(_BREAKS.format(**tables))
            differences += [each for row in cursor.fetchall() for each in _of_balance(kind, row)]
            cursor.execute(_PAYMENTS.format(**tables), [provider])
            differences += [
                Difference(reference, "taken by the payment", _plain(expected), _plain(found))
                for reference, expected, found in cursor.fetchall()
            ]
            cursor.execute(_COUNTS.format(**tables), [provider])
            counts = [before + more for before, more in zip(counts, cursor.fetchone(), strict=True)]
    balances, entries, payments = counts
    return Proof(balances, entries, payments, differences)


def _of_balance(kind: type[Balance], row: tuple[Any, ...]) -> list[Difference]:
    pk, balance, told, count, rows, gap_at, breaks_at = row
    name = ids.encode(kind.id_prefix, pk)
    found = []
    if balance != told:
        found.append(Difference(name, "sum of the entries", _plain(told), _plain(balance)))
    if count != rows:
        found.append(Difference(name, "number of entries", str(rows), str(count)))
    if gap_at is not None:
        found.append(Difference(name, "numbers of the entries without gaps", "no gap", "a gap", gap_at))
    if breaks_at is not None:
        found.append(Difference(name, "running balance", "the one before and the amount", "another", breaks_at))
    return found


def _plain(amount: Any) -> str:
    return f"{amount.normalize():f}"
