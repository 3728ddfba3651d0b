"""How values look in the console. Whatever a customer can type is escaped here or by the template."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final, cast
from uuid import UUID

from django.db.models import Model
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext

from oms.core.actors import ActorKind
from oms.core.money import Money, round_amount

# What a word of a status means to the person who reads it.
_TONES: Final[Mapping[str, str]] = (
    dict.fromkeys(
        [
            *("completed", "captured", "delivered", "shipped", "fulfilled", "matched", "refunded", "active"),
            *("received", "applied", "cured", "settled", "done", "succeeded"),
        ],
        "good",
    )
    | dict.fromkeys(
        [
            *("requires_action", "dead", "parked", "failed", "stopped", "unmatched", "shortage", "unreserved"),
            *("refused", "declined", "unknown", "error"),
        ],
        "bad",
    )
    | dict.fromkeys(
        [
            *("partially_fulfilled", "partially_shipped", "partially_delivered", "partially_captured", "partial"),
            *("partially_refunded", "partially_authorized", "awaiting", "packed", "requested", "partially_returned"),
            *("hold", "running", "sent", "receiving", "open", "low", "backordered"),
        ],
        "busy",
    )
    | dict.fromkeys(["authorized", "expected", "reserved"], "info")
)

_SHORT: Final = 18  # characters of a reference that a column of a list has room for


def badge(value: str, label: Any, *, prefix: Any = "") -> SafeString:
    """A status as a small coloured label; the colour follows from the word."""
    tone = _TONES.get(value, "plain")
    if prefix:
        label = f"{prefix}: {label}"
    return format_html('<span class="c-badge c-badge-{}">{}</span>', tone, label)


def status_badge(row: Model, field: str, *, prefix: Any = "") -> SafeString:
    """The badge of a choice field of a row."""
    return _choice_badge(type(row), field, getattr(row, field), str(prefix), get_language())


@lru_cache(maxsize=2048)
def _choice_badge(model: type[Model], field: str, value: str, prefix: str, language: str | None) -> SafeString:
    """Made once for each language, because a list shows the same few words on every row."""
    labels = dict(cast("Any", model._meta.get_field(field)).flatchoices)
    return badge(value, str(labels.get(value, value)), prefix=prefix)


def money(amount: Decimal, currency: str) -> str:
    """An amount as people of the active language write it, with its currency."""
    return str(Money(amount, currency))


def unit_price(amount: Decimal, currency: str) -> str:
    """The price of one, with the digits it has below the smallest coin."""
    if amount == round_amount(amount, currency):
        return money(amount, currency)
    return f"{amount.normalize():f} {currency}"


def short(reference: str) -> str | SafeString:
    """What others call a thing, without the middle of a long name: where the pointer rests, and on its page, all."""
    if len(reference) <= _SHORT:
        return reference
    return format_html('<span title="{}">{}…{}</span>', reference, reference[:9], reference[-5:])


def actor(value: Mapping[str, Any] | None) -> str:
    """Who did it, as the timeline and the ledger keep it."""
    if not value:
        return ""
    label = str(value.get("label", ""))
    kind = value.get("kind")
    if kind == ActorKind.SYSTEM:
        return gettext(label or "System")
    if kind == ActorKind.API_KEY:
        return gettext("API key %s") % label
    return label


def as_json(value: Any) -> SafeString:
    """Data of any shape, readable."""
    text = json.dumps(value, indent=2, ensure_ascii=False, default=str)
    return format_html('<pre class="c-json">{}</pre>', text)


def web_link(url: str, text: Any = "") -> SafeString:
    """A link to somewhere outside. What is no web address (`javascript:` …) stays text."""
    if not url.lower().startswith(("https://", "http://")):
        return format_html("{}", text or url)
    return format_html('<a class="c-link" href="{}" rel="noreferrer noopener" target="_blank">{}</a>', url, text or url)


def change_url(model: str, pk: UUID | str | int) -> str:
    """The page of a row; `model` is app_model in lower case: orders_order."""
    return reverse(f"admin:{model}_change", args=[pk])


def link(model: str, pk: UUID | str | int, text: Any) -> SafeString:
    """A link to the page of a row."""
    return format_html('<a class="c-link" href="{}">{}</a>', change_url(model, pk), text)
