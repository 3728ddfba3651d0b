"""ETag and If-Match over revisions: `"7"` is the seventh state of a thing that others may change meanwhile."""

from __future__ import annotations

import re

from django.utils.translation import gettext_lazy as _
from rest_framework.request import Request

from oms.core.errors import DomainError

# A proxy that compresses makes an ETag weak; the revision it names is the same.
_TAG = re.compile(r'(?:W/)?"(\d{1,10})"')


class MalformedIfMatch(DomainError):
    code = "malformed_if_match"
    message = _('If-Match is * or revisions in quotes, such as "7".')


def of(revision: int) -> str:
    return f'"{revision}"'


def expected_revisions(request: Request) -> frozenset[int] | None:
    """The revisions that the caller accepts; None where any is welcome. Raises MalformedIfMatch."""
    header = request.headers.get("If-Match", "").strip()
    if not header or header == "*":
        return None
    tags = [_TAG.fullmatch(tag.strip()) for tag in header.split(",")]
    if not all(tags):
        raise MalformedIfMatch()
    return frozenset(int(tag[1]) for tag in tags if tag)
