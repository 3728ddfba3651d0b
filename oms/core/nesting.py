"""JSON that is nested deeper than anybody means is refused, at the same depth everywhere.

The interpreter has a limit of its own, about a thousand up to Python 3.11 and ten thousand later, by which other code
that walks through the value, and PostgreSQL, have given up.
"""

from __future__ import annotations

import re
from typing import Final

DEEPEST: Final = 200
# Brackets within texts count for nothing.
_TOKEN: Final = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[\]{}]', re.DOTALL)


def require_shallow(body: bytes | str) -> None:
    """Raises RecursionError, as the interpreter does at its own limit, for JSON nested deeper than DEEPEST."""
    text = body.encode() if isinstance(body, str) else body
    if text.count(b"[") + text.count(b"{") <= DEEPEST:
        return
    depth = 0
    for token in _TOKEN.finditer(text):
        if token[0] in b"[{":
            depth += 1
            if depth > DEEPEST:
                raise RecursionError
        elif token[0] in b"]}":
            depth -= 1
