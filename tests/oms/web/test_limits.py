"""What of the business somebody may see: the kernel. tests/access asks every page and route."""

from __future__ import annotations

from uuid import UUID

import pytest
from django.contrib.auth.models import Permission, User
from django.urls import reverse

from oms.web import api_keys
from oms.web.limits import EVERYTHING, NOTHING, Limits, OutsideLimits, limits_of, narrow
from oms.web.models import ApiKey, StaffLimits
from orders.models import Order
from tests.console import page
from tests.factories import SalesChannelFactory, StaffFactory
from tests.scenarios import place, placed_order, shop

pytestmark = pytest.mark.django_db


def _clerk(*permissions, **limits):
    clerk = StaffFactory(is_superuser=False)
    clerk.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    if limits:
        StaffLimits.objects.create(user=clerk, **limits)
    return User.objects.get(pk=clerk.pk)


def test_who_has_no_limits_sees_everything_and_a_superuser_whatever_is_set():
    boss, clerk = StaffFactory(), _clerk()
    StaffLimits.objects.create(user=boss, channel_ids=[], location_ids=[])

    assert (limits_of(boss), limits_of(clerk), limits_of(None)) == (EVERYTHING, EVERYTHING, NOTHING)


def test_who_sees_own_locations_only_sees_none_until_some_are_named():
    here = UUID(int=1)

    assert limits_of(_clerk("own_locations_only")) == Limits(None, frozenset())
    assert limits_of(_clerk("own_locations_only", location_ids=[here])) == Limits(None, frozenset({here}))


def test_the_limits_of_a_key_come_with_it_in_the_one_query(django_assert_num_queries):
    channel, location = UUID(int=1), UUID(int=2)
    made = api_keys.create_api_key(title="Till", scopes=[], channel_ids=[channel], location_ids=[location])

    with django_assert_num_queries(1):
        limits = limits_of(api_keys.find(made.secret))

    assert limits == Limits(frozenset({channel}), frozenset({location}))


def test_orders_are_seen_by_their_channel_and_by_where_they_are_held_or_packed():
    from orders.services.fulfilling import create_fulfillment
    from tests.scenarios import STAFF, items_of

    here = shop({"W1": {"LAMP": 5}, "W2": {"MUG": 5}})
    lamps, mugs = placed_order(here, {"LAMP": 1}), placed_order(here, {"MUG": 1})
    packed = placed_order(here, {"MUG": 1})
    create_fulfillment(order_id=packed.pk, items=items_of(packed), actor=STAFF)
    other = SalesChannelFactory()
    w1, w2 = (frozenset({here.locations[name].pk}) for name in ("W1", "W2"))

    def seen(limits):
        return set(narrow(Order.objects.all(), limits))

    assert seen(Limits(locations=w1)) == {lamps}
    assert seen(Limits(locations=w2)) == {mugs, packed}
    assert seen(Limits(locations=w1 | w2)) == {lamps, mugs, packed}
    assert seen(Limits(channels=frozenset({here.channel.pk}))) == {lamps, mugs, packed}
    assert seen(Limits(channels=frozenset({other.pk}))) == set()
    assert seen(Limits(locations=w1, channels=frozenset({other.pk}))) == set()
    assert seen(NOTHING) == set()


def test_models_of_which_nothing_is_said_are_shown_to_nobody_who_is_limited():
    api_keys.create_api_key(title="Till", scopes=[])

    assert not narrow(ApiKey.objects.all(), Limits(channels=frozenset({UUID(int=1)}))).exists()
    assert narrow(ApiKey.objects.all(), EVERYTHING).exists()


def test_a_refusal_names_what_is_not_theirs():
    limits = Limits(frozenset({UUID(int=1)}), frozenset({UUID(int=2)}))

    limits.require_channel(UUID(int=1))
    limits.require_locations(UUID(int=2))

    for ask in (lambda: limits.require_channel(UUID(int=2)), lambda: limits.require_locations(UUID(int=2), None)):
        with pytest.raises(OutsideLimits):
            ask()


def test_limits_are_chosen_by_name_on_the_page_of_a_user(client):
    here = shop({"W1": {"LAMP": 5}, "W2": {"MUG": 5}})
    place(here, {"LAMP": 1})
    clerk = _clerk("view_order")
    client.force_login(StaffFactory())
    shown = client.get(page("auth_user", clerk.pk))

    form = shown.context["adminform"].form.initial
    given = {"username": clerk.username, "date_joined_0": "2026-01-01", "date_joined_1": "10:00", "is_staff": "on"}
    given |= {"is_active": "on", "limit_locations": [str(here.locations["W2"].pk)]}
    saved = client.post(page("auth_user", clerk.pk), given)

    assert here.channel.name in shown.content.decode()
    assert "limit_locations" not in form
    assert saved.status_code == 302, saved.context["errors"]
    assert limits_of(User.objects.get(pk=clerk.pk)) == Limits(None, frozenset({here.locations["W2"].pk}))


def test_a_limit_that_the_page_of_a_user_cannot_show_is_not_lifted_by_saving_it(client):
    here = shop({"W1": {"LAMP": 5}})
    gone, w1 = UUID(int=1), here.locations["W1"].pk
    clerk = _clerk(location_ids=[gone, w1], channel_ids=[gone])
    client.force_login(StaffFactory())

    given = {"username": clerk.username, "date_joined_0": "2026-01-01", "date_joined_1": "10:00", "is_staff": "on"}
    saved = client.post(page("auth_user", clerk.pk), given | {"is_active": "on"})

    assert saved.status_code == 302
    assert limits_of(User.objects.get(pk=clerk.pk)) == Limits(frozenset({gone}), frozenset({gone}))


def test_limits_are_chosen_by_name_when_a_key_is_made(client):
    here = shop({"W1": {"LAMP": 5}})
    client.force_login(StaffFactory())

    given = {"title": "Till", "scopes": ["orders:read"], "limit_channels": [str(here.channel.pk)]}
    client.post(reverse("admin:web_apikey_add"), given)

    key = ApiKey.objects.get()
    assert (key.channel_ids, key.location_ids) == ([here.channel.pk], None)
    assert here.channel.name in client.get(page("web_apikey", key.pk)).content.decode()
