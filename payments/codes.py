"""Codes of gift cards: sixteen letters that people can read to one another, of which only a keyed hash is kept."""

from __future__ import annotations

import secrets
from typing import Final

from django.conf import settings
from django.utils.crypto import salted_hmac

# Crockford's base32: no I, L, O, U. 32 ** 16 codes are eighty bits.
_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LENGTH: Final = 16
_MEANT: Final = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None})
_LONGEST_INPUT: Final = 80


def new_code() -> str:
    """A fresh code in groups of four: 7H2K-0QXV-M94T-ZC3D."""
    letters = [secrets.choice(_ALPHABET) for _ in range(_LENGTH)]
    return "-".join("".join(letters[start : start + 4]) for start in range(0, _LENGTH, 4))


def normalized(text: str) -> str:
    """A code as it is hashed: without groups and case, O read as 0, I and L as 1. Empty for what cannot be a code."""
    code = "".join(text[:_LONGEST_INPUT].upper().split()).translate(_MEANT)
    return code if len(code) == _LENGTH and set(code) <= set(_ALPHABET) else ""


def hash_of(code: str) -> str:
    """What is stored in the place of a normalized code: HMAC-SHA-256 under OMS_GIFT_CARD_KEY, or else SECRET_KEY.

    With another key no code is found any more. Balances stay; their cards need new codes.
    """
    key = settings.GIFT_CARD_KEY or None
    return salted_hmac("payments.gift_card", code, secret=key, algorithm="sha256").hexdigest()
