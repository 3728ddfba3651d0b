"""Telephone numbers as people write them, made comparable. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_NOISE: Final = re.compile(r"\(0\)|[xX].*|[^0-9]", re.DOTALL)
_A_NUMBER: Final = re.compile(r"[\d\s()+./\-–]{6,40}([xX]|ext\.?)?\s?\d{0,6}", re.ASCII)
FEWEST_DIGITS: Final = 6
_WITH_COUNTRY: Final = 10  # a number of so many digits may begin with a country's code though nothing says so

# ITU E.164: no code begins with another one; those that are neither here nor of one digit have three.
_ONE_DIGIT: Final = frozenset("17")
_TWO_DIGITS: Final = frozenset(
    str(code)
    for codes in (
        *((20, 27), range(30, 35), (36, 39, 40, 41), range(43, 50), range(51, 59), range(60, 67)),
        *((81, 82, 84, 86), range(90, 96), (98,)),
    )
    for code in codes
)


@dataclass(frozen=True, slots=True)
class PhoneTerm:
    """What a number must look like, from its end, to be meant: `beginning` as its beginning, or one of `whole`."""

    beginning: str
    whole: tuple[str, ...] = ()


def phone_term(text: str) -> PhoneTerm | None:
    """What is looked for with a number, or with its last digits; None for what is no number or too short a part.

    +44 (0)20 7946-0958 means 442079460958 and, as it is dialled at home, 02079460958, and the other way round.
    """
    text = text.strip()
    if not _A_NUMBER.fullmatch(text):
        return None
    digits = _NOISE.sub("", text)
    significant = digits.lstrip("0")
    if len(significant) < FEWEST_DIGITS:
        return None
    whole: tuple[str, ...] = ()
    if text.startswith("+") or digits.startswith("00") or (digits[0] != "0" and len(digits) >= _WITH_COUNTRY):
        code = significant[: _code_length(significant)]
        at_home = significant[len(code) :].lstrip("0")
        if len(at_home) >= FEWEST_DIGITS:
            whole = tuple(dict.fromkeys(each[::-1] for each in (at_home, code + at_home, f"{code}0{at_home}")))
    return PhoneTerm(significant[::-1], whole)


def _code_length(digits: str) -> int:
    if digits[0] in _ONE_DIGIT:
        return 1
    return 2 if digits[:2] in _TWO_DIGITS else 3
