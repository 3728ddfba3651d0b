"""Where in a JSON document something is wrong: what msgspec says, as a JSON pointer (RFC 6901)."""

from __future__ import annotations

import re
from typing import Final

import msgspec

from oms.core.errors import FieldError, InvalidInput

_NAMES_A_FIELD: Final = re.compile(r"^Object (missing required|contains unknown) field `(?P<name>[^`]+)`$")


def malformed(problem: msgspec.DecodeError, below: str = "") -> InvalidInput:
    """msgspec says "… - at `$.items[0].quantity`"; ours is a JSON pointer, below the pointer `below`.

    It does not tell the key within an object of any keys (`$.metadata[...]`), so the pointer ends at the object. A
    field that is missing or unknown is named in its sentence, at the object; the pointer leads to the field.
    """
    sentence, _, path = str(problem).partition(" - at `$")
    known = path.rstrip("`").partition("[...]")[0]
    pointer = below + known.replace("[", ".").replace("]", "").replace(".", "/")
    if field := _NAMES_A_FIELD.match(sentence):
        pointer += "/" + field["name"].replace("~", "~0").replace("/", "~1")
    return InvalidInput(errors=[FieldError(pointer, f"{pointer or 'body'}: {sentence}.")])
