"""Where in a JSON document something is wrong: what msgspec says, as a JSON pointer (RFC 6901)."""

from __future__ import annotations

import msgspec

from oms.core.errors import FieldError, InvalidInput


def malformed(problem: msgspec.DecodeError, below: str = "") -> InvalidInput:
    """msgspec says "… - at `$.items[0].quantity`"; ours is a JSON pointer, below the pointer `below`.

    It does not tell the key within an object of any keys (`$.metadata[...]`), so the pointer ends at the object.
    """
    sentence, _, path = str(problem).partition(" - at `$")
    known = path.rstrip("`").partition("[...]")[0]
    pointer = below + known.replace("[", ".").replace("]", "").replace(".", "/")
    return InvalidInput(errors=[FieldError(pointer, f"{pointer or 'body'}: {sentence}.")])
