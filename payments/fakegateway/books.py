"""The gateway's books: one file of SQLite, written by one call at a time."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

_TABLES: Final = """
CREATE TABLE IF NOT EXISTS payments (
    id TEXT PRIMARY KEY, key TEXT NOT NULL UNIQUE, amount INTEGER NOT NULL CHECK (amount >= 0), currency TEXT NOT NULL,
    capture INTEGER NOT NULL, description TEXT NOT NULL, card TEXT NOT NULL DEFAULT '', created_at TEXT NOT NULL,
    changed_at TEXT NOT NULL, expires_at TEXT);
CREATE INDEX IF NOT EXISTS payments_by_change ON payments (changed_at, id);
CREATE TABLE IF NOT EXISTS movements (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, payment TEXT NOT NULL REFERENCES payments, act TEXT NOT NULL,
    amount INTEGER NOT NULL CHECK (amount >= 0), currency TEXT NOT NULL, state TEXT NOT NULL, code TEXT NOT NULL,
    message TEXT NOT NULL, key TEXT NOT NULL, occurred_at TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS movements_of_payment ON movements (payment);
CREATE TABLE IF NOT EXISTS answers (
    key TEXT PRIMARY KEY, asked TEXT NOT NULL, status INTEGER NOT NULL, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS twisted (key TEXT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS calls (
    number INTEGER PRIMARY KEY, path TEXT NOT NULL, key TEXT NOT NULL, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS webhooks (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, payment TEXT NOT NULL, body TEXT NOT NULL,
    due_at REAL NOT NULL, waits INTEGER NOT NULL, copies INTEGER NOT NULL, tries INTEGER NOT NULL DEFAULT 0,
    sent INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS webhooks_open ON webhooks (due_at) WHERE copies > 0;
"""
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: Mapping[str, Any]


class Refused(Exception):
    """A call that would be refused again. It is raised before anything is written."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.answer = Answer(status, {"error": {"code": code, "message": message}})


class Books:
    """file: where they lie; ":memory:" is forgotten at the end."""

    def __init__(self, file: str) -> None:
        if file != ":memory:":
            Path(file).parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.RLock()
        self._db = sqlite3.connect(file, check_same_thread=False, isolation_level=None)
        self._db.row_factory = sqlite3.Row
        # A killed process loses nothing; a machine without power might, which no test is about.
        self._db.executescript(f"PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; {_TABLES}")

    @contextmanager
    def writing(self) -> Iterator[None]:
        """All of it or nothing; one call at a time."""
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    def rows(self, sql: str, *values: object) -> list[Row]:
        with self._lock:
            return [dict(row) for row in self._db.execute(sql, values)]

    def row(self, sql: str, *values: object) -> Row | None:
        return next(iter(self.rows(sql, *values)), None)

    def add(self, table: str, **values: object) -> None:
        marks = ", ".join("?" * len(values))
        self.rows(f"INSERT INTO {table} ({', '.join(values)}) VALUES ({marks})", *values.values())  # noqa: S608

    def answer_to(self, key: str, asked: str) -> Answer | None:
        """What was answered to this key before. Refuses a key that was used for something else."""
        found = self.row("SELECT * FROM answers WHERE key = ?", key)
        if found is None:
            return None
        if found["asked"] != asked:
            raise Refused(409, "idempotency_key_reused", "This idempotency key was used for another call.")
        return Answer(found["status"], json.loads(found["body"]))

    def keep_answer(self, key: str, asked: str, answer: Answer) -> None:
        self.add("answers", key=key, asked=asked, status=answer.status, body=json.dumps(answer.body))

    def is_first_twist(self, key: str) -> bool:
        """True once for each key: a card's faults hit the first call only."""
        if self.row("SELECT 1 FROM twisted WHERE key = ?", key):
            return False
        self.add("twisted", key=key)
        return True

    def payment(self, reference: str) -> Row:
        found = self.row("SELECT * FROM payments WHERE id = ?", reference)
        if found is None:
            raise Refused(404, "unknown_payment", f"There is no payment {reference}.")
        return self.shown(found)

    def shown(self, payment: Row) -> Row:
        """A payment with its movements, and what they come to."""
        moved = self.rows("SELECT * FROM movements WHERE payment = ? ORDER BY number", payment["id"])
        return payment | {
            "capture": bool(payment["capture"]),
            "status": _status(moved, payment["expires_at"]),
            "authorized": total(moved, "authorize"),
            "captured": total(moved, "capture"),
            "refunded": total(moved, "refund"),
            "voided": any(each["act"] == "void" and each["state"] == "succeeded" for each in moved),
            "movements": [{name: each[name] for name in each if name != "number"} for each in moved],
        }

    def changed_since(self, since: str, after: str, limit: int) -> list[Row]:
        """A page of payments in the order of their last change: from a moment, or behind "moment,id"."""
        at, _, reference = after.partition(",")
        found = self.rows(
            "SELECT * FROM payments WHERE changed_at >= ? AND (changed_at, id) > (?, ?)"
            " ORDER BY changed_at, id LIMIT ?",
            *(since, at, reference, limit),
        )
        return [self.shown(each) for each in found]

    def whole(self) -> Row:
        payments = self.rows("SELECT * FROM payments ORDER BY created_at, id")
        webhooks = self.rows("SELECT * FROM webhooks ORDER BY number")
        return {
            "payments": [self.shown(each) for each in payments],
            "calls": [each | {"body": json.loads(each["body"])} for each in self.rows("SELECT * FROM calls")],
            "webhooks": [each | {"body": json.loads(each["body"])} for each in webhooks],
        }

    def forget(self) -> None:
        """Begin with empty books."""
        with self.writing():
            for table in ("movements", "payments", "answers", "twisted", "calls", "webhooks"):
                self.rows(f"DELETE FROM {table}")  # noqa: S608

    def close(self) -> None:
        with self._lock:
            self._db.close()


def total(movements: list[Row], act: str, *states: str) -> int:
    return sum(
        each["amount"] for each in movements if each["act"] == act and each["state"] in (states or ("succeeded",))
    )


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds")


def new_id(kind: str) -> str:
    return f"{kind}_{uuid4().hex}"


def _status(movements: list[Row], expires_at: str | None) -> str:
    """In a word, for people."""
    states = {(each["act"], each["state"]) for each in movements}
    if ("authorize", "succeeded") not in states:
        for state in ("pending", "requires_action", "declined"):
            if ("authorize", state) in states:
                return state
        return "new"
    held, captured = total(movements, "authorize"), total(movements, "capture")
    if ("void", "succeeded") in states:
        return "captured" if captured else "voided"
    if captured >= held:
        return "captured"
    return "expired" if expires_at and expires_at <= now() else "authorized"
