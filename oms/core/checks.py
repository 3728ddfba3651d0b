"""System checks: a wrong name in settings.OMS is found at start-up, with the setting's name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register
from django.utils.module_loading import import_string


@register()
def replaceable_parts(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Every dotted path in settings.OMS can be imported."""
    problems: list[CheckMessage] = []
    for setting, path in _paths(settings.OMS):
        try:
            import_string(path)
        except ImportError as problem:
            problems.append(Error(f"settings.OMS{setting} names {path!r}: {problem}", id="oms.E001"))
    return problems


def _paths(value: Any, place: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _paths(inner, f"{place}[{key!r}]")
    elif isinstance(value, str):
        yield place, value
