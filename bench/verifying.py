"""One proof of all stock in a process of its own: prints seconds and rows. Fails where anything differs."""

from __future__ import annotations

import json
import time

import django


def main() -> None:
    django.setup()
    from django.db import connection

    from inventory.services.verify import verify_stock

    connection.ensure_connection()
    began = time.perf_counter()
    proof = verify_stock()
    seconds = time.perf_counter() - began
    if proof.differences:
        raise SystemExit(f"differs: {proof.differences[:3]}")
    print(json.dumps({"seconds": seconds, "rows": proof.ledger_rows}))  # noqa: T201


if __name__ == "__main__":
    main()
