"""The rows of a list. What a column looks like is found out once for the list, not once for each of its cells.

In the place of Unfold's own, which run templates and compute every header again for each row. What no list of the
console uses is not drawn: cells that are edited in the list, rows that are moved by hand or unfold, acts of a row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, time
from functools import cache, partial
from typing import Any, Final

from django.contrib.admin.templatetags.admin_urls import add_preserved_filters
from django.contrib.admin.utils import lookup_field
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import FieldDoesNotExist, ObjectDoesNotExist
from django.db import models
from django.db.models import Model
from django.urls import NoReverseMatch
from django.utils.html import conditional_escape, escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from unfold.utils import display_for_field, display_for_value

_CHECKBOX: Final = "action_checkbox"


def rows(changes: ChangeList, headers: Sequence[Mapping[str, Any]]) -> Iterator[SafeString]:
    """Each row of the page. Whatever is not marked as safe is escaped."""
    columns = [_column(changes, number, headers[number]["text"]) for number in range(len(changes.list_display))]
    for row in changes.result_list:
        cells = "".join([cell(row) for cell in columns])
        yield mark_safe(f'<tbody><tr class="data-row c-row">{cells}</tr></tbody>')  # noqa: S308  (escaped, each cell)


def _column(changes: ChangeList, number: int, label: Any) -> Callable[[Model], str]:
    """What makes the cells of a column: <td class="field-name" data-label="Its header">."""
    name = changes.list_display[number]
    links = changes.list_display_links or ()
    first_link = name in links and not any(each in links for each in changes.list_display[:number])
    tag = "th" if first_link else "td"
    known_as = name if isinstance(name, str) else f"{name.__name__}{number}"
    classes = "action-checkbox c-tick" if name == _CHECKBOX else f"c-cell field-{known_as}"
    label = _("Select record") if name == _CHECKBOX else label
    opening = format_html('<{} class="{}" data-label="{}">', tag, classes, label)
    moment = format_html('<{} class="{} nowrap" data-label="{}">', tag, classes, label)
    show, closing = _shown(changes, name), f"</{tag}>"
    link = _links(changes) if name in links else None

    def cell(row: Model) -> str:
        shown, is_moment = show(row)
        text = conditional_escape(shown)
        return f"{moment if is_moment else opening}{link(row, text) if link else text}{closing}"

    return cell


def _shown(changes: ChangeList, name: Any) -> Callable[[Model], tuple[Any, bool]]:
    """What a column shows of a row, and whether that stays on one line."""
    try:
        field: Any = changes.lookup_opts.get_field(name)
    except FieldDoesNotExist:
        field = None
    if getattr(field, "concrete", False) and field.name == name and not field.auto_created:
        return _field_shown(field, changes.model_admin.get_empty_value_display())
    return _value_shown(changes.model_admin, name)


def _field_shown(field: Any, empty: Any) -> Callable[[Model], tuple[Any, bool]]:
    one_line = isinstance(field, (models.DateField, models.TimeField, models.ForeignKey))
    show: Callable[[Any], Any] = partial(display_for_field, field=field, empty_value_display=empty)
    if isinstance(field, models.ForeignKey):
        show = partial(_related, empty)
    elif isinstance(field, models.BooleanField) or (field.flatchoices and isinstance(field, models.CharField)):
        show = cache(show)  # an icon is a template, and the choices are gone through for each value

    def shown(row: Model) -> tuple[Any, bool]:
        try:
            return show(getattr(row, field.name)), one_line
        except ObjectDoesNotExist:
            return empty, False

    return shown


def _related(empty: Any, row: Model | None) -> Any:
    return empty if row is None else row


def _value_shown(admin: Any, name: Any) -> Callable[[Model], tuple[Any, bool]]:
    """Of a method of the admin, or of what else Django finds by the name."""
    usual = admin.get_empty_value_display()
    method = getattr(admin, name, None) if isinstance(name, str) and name != "__str__" else None
    icon = cache(partial(display_for_value, empty_value_display=usual, boolean=True))

    def shown(row: Model) -> tuple[Any, bool]:
        try:
            attribute, value = (method, method(row)) if method else lookup_field(name, row, admin)[1:]
        except ObjectDoesNotExist:
            return usual, False
        if isinstance(value, str):
            return value, False
        if getattr(attribute, "boolean", False):
            return icon(value), False
        text = display_for_value(value, getattr(attribute, "empty_value_display", usual))
        return text, isinstance(value, (date, time))

    return shown


def _links(changes: ChangeList) -> Callable[[Model, str], str]:
    """A link around a text to the page of its row, from which one comes back to this list."""
    kept: Any = {"opts": changes.opts, "preserved_filters": changes.preserved_filters}
    key = str(changes.to_field) if changes.to_field else changes.lookup_opts.pk.attname

    def link(row: Model, text: str) -> str:
        try:
            url = changes.url_for_result(row)
        except NoReverseMatch:
            return text
        if changes.preserved_filters:
            url = add_preserved_filters(kept, url)
        popup = format_html(' data-popup-opener="{}"', row.serializable_value(key)) if changes.is_popup else ""
        return f'<a class="c-row-link" href="{escape(url)}"{popup}>{text}</a>'

    return link
