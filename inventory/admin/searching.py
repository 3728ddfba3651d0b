"""Items as people ask for them: the beginning of a sku, a barcode, or the beginnings of words of the title."""

from __future__ import annotations

import re
from typing import Any, Final

from django.contrib.postgres.search import SearchQuery, SearchVector
from django.db.models import Q, QuerySet

from inventory.models import InventoryItem

_MOST_WORDS: Final = 8
_FEW: Final = 1000


def items_like(term: str) -> QuerySet[InventoryItem]:
    """Items that somebody may mean by this term, which is not empty. Each part of the question is served by an index.

    Several words must all stand in the title, in any order.
    """
    wanted = Q(sku__startswith=term) | Q(sku__startswith=term.upper()) | Q(barcode=term)
    words = re.findall(r"\w+", term)[:_MOST_WORDS]
    rows = InventoryItem.objects.order_by()
    if words:
        query = SearchQuery(" & ".join(f"{word}:*" for word in words), search_type="raw", config="simple")
        rows = rows.alias(title_words=SearchVector("title", config="simple"))
        wanted |= Q(title_words=query)
    return rows.filter(wanted)


def of_items_like(rows: QuerySet[Any], term: str) -> QuerySet[Any]:
    """Rows (of levels) of such items. Few of them are named one by one: how many a word will find, a plan cannot know,
    and would read all rows for them."""
    items = items_like(term).values_list("pk", flat=True)
    few = list(items[: _FEW + 1])
    return rows.filter(item__in=few if len(few) <= _FEW else items)


def item_of(term: str) -> InventoryItem | None:
    """The one item that somebody typed or scanned: its sku, in capitals too, or its barcode where one item has it."""
    found = list(InventoryItem.objects.filter(sku__in={term, term.upper()}))
    if found:
        return next((item for item in found if item.sku == term), found[0])
    scanned = list(InventoryItem.objects.filter(barcode=term).exclude(barcode="").order_by("pk")[:2])
    return scanned[0] if len(scanned) == 1 else None
