"""The filters beside a list, each drawn once and kept: a form is many small templates, and always looks the same."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any, Final, cast

from django import forms
from django.contrib.admin.views.main import ChangeList
from django.template.loader import get_template
from django.utils.safestring import SafeString
from django.utils.translation import get_language

MOST_KEPT: Final = 500
_CHOICES: Final = (forms.ChoiceField, forms.MultipleChoiceField)
_drawn: dict[Hashable, SafeString] = {}  # of this process


def draw(changes: ChangeList, spec: Any) -> SafeString:
    """A filter as its template draws it. What a person has typed into one is not kept."""
    choices = list(spec.choices(changes))
    form = choices[0].get("form") if len(choices) == 1 else None
    looks = _looks(form) if form is not None else None
    key = (get_language(), spec.template, str(spec.title), looks)
    drawn = _drawn.get(key) if looks is not None else None
    if drawn is None:
        shown = {"title": spec.title, "choices": choices, "spec": spec}
        drawn = SafeString(get_template(spec.template).render(shown))
        if looks is not None:
            if len(_drawn) >= MOST_KEPT:
                _drawn.clear()
            _drawn[key] = drawn
    return drawn


def _looks(form: forms.Form) -> Hashable | None:
    """Everything that tells one drawn form from another; None for a form that is not kept."""
    looks: list[Hashable] = [type(form)]
    for bound in form:
        value, field = bound.value(), cast("Any", bound.field)
        if type(field) in _CHOICES:
            options = tuple((str(option), str(label)) for option, label in field.choices)
        elif value in (None, "", []) and not hasattr(field, "choices"):
            options = ()
        else:
            return None
        attributes = tuple((name, str(each)) for name, each in field.widget.attrs.items())
        looks.append(
            (bound.html_name, str(bound.label), type(field), type(field.widget), attributes, options, repr(value))
        )
    return tuple(looks)
