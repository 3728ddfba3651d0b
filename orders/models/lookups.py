"""What orders are found by that is no column: expressions, each with an index that is made of just the same."""

from __future__ import annotations

from typing import Final

from django.contrib.postgres.search import SearchVector
from django.db import models
from django.db.models import Func
from django.db.models.expressions import Combinable
from django.db.models.functions import Left

# The dictionary that takes words as they are, in any language: no stems, no stop words.
WORDS_CONFIG: Final = "simple"


class PhoneBackwards(Func):
    """The digits of a telephone number from its end, so that an index finds those that end alike.

    Without a trunk zero in brackets, an extension (x12) and leading zeros: `orders.phones` writes terms the same way.
    """

    template = r"reverse(ltrim(regexp_replace(%(expressions)s, '\(0\)|[xX].*|[^0-9]', '', 'g'), '0'))"
    output_field = models.TextField()


def words_of(*columns: str | Combinable) -> SearchVector:
    """The words in these columns."""
    return SearchVector(*columns, config=WORDS_CONFIG)


ADDRESS_NAMES: Final = ("first_name", "last_name", "company")
CUSTOMER_NAMES: Final = ("first_name", "last_name", "company_name")
NOTE_WORDS: Final = Left("body", 20_000)  # words of a megabyte are more than PostgreSQL takes
