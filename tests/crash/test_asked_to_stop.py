"""An import that is asked to end (SIGTERM, Ctrl-C) ends behind a whole chunk, and goes on from there."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest

from channels.models import ImportRun
from channels.services.imports import Wish, import_file
from orders.models import Order
from tests.oms.operation.processes import PROJECT, processes, wait_until
from tests.scenarios import STAFF, shop

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

ORDERS = 3000


@pytest.mark.parametrize("asked", [signal.SIGTERM, signal.SIGINT])
def test_an_import_that_is_asked_to_end_repeats_nothing_when_it_goes_on(tmp_path: Path, asked: signal.Signals) -> None:
    channel = shop({"W1": {"LAMP": 1}}).channel
    file = tmp_path / "orders.ndjson"
    line = {"currency_code": "USD", "items": [{"sku": "LAMP", "quantity": 1, "unit_price": 1}]}
    file.write_text("".join(json.dumps({"external_id": f"A{number}"} | line) + "\n" for number in range(ORDERS)))

    with processes(tmp_path, OMS_IMPORT_CHUNK_LINES="10") as running:
        manage = "from django.core.management import execute_from_command_line as run; import sys; run(sys.argv)"
        (tmp_path / "manage_once.py").write_text(manage)
        running.environment["PYTHONPATH"] = f"{tmp_path}:{PROJECT}"
        started = running.start("import", "manage_once", "import_orders", str(file), "--channel", channel.code)
        wait_until(lambda: Order.objects.count() >= 100)
        started.send_signal(asked)
        code = started.wait(30)
        said = running.output("import")
    run = ImportRun.objects.get()
    done = Order.objects.count()
    outcome = import_file(wish=Wish(path=file, channel=channel.code), actor=STAFF)

    assert (code, "goes on from there" in said) == (128 + asked, True)
    assert (run.status, run.cursor, run.lines_started) == ("running", done, done)
    assert 100 <= done < ORDERS
    assert (outcome.resumed_at, outcome.lines_repeated, outcome.attempts) == (done, 0, 2)
    assert Order.objects.count() == ORDERS
