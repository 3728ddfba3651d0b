"""Sales channels in the console, and what imports leave for staff."""

from __future__ import annotations

import pytest
from django.urls import reverse

from channels.models import ImportRun, SalesChannel
from tests.console import EVIL, a_house, changelist, furnish, page
from tests.factories import StaffFactory, StockLocationFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _clerk(client):
    client.force_login(StaffFactory())


def _channel(**fields):
    return {
        "name": "Till",
        "code": "till",
        "is_active": "on",
        "capture_on": "shipment",
        "default_currency": "gbp",
        "time_zone": "Europe/London",
    } | fields


def test_a_channel_sells_from_the_locations_that_are_ticked(client):
    one, two = StockLocationFactory(), StockLocationFactory()

    client.post(reverse("admin:channels_saleschannel_add"), _channel(sells_from=[str(one.pk)]))
    channel = SalesChannel.objects.get()
    made = channel.default_currency, channel.capture_on, {link.location_id for link in channel.locations.all()}
    client.post(page("channels_saleschannel", channel.pk), _channel(sells_from=[str(two.pk)], code="other"))

    channel.refresh_from_db()
    assert made == ("GBP", "shipment", {one.pk})
    assert (channel.code, {link.location_id for link in channel.locations.all()}) == ("till", {two.pk})


@pytest.mark.parametrize(
    "wrong", [{"default_currency": "XXY"}, {"time_zone": "Europe/Nowhere"}, {"sells_from": ["nonsense"]}]
)
def test_a_channel_that_makes_no_sense_is_not_made(client, wrong):
    answer = client.post(reverse("admin:channels_saleschannel_add"), _channel(**wrong))

    assert answer.status_code == 200
    assert not SalesChannel.objects.exists()


def test_an_import_run_shows_its_figures_and_what_it_refused(client):
    furnish(a_house(), 1)
    run = ImportRun.objects.get()

    html = client.get(page("channels_importrun", run.pk)).content.decode()
    rejects = client.get(changelist("channels_importreject"), {"run__id__exact": str(run.pk)})

    assert "line 7" in html
    assert EVIL not in html
    assert rejects.context["cl"].result_count == 1


def test_credits_that_match_no_sale_wait_for_staff(client):
    furnish(a_house(), 1)

    waiting = client.get(changelist("channels_sourcedocument"), {"staff": "yes"})

    assert [document.external_id for document in waiting.context["cl"].result_list] == ["C1"]
    assert "-£5.00" in waiting.content.decode()
