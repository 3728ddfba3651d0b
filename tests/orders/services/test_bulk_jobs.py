"""One act on many orders: chosen once, each done once, each refusal told."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from fulfillment.models import Fulfillment
from oms.core import retention
from oms.core.errors import InvalidInput
from oms.core.models import OutboxEvent
from orders import tasks
from orders.enums import HoldReason
from orders.models import BulkJob, BulkJobRow, Hold, Note, Order, TimelineEntry
from orders.services import bulk_jobs, bulk_running, fulfilling, holds
from tests.scenarios import STAFF, nothing_moves, placed_order, shop

pytestmark = pytest.mark.django_db


def _start(act, orders, **given):
    return bulk_jobs.start_bulk_job(act=act, given=given, orders=orders, actor=STAFF)


def _run(act, orders=None, **given):
    orders = Order.objects.all() if orders is None else orders
    return bulk_running.run_bulk_job(job_id=_start(act, orders, **given).pk)


def _told(job):
    """Status, done and refused; and of each order its state and the code of its refusal."""
    rows = BulkJobRow.objects.filter(job=job).order_by("order__number")
    return (job.status, job.done, job.refused), [(row.state, row.code) for row in rows]


def _of(*orders):
    return Order.objects.filter(pk__in=[order.pk for order in orders])


def test_each_order_has_a_result_of_its_own():
    house = shop({"W1": {"LAMP": 10}})
    ready, held, also_ready = (placed_order(house, {"LAMP": 1}) for _ in range(3))
    holds.place_hold(order_id=held.pk, reason=HoldReason.FRAUD, actor=STAFF)

    job = _run("fulfill")

    assert _told(job) == (("completed", 2, 1), [("done", ""), ("refused", "order_on_hold"), ("done", "")])
    refused = BulkJobRow.objects.get(state="refused")
    assert refused.message == f"Order {held} is on hold (suspected fraud). Release it first."
    assert set(Fulfillment.objects.values_list("order_id", flat=True)) == {ready.pk, also_ready.pk}
    assert house.sra("LAMP") == (8, 1, 7)
    assert job.finished_at is not None


def test_an_order_in_two_places_becomes_two_fulfillments():
    house = shop({"W1": {"LAMP": 1}, "W2": {"LAMP": 2}})
    split = placed_order(house, {"LAMP": 3})

    job = _run("fulfill")

    assert _told(job) == (("completed", 1, 0), [("done", "")])
    assert Fulfillment.objects.filter(order=split).count() == 2
    assert Order.objects.get().fulfillment_status == "fulfilled"


def test_who_may_work_at_one_location_packs_and_ships_there_alone():
    house = shop({"W1": {"LAMP": 1}, "W2": {"LAMP": 2}})
    split = placed_order(house, {"LAMP": 3})
    mine, theirs = (house.locations[name].pk for name in ("W1", "W2"))

    def run(act, *locations):
        orders = Order.objects.filter(pk=split.pk)
        job = bulk_jobs.start_bulk_job(act=act, given={}, orders=orders, actor=STAFF, locations=locations or None)
        ended = bulk_running.run_bulk_job(job_id=job.pk)
        return ended.done, [row.code for row in ended.rows.all()]

    assert run("fulfill", mine) == (1, [""])
    assert list(Fulfillment.objects.values_list("location_id", flat=True)) == [mine]
    assert run("fulfill", mine) == (0, ["nothing_to_fulfill"])
    assert run("fulfill") == (1, [""])
    assert run("ship", theirs) == (1, [""])
    assert list(Fulfillment.objects.filter(shipped_at=None).values_list("location_id", flat=True)) == [mine]
    assert run("ship", theirs) == (0, ["nothing_to_ship"])


def test_what_is_done_stands_in_timeline_and_events_as_done_by_who_started_it():
    house = shop({"W1": {"LAMP": 10}})
    placed_order(house, {"LAMP": 1})

    _run("note", body="Call them")

    assert list(Note.objects.values_list("body", "author__label")) == [("Call them", "clerk")]
    assert TimelineEntry.objects.filter(action="order.updated").get().actor == STAFF.as_dict()
    assert OutboxEvent.objects.filter(name="order.updated").get().actor == STAFF.as_dict()


def test_every_act_does_what_its_button_does():
    house = shop({"W1": {"LAMP": 10}})
    order, other = (placed_order(house, {"LAMP": 1}, tags=["old", "vip"]) for _ in range(2))

    def after(act, **given):
        job = _run(act, _of(order), **given)
        order.refresh_from_db()
        return job.status, job.done, job.refused

    assert after("hold", reason="payment", note="Ask the bank") == ("completed", 1, 0)
    assert list(Hold.objects.values_list("reason", "note")) == [("payment", "Ask the bank")]
    assert (after("release"), order.open_holds) == (("completed", 1, 0), 0)
    assert (after("add_tags", tags=["new", "vip"]), order.tags) == (("completed", 1, 0), ["old", "vip", "new"])
    assert (after("remove_tags", tags=["old"]), order.tags) == (("completed", 1, 0), ["vip", "new"])
    assert (after("fulfill"), order.fulfillment_status) == (("completed", 1, 0), "fulfilled")
    assert (after("ship"), order.fulfillment_status) == (("completed", 1, 0), "shipped")
    assert (after("complete"), order.status) == (("completed", 1, 0), "completed")
    assert (after("archive"), order.status) == (("completed", 1, 0), "archived")
    assert _run("cancel", _of(other), reason="stock").done == 1
    other.refresh_from_db()
    assert (other.status, other.cancel_reason) == ("canceled", "stock")


@pytest.mark.parametrize(
    ("act", "given", "code"),
    [
        ("ship", {}, "nothing_to_ship"),
        ("release", {}, "order_not_on_hold"),
        ("archive", {}, "order_not_archivable"),
        ("complete", {}, "order_not_completable"),
    ],
)
def test_what_the_single_act_refuses_the_job_refuses_too(act, given, code):
    placed_order(shop({"W1": {"LAMP": 10}}), {"LAMP": 1})

    job = _run(act, **given)

    assert _told(job) == (("completed", 0, 1), [("refused", code)])


@pytest.mark.parametrize(
    ("act", "given", "pointer"),
    [
        ("hold", {}, "/input/reason"),
        ("hold", {"reason": "whim"}, "/input/reason"),
        ("cancel", {}, "/input/reason"),
        ("add_tags", {"tags": []}, "/input/tags"),
        ("add_tags", {"tags": ["x" * 61]}, "/input/tags/0"),
        ("note", {"body": " "}, "/input/body"),
        ("archive", {"reason": "other"}, "/input/reason"),
    ],
)
def test_a_job_whose_input_is_not_what_its_act_asks_for_is_not_started(act, given, pointer):
    placed_order(shop({"W1": {"LAMP": 10}}), {"LAMP": 1})

    with nothing_moves(), pytest.raises(InvalidInput) as refused:
        _start(act, Order.objects.all(), **given)

    assert [error.pointer for error in refused.value.errors] == [pointer]


def test_the_orders_are_those_that_the_filter_found_when_it_was_started():
    house = shop({"W1": {"LAMP": 10}})
    orders = [placed_order(house, {"LAMP": 1}) for _ in range(3)]
    job = _start("hold", Order.objects.filter(open_holds=0), reason="other")
    late = placed_order(house, {"LAMP": 1})

    bulk_running.run_bulk_job(job_id=job.pk)

    assert set(Hold.objects.values_list("order_id", flat=True)) == {order.pk for order in orders}
    assert late.pk not in set(BulkJobRow.objects.values_list("order_id", flat=True))


def test_orders_are_frozen_in_a_number_of_queries_that_does_not_grow():
    house = shop({"W1": {"LAMP": 10}})
    counts = []
    for _ in range(2):
        placed_order(house, {"LAMP": 1})
        placed_order(house, {"LAMP": 1})
        with CaptureQueriesContext(connection) as queries:
            _start("archive", Order.objects.all())
        counts.append(len(queries))

    assert counts[0] == counts[1] <= 5
    ids = list(BulkJobRow.objects.values_list("pk", flat=True))
    assert {(each.version, each.variant) for each in ids} == {(7, "specified in RFC 4122")}


def test_none_too_many_and_more_than_were_seen_are_refused_and_nothing_is_left(monkeypatch):
    monkeypatch.setattr(bulk_jobs, "MOST_ORDERS", 1)
    house = shop({"W1": {"LAMP": 10}})
    order = placed_order(house, {"LAMP": 1})

    with nothing_moves(), pytest.raises(bulk_jobs.NoOrdersChosen):
        _start("archive", Order.objects.none())
    with nothing_moves(), pytest.raises(bulk_jobs.SelectionGrew):
        bulk_jobs.start_bulk_job(act="archive", given={}, orders=_of(order), actor=STAFF, seen=0)
    placed_order(house, {"LAMP": 1})
    with nothing_moves(), pytest.raises(bulk_jobs.TooManyOrders):
        _start("archive", Order.objects.all())


def test_a_job_that_is_run_again_does_nothing_again():
    house = shop({"W1": {"LAMP": 10}})
    placed_order(house, {"LAMP": 1})
    job = _run("note", body="Once")

    again = bulk_running.run_bulk_job(job_id=job.pk)
    tasks.run_bulk_job(str(job.pk))

    assert again is None
    assert Note.objects.count() == 1


def test_a_slice_ends_between_two_orders_and_the_next_goes_on(monkeypatch):
    house = shop({"W1": {"LAMP": 10}})
    for _ in range(3):
        placed_order(house, {"LAMP": 1})
    sent = []
    monkeypatch.setattr(tasks, "send", lambda task, *arguments: sent.append(arguments))
    monkeypatch.setattr(bulk_running, "SLICE", -1.0)
    job = _start("note", Order.objects.all(), body="Once")

    slices = []
    for _ in range(4):
        tasks.run_bulk_job(str(job.pk))
        job.refresh_from_db()
        slices.append((job.status, job.done))

    assert slices == [("running", 1), ("running", 2), ("completed", 3), ("completed", 3)]
    assert sent == [(str(job.pk),)] * 2
    assert Note.objects.count() == 3


def test_a_canceled_job_leaves_the_rest_be_until_it_is_tried_again():
    house = shop({"W1": {"LAMP": 10}})
    for _ in range(3):
        placed_order(house, {"LAMP": 1})
    job = _start("note", Order.objects.all(), body="Once")
    bulk_running.run_bulk_job(job_id=job.pk, seconds=-1)

    bulk_jobs.cancel_bulk_job(job_id=job.pk)

    assert bulk_running.run_bulk_job(job_id=job.pk) is None
    job.refresh_from_db()
    assert (job.status, job.done, job.left) == ("canceled", 1, 2)
    with pytest.raises(bulk_jobs.BulkJobEnded):
        bulk_jobs.cancel_bulk_job(job_id=job.pk)
    bulk_jobs.retry_bulk_job(job_id=job.pk)
    ended = bulk_running.run_bulk_job(job_id=job.pk)
    assert _told(ended) == (("completed", 3, 0), [("done", "")] * 3)
    assert Note.objects.count() == 3


def test_only_what_was_refused_is_tried_again():
    house = shop({"W1": {"LAMP": 10}})
    ready, held = (placed_order(house, {"LAMP": 1}) for _ in range(2))
    hold = holds.place_hold(order_id=held.pk, reason=HoldReason.FRAUD, actor=STAFF)
    job = _run("fulfill")
    with pytest.raises(bulk_jobs.BulkJobEnded):
        bulk_jobs.cancel_bulk_job(job_id=job.pk)
    holds.release_hold(order_id=held.pk, hold_id=hold.pk, actor=STAFF)

    bulk_jobs.retry_bulk_job(job_id=job.pk)
    ended = bulk_running.run_bulk_job(job_id=job.pk)

    assert _told(ended) == (("completed", 2, 0), [("done", "")] * 2)
    assert sorted(Fulfillment.objects.values_list("order_id", flat=True)) == sorted([ready.pk, held.pk])
    with nothing_moves(), pytest.raises(bulk_jobs.BulkJobNotRetryable):
        bulk_jobs.retry_bulk_job(job_id=job.pk)


def test_one_order_that_breaks_the_act_does_not_keep_the_others_from_being_done(monkeypatch):
    house = shop({"W1": {"LAMP": 10}})
    _, broken, _ = (placed_order(house, {"LAMP": 1}) for _ in range(3))
    real = fulfilling.proposals

    def proposals(order, lines):
        if order.pk == broken.pk:
            raise KeyError("a bug")
        return real(order, lines)

    monkeypatch.setattr(fulfilling, "proposals", proposals)

    job = _run("fulfill")

    assert _told(job) == (("completed", 2, 1), [("done", ""), ("refused", "unexpected"), ("done", "")])
    assert BulkJobRow.objects.get(order=broken).message == "Something went wrong here: KeyError."


def test_a_job_whose_workers_are_lost_again_and_again_is_given_up():
    placed_order(shop({"W1": {"LAMP": 10}}), {"LAMP": 1})
    job = _start("archive", Order.objects.all())
    BulkJob.objects.update(status="running", attempts=5)

    assert bulk_running.run_bulk_job(job_id=job.pk) is None

    job.refresh_from_db()
    assert (job.status, job.error) == ("failed", "Its worker was lost 5 times; given up.")
    assert bulk_jobs.retry_bulk_job(job_id=job.pk).status == "waiting"


def test_jobs_that_nobody_works_on_are_sent_to_the_workers_again(monkeypatch):
    placed_order(shop({"W1": {"LAMP": 10}}), {"LAMP": 1})
    lost, fresh, ended = (_start("archive", Order.objects.all()) for _ in range(3))
    BulkJob.objects.filter(pk__in=[lost.pk, ended.pk]).update(updated_at=timezone.now() - timedelta(minutes=1))
    BulkJob.objects.filter(pk=ended.pk).update(status="completed")
    sent = []
    monkeypatch.setattr(tasks.run_bulk_job, "apply_async", lambda arguments, **_: sent.append(arguments))

    tasks.look_after_bulk_jobs()

    assert sent == [(str(lost.pk),)]
    assert fresh.is_open


def test_a_row_costs_as_many_statements_in_a_long_job_as_in_a_short_one():
    house = shop({"W1": {"LAMP": 100}})
    costs = []
    for count in (2, 6):
        orders = [placed_order(house, {"LAMP": 1}) for _ in range(count)]
        with CaptureQueriesContext(connection) as queries:
            job = _run("note", _of(*orders), body="x")
        assert job.done == count
        costs.append(len(queries))

    per_row, rest = divmod(costs[1] - costs[0], 4)
    assert rest == 0
    assert per_row <= 16  # with savepoints, which tests add


def test_old_jobs_are_pruned_with_their_results_and_open_ones_stay():
    house = shop({"W1": {"LAMP": 10}})
    order = placed_order(house, {"LAMP": 1})
    old, waiting, young = (_start("archive", _of(order)) for _ in range(3))
    bulk_running.run_bulk_job(job_id=old.pk)
    bulk_running.run_bulk_job(job_id=young.pk)
    past = timezone.now() - timedelta(days=91)
    BulkJob.objects.filter(pk__in=[old.pk, waiting.pk]).update(updated_at=past)
    _make_older(old, waiting)

    pruned = {kept.name: retention.prune(kept).count for kept in retention.declared() if "bulk" in kept.name}

    assert pruned == {"bulk_job_rows": 1, "bulk_jobs": 1}
    assert set(BulkJob.objects.values_list("status", flat=True)) == {"waiting", "completed"}
    assert BulkJobRow.objects.count() == 2


def _make_older(*jobs):
    """Ids tell the time they were made at, so these get ids of another one."""
    from oms.core import ids

    past = timezone.now() - timedelta(days=91)
    for number, job in enumerate(jobs):
        rows = list(BulkJobRow.objects.filter(job=job).values_list("order_id", "state"))
        BulkJobRow.objects.filter(job=job).delete()
        first = ids.first_id(past)
        aged = type(first)(int=first.int + number)
        BulkJob.objects.filter(pk=job.pk).update(id=aged)
        for order_id, state in rows:
            BulkJobRow.objects.create(pk=aged, job_id=aged, order_id=order_id, state=state)


def test_the_words_of_a_job_go_when_a_customer_is_forgotten():
    house = shop({"W1": {"LAMP": 10}})
    order = placed_order(house, {"LAMP": 1}, email="ada@example.com")
    _run("cancel", reason="customer")
    job = _run("note", body="Ada is ill")

    call_command("erase_customer", order.customer.public_id if order.customer else "ada@example.com", "--yes")

    job.refresh_from_db()
    assert job.input == {"body": "[erased]"}
