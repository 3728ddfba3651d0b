"""Countries as people write them."""

from __future__ import annotations

from functools import cache
from typing import Final

from babel import Locale

# What CLDR calls otherwise, and what is a place but no country with a code of its own ("": the name alone is kept).
_SPECIAL: Final = {
    "eire": "IE",
    "republic of ireland": "IE",
    "rsa": "ZA",
    "usa": "US",
    "u.s.a.": "US",
    "united states of america": "US",
    "uk": "GB",
    "england": "GB",
    "scotland": "GB",
    "wales": "GB",
    "northern ireland": "GB",
    "great britain": "GB",
    "czech republic": "CZ",
    "hong kong": "HK",
    "macau": "MO",
    "korea": "KR",
    "russian federation": "RU",
    "turkey": "TR",
    "holland": "NL",
    "channel islands": "",
    "european community": "",
    "west indies": "",
    "unspecified": "",
}
_NO_COUNTRIES: Final = frozenset({"EU", "EZ", "QO", "UN", "XA", "XB", "ZZ"})


@cache
def _by_name() -> dict[str, str]:
    territories = Locale("en").territories
    named = {
        name.casefold(): code
        for code, name in territories.items()
        if len(code) == 2 and code.isalpha() and code not in _NO_COUNTRIES
    }
    return named | _SPECIAL


def code_of(name: str) -> str:
    """The ISO 3166-1 code of a country's English name, in upper case; "" for a name that is none."""
    return _by_name().get(name.strip().casefold(), "")
