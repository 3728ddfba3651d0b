"""Parts that can be replaced: found by setting or entry point, and named at start-up when they are wrong."""

from __future__ import annotations

from importlib.metadata import EntryPoint

import pytest
from django.core.management import call_command
from django.core.management.base import SystemCheckError

from fulfillment.providers.manual import ManualProvider
from oms.core import checks, providers
from oms.core.providers import UnknownProvider


class Courier(ManualProvider):
    code = "courier"


class Lame:
    """Has no name, and reads nothing."""

    def recognises(self, head: bytes) -> bool:
        return False


@pytest.fixture
def added(monkeypatch):
    """Entry points that an installed package would bring, by group."""
    found: dict[str, dict[str, EntryPoint]] = {}
    monkeypatch.setattr(providers, "_added", lambda group: found.get(group, {}))

    def add(group: str, name: str, value: str) -> None:
        found.setdefault(group, {})[name] = EntryPoint(name=name, value=value, group=group)

    return add


def _told(settings, **parts) -> list[tuple[str, str, str | None]]:
    settings.OMS = settings.OMS | parts
    return [(problem.id, problem.msg, problem.hint) for problem in checks.replaceable_parts(None)]


def test_the_settings_that_ship_name_nothing_wrong():
    assert checks.replaceable_parts(None) == []


def test_a_package_adds_a_provider_by_entry_point(added):
    added("oms.fulfillment_providers", "courier", "tests.oms.core.test_providers:Courier")

    assert providers.names("FULFILLMENT_PROVIDERS") == ["courier", "manual"]
    assert providers.get("FULFILLMENT_PROVIDERS", "courier").code == "courier"


def test_what_settings_name_comes_before_an_entry_point_of_the_same_name(added):
    added("oms.fulfillment_providers", "manual", "tests.oms.core.test_providers:Courier")

    assert type(providers.get("FULFILLMENT_PROVIDERS", "manual")) is ManualProvider


def test_a_part_of_which_there_is_one_may_be_named_as_a_package_calls_it(added, settings):
    added("oms.sourcing", "nearest", "inventory.sourcing.fewest_parcels:fewest_parcels")
    settings.OMS = settings.OMS | {"SOURCING": "nearest"}

    assert providers.the("SOURCING").__name__ == "fewest_parcels"
    assert checks.replaceable_parts(None) == []


def test_an_unknown_provider_is_refused_with_those_that_are_known():
    with pytest.raises(UnknownProvider, match=r"There is no fulfillment provider called drone. Known: manual."):
        providers.get("FULFILLMENT_PROVIDERS", "drone")


@pytest.mark.parametrize(
    ("parts", "problem"),
    [
        (
            {"SOURCING": "inventory.sourcing.nowhere.nearest"},
            (
                "oms.E001",
                "settings.OMS['SOURCING'] names 'inventory.sourcing.nowhere.nearest': No module named "
                "'inventory.sourcing.nowhere'",
                None,
            ),
        ),
        (
            {"ORDER_FORMATS": {"lame": "tests.oms.core.test_providers.Lame"}},
            (
                "oms.E002",
                "settings.OMS['ORDER_FORMATS']['lame'] names 'tests.oms.core.test_providers.Lame', which lacks digest, "
                "locate, name, raw_json, read, records, survey.",
                None,
            ),
        ),
        ({"SOURCNG": "a.b"}, ("oms.E003", "settings.OMS['SOURCNG'] is unknown.", "Did you mean 'SOURCING'?")),
        (
            {"ORDER_FORMATS": "a.b"},
            (
                "oms.E004",
                "settings.OMS['ORDER_FORMATS'] is 'a.b'; it must be a dictionary of dotted paths by code.",
                None,
            ),
        ),
    ],
)
def test_a_wrong_part_is_named_at_start_up(settings, parts, problem):
    assert _told(settings, **parts) == [problem]


def test_a_broken_entry_point_is_named_and_start_up_refused(added):
    added("oms.order_formats", "broken", "tests.nowhere:Format")

    with pytest.raises(SystemCheckError, match=r"the entry point 'broken' of 'oms.order_formats' names 'tests.nowhere"):
        call_command("check")
