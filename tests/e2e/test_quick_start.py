"""The commands of docs/api.md, run as a reader would run them: bash, curl and jq against a live server.

They are its indented blocks; what is in another language stands in a fence.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import get_user_model

from orders.models import Order
from tests.crash.killing import ROOT, environment

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
PAGE = ROOT / "docs" / "api.md"
SERVER = "SERVER=http://127.0.0.1:8000"
_ID = re.compile(r"\b([a-z]+)_[0-9a-z]{26}\b")
_LAST_FOUR = re.compile(r'("last_four": ")[0-9A-Z]{4}')
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+(?:Z|\+00:00)")


def _commands() -> list[str]:
    """The indented blocks of the page, in order, each as bash would be given it."""
    blocks = re.findall(r"(?:^ {4}.*\n(?:\n(?= {4}))?)+", PAGE.read_text(), re.MULTILINE)
    return [re.sub(r"^ {4}", "", block, flags=re.MULTILINE) for block in blocks]


def _run(server: str) -> list[str]:
    """What each block prints. A command that fails, alone or in a pipe, fails the test."""
    for needed in ("bash", "curl", "jq"):
        if shutil.which(needed) is None:
            pytest.skip(f"no {needed} here: install it to have the commands of docs/api.md run")
    script = "set -euo pipefail\n" + "\nprintf '\\0'\n".join(_commands()).replace(SERVER, f"SERVER={server}")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=ROOT,
        env=environment() | {"PATH": path},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.split("\0")


def _told(text: str) -> Any:
    """What was printed: JSON values as such, else lines; ids, times and codes by their kind."""
    plain = _LAST_FOUR.sub(r"\1CODE", _MOMENT.sub("TIME", _ID.sub(r"\1_…", text.strip())))
    found, rest = [], plain
    while rest:
        try:
            value, end = json.JSONDecoder().raw_decode(rest)
        except json.JSONDecodeError:
            return plain.splitlines()
        found.append(value)
        rest = rest[end:].strip()
    return found


def test_the_commands_of_the_quick_start_lead_from_nothing_to_a_delivered_order(live_server):
    assert SERVER in PAGE.read_text()
    get_user_model().objects.create_superuser("demo", password="demo")

    told = [_told(each) for each in _run(live_server.url)]

    order = Order.objects.get(external_id="W-1001")
    assert (order.status, order.fulfillment_status, order.total) == ("pending", "delivered", Decimal(28))
    assert [each for each in told if each] == _expected(order.number, Order.objects.get(external_id="W-1002").number)


def _expected(number: int, next_number: int) -> list[Any]:
    """What the page says comes out, block by block; numbers are those of the orders that were placed."""
    short = "Not enough stock for QUICK-LAMP: 99 asked, 8 available."
    malformed = "/items/0/quantity: Expected `int`, got `str`."
    return [
        [{"orders": [], "count": 0, "limit": 20, "offset": 0}],
        [10, "Main street"],
        [
            {
                "display_id": number,
                "status": "pending",
                "fulfillment_status": "not_fulfilled",
                "total": 35,
                "tax_total": 5,
            }
        ],
        [{"stocked_quantity": 10, "reserved_quantity": 2, "available_quantity": 8}],
        [{"sku": "QUICK-LAMP", "available": 8}],
        [
            {
                "status": 400,
                "code": "insufficient_stock",
                "detail": short,
                "errors": [
                    {
                        "sku": "QUICK-LAMP",
                        "requested": 99,
                        "available": 8,
                        "pointer": "/items/0/quantity",
                        "message": short,
                        "code": "insufficient_stock",
                    }
                ],
            }
        ],
        [{"name": "Main street", "units_taken": 2, "chosen": True, "reason": "has_everything"}],
        [
            '"shipped"',
            '"delivered"',
            "TIME order.delivered by Quick start",
            "TIME order.shipment_created by Quick start",
            "TIME order.fulfillment_created by Quick start",
            "TIME order.placed by Quick start",
        ],
        [
            {
                "status": 412,
                "code": "stale_revision",
                "detail": "This was changed meanwhile: you have revision 1, it is now at 4. Load it again.",
            }
        ],
        [{"orders": [number], "next_cursor": None}],
        [{"id": "order_…", "status": "pending", "total": 35, "items": [{"id": "ordli_…", "quantity": 2}]}],
        [1],
        [
            {
                "created": 1,
                "existing": 0,
                "refused": 1,
                "results": [
                    {
                        "index": 0,
                        "status": "created",
                        "id": "order_…",
                        "display_id": next_number,
                        "external_id": "W-1002",
                    },
                    {
                        "index": 1,
                        "status": "refused",
                        "error": {
                            "type": "invalid_data",
                            "code": "invalid_input",
                            "message": f"The request is not valid. {malformed}",
                            "errors": [
                                {
                                    "pointer": "/orders/1/items/0/quantity",
                                    "message": malformed,
                                    "code": "invalid",
                                }
                            ],
                        },
                    },
                ],
            }
        ],
        [
            {"status": "waiting", "total": 2, "done": 0, "refused": 0, "left": 2},
            {
                "status": 400,
                "code": "bulk_job_not_retryable",
                "detail": "This job is waiting, with 0 orders refused: there is nothing to be tried again.",
                "bulk_job": None,
            },
        ],
        [
            f"{number},order_…,W-1001,TIME,quick-start,pending,not_paid,delivered,false,GBP,25,5,0,5,0,0,35,0,0,0,none,"
            "false,,,,,Ada Byron,ada@example.com,,Ada,Byron,,1 Way,,,London,,gb",
            *("[", "  {", '    "quantity": 1,', '    "unit_price": 12.5,', '    "sku": "QUICK-LAMP",'),
            *('    "title": "Lantern",', '    "kind": "goods",', '    "requires_shipping": true', "  }", "]"),
        ],
        [
            {"status": "partially_captured", "captured_amount": 15, "capturable_amount": 5},
            {
                "status": 400,
                "code": "capture_exceeds_authorization",
                "detail": "£6.00 cannot be captured: £5.00 of the authorization is left.",
            },
        ],
        [
            {
                "credit_line_amount": 5,
                "refundable_after": 10,
                "order_total_after": 30,
                "balance": 20,
                "balance_after": 20,
            },
            {"status": "partially_refunded", "refunded_amount": 5, "refundable_amount": 10},
        ],
        [
            {"amount": 2, "credit_line_amount": 2, "order_total_after": 28, "balance_after": 20},
            {"amount": 2, "states": ["succeeded"]},
        ],
        [
            {"status": "completed", "captured_amount": 15},
            {"status": "partially_captured", "amount": 20, "captured_amount": 15, "refunded_amount": 7},
            {"status": "completed", "amount": 15, "captured_amount": 15, "refunded_amount": 0},
        ],
        [
            {"id": "gcard_…", "last_four": "CODE", "status": "active", "available": 50},
            {"id": "scacc_…", "balance": 20},
            {"status": "authorized", "amount": 12.5},
        ],
    ]
