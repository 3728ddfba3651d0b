"""Lines of a document as a person types or pastes them: one a row, sku and units."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminTextareaWidget

from inventory.models import InventoryItem
from inventory.services.papers import MOST_LINES, Line

_ROW = re.compile(r"^(?P<sku>.*\S)\s*[\s,;\t]\s*(?P<units>\d{1,9})$")


class LinesField(forms.CharField):
    """A text area whose value is a list of `Line`. What cannot be read, and skus nobody knows, are named together."""

    widget = UnfoldAdminTextareaWidget

    def __init__(self, **kwargs: Any) -> None:
        usual: dict[str, Any] = {
            "label": gettext_lazy("Items"),
            "help_text": gettext_lazy("One a line: the sku, then how many. Can be pasted from a spreadsheet."),
            "max_length": 200_000,
        }
        super().__init__(**usual | kwargs)

    def clean(self, value: Any) -> list[Line]:
        rows = [row.strip() for row in super().clean(value).splitlines() if row.strip()]
        found = [(row, _ROW.match(row)) for row in rows]
        problems = [_("%s: write the sku, then how many.") % row[:60] for row, match in found if match is None]
        wanted = [(match["sku"].rstrip(",; \t"), int(match["units"])) for _row, match in found if match]
        if len(wanted) > MOST_LINES:
            problems.append(_("At most %s lines.") % MOST_LINES)
        known = dict(InventoryItem.objects.filter(sku__in=[sku for sku, _units in wanted]).values_list("sku", "pk"))
        problems += [_("There is no item %s.") % sku[:60] for sku, _units in wanted if sku not in known]
        if problems:
            raise forms.ValidationError(problems[:10])
        return [Line(known[sku], units) for sku, units in wanted]
