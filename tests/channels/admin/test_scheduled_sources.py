"""Scheduled sources in the console: set up, run now, paused."""

from __future__ import annotations

from importlib.metadata import EntryPoint

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from channels.models import OrderSource, SourceRun
from oms.core import providers
from tests.channels.importing import retail
from tests.console import changelist, messages_of, page
from tests.factories import StaffFactory

pytestmark = pytest.mark.django_db
ADD = "/console/channels/ordersource/add/"


@pytest.fixture(autouse=True)
def sent(monkeypatch):
    """The tasks that were sent to workers."""
    sent = []
    monkeypatch.setattr("channels.tasks.send", lambda task, *arguments: sent.append((task.name, *arguments)))
    return sent


@pytest.fixture(autouse=True)
def _clerk(client, settings):
    settings.SOURCE_SECRETS = {"acme": "Bearer very-secret"}
    client.force_login(StaffFactory())


def _fields(**fields):
    known = {
        "name": "Acme",
        "kind": "http",
        "address": "https://shop.example/orders",
        "credential": "acme",
        "overlap_seconds": "900",
        "pattern": "*",
        "format": "",
        "stock": "skip",
        "every_minutes": "5",
        "enabled": "on",
    }
    return known | fields


def _act(client, source, name):
    return client.post(reverse("admin:channels_ordersource_act", args=[source.pk, name]), follow=True)


def _made(client, **fields):
    client.post(ADD, _fields(channel=retail().pk, **fields))
    return OrderSource.objects.select_related("schedule__interval").get()


def test_a_source_is_made_with_its_schedule_and_changed(client):
    source = _made(client)
    schedule = source.schedule

    client.post(
        page("channels_ordersource", source.pk),
        _fields(channel=source.channel_id, address="https://shop.example/v2", every_minutes=""),
    )
    html = client.get(page("channels_ordersource", source.pk)).content.decode()

    source.refresh_from_db()
    assert (str(schedule.scheduler), schedule.enabled) == ("every 5 minutes", True)
    assert (source.address, source.version, source.schedule_id) == ("https://shop.example/v2", 2, schedule.pk)
    assert "Not run yet." in html
    assert page("django_celery_beat_periodictask", schedule.pk) in html
    assert "very-secret" not in html


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"address": "ftp://shop.example"}, "it must begin with https://"),
        ({"address": "http://10.0.0.1/"}, "private address"),
        ({"kind": "folder", "address": "/etc", "credential": ""}, "this server allows no folders"),
        ({"credential": "other"}, "Select a valid choice"),
        ({"format": "online-retail"}, "Pages are NDJSON"),
        ({"every_minutes": "0"}, "greater than or equal to 1"),
        ({"pattern": "../*"}, "A file name has no slash"),
    ],
)
def test_a_source_that_cannot_work_is_not_made(client, wrong, sentence):
    answer = client.post(ADD, _fields(channel=retail().pk, **wrong))

    assert answer.status_code == 200
    assert sentence in answer.content.decode()
    assert not OrderSource.objects.exists()


def test_it_is_run_now_paused_and_goes_on(client, sent):
    source = _made(client)

    said = [messages_of(_act(client, source, name))[-1] for name in ("run", "run", "pause", "resume", "again")]

    source.refresh_from_db()
    run = SourceRun.objects.get()
    assert said == [
        "A worker visits the source now.",
        "A run of Acme is under way or waiting already.",
        "The source is paused. A run that is under way ends.",
        "The source goes on.",
        "The next run asks for everything. What is known already does not change.",
    ]
    assert sent == [("channels.tasks.run_source", str(source.pk), False)]
    assert (run.status, source.enabled, source.schedule.enabled) == ("waiting", True, True)


def test_the_page_shows_what_the_last_runs_brought_and_what_went_wrong(client):
    source = _made(client)
    SourceRun.objects.create(
        source=source, status="failed", actor={}, created=3, attempts=2, error="https://shop.example answers 500."
    )
    OrderSource.objects.update(last_status="failed", failures=2)

    html = client.get(page("channels_ordersource", source.pk)).content.decode()
    failing = client.get(changelist(OrderSource), {"state": "failing"}).context["cl"].result_list

    assert "The last 2 runs failed." in html
    assert "3 new, 0 revised, 0 unchanged, 0 rejected" in html
    assert "https://shop.example answers 500." in html
    assert list(failing) == [source]


def test_an_empty_list_says_what_a_source_is(client):
    html = client.get(changelist(OrderSource)).content.decode()

    assert "No source yet" in html


def test_who_may_only_look_presses_no_button(client, sent):
    source = _made(client)
    viewer = StaffFactory(is_superuser=False)
    viewer.user_permissions.set(Permission.objects.filter(codename="view_ordersource"))
    client.force_login(viewer)

    html = client.get(page("channels_ordersource", source.pk)).content.decode()
    refused = _act(client, source, "run")

    assert "Run now" not in html
    assert (refused.status_code, sent, SourceRun.objects.count()) == (403, [], 0)


def test_a_format_that_a_package_brings_can_be_chosen(client, monkeypatch):
    entry = EntryPoint("woo", "channels.adapters.ndjson:NdjsonFormat", "oms.order_formats")
    monkeypatch.setattr(providers, "_added", lambda group: {"woo": entry} if group == entry.group else {})

    client.post(ADD, _fields(channel=str(retail().pk), format="woo", whole_file="on"))

    assert OrderSource.objects.get().format == "woo"
