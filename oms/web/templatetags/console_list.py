"""Tags of the console's lists."""

from __future__ import annotations

from typing import Any

from django import template
from django.contrib.admin.views.main import ChangeList
from django.utils.safestring import SafeString
from unfold.templatetags.unfold_list import result_headers

from oms.web.console import drawn_filters, rows

register = template.Library()


@register.inclusion_tag("admin/result_list.html", takes_context=True)
def console_result_list(context: template.Context, cl: ChangeList) -> dict[str, Any]:
    """The table of a list, or what to do where there is nothing."""
    headers = list(result_headers(cl))
    return {
        **{name: context.get(name) for name in ("is_popup", "to_field", "opts", "preserved_filters")},
        "cl": cl,
        "result_headers": headers,
        "num_sorted_fields": sum(bool(header["sortable"] and header["sorted"]) for header in headers),
        "rows": list(rows.rows(cl, headers)),
        "has_add_permission": cl.model_admin.has_add_permission(context["request"]),
    }


@register.simple_tag
def console_filter(cl: ChangeList, spec: Any) -> SafeString:
    """A filter beside a list."""
    return drawn_filters.draw(cl, spec)
