"""Finding the replaceable parts that settings.OMS names by dotted path."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

from oms.core.errors import DomainError


class UnknownProvider(DomainError):
    code = "unknown_provider"
    message = _("There is no %(kind)s called %(name)s. Known: %(known)s.")


def get(kind: str, name: str) -> Any:
    """The implementation that settings.OMS[kind] names `name`, a fresh one. Raises UnknownProvider."""
    known: dict[str, str] = settings.OMS[kind]
    if name not in known:
        raise UnknownProvider(kind=kind, name=name[:60], known=", ".join(sorted(known)))
    return _load(known[name])()


@cache
def _load(path: str) -> Any:
    return import_string(path)
