"""Translations without gettext's tools: reading a .po file, and the .mo file that Django reads.

As much of the format as our catalogues use: comments, msgid, msgid_plural, msgstr and msgstr[n], over any lines.
"""

from __future__ import annotations

import ast
import struct
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from django.conf import settings

Messages = Mapping[str, str]  # plural forms are joined by NUL, as in a .mo file
_MAGIC: Final = 0x950412DE


class Unreadable(Exception):
    """A line of a .po file is none that we know."""


def catalogues() -> Iterator[Path]:
    """The .po files of the project, by language."""
    yield from sorted(Path(settings.BASE_DIR, "locale").glob("*/LC_MESSAGES/django.po"))


def read_po(text: str) -> Messages:
    """What each msgid is translated to; the header stands under "". What has no translation yet, or one that somebody
    must look at (fuzzy), is left out. Raises Unreadable with the number of the line."""
    messages: dict[str, str] = {}
    for block in _blocks(text):
        key = "\0".join(block[name] for name in ("msgid", "msgid_plural") if name in block)
        forms = [value for name, value in block.items() if name.startswith("msgstr")]
        if forms and all(forms):
            messages[key] = "\0".join(forms)
    return messages


def compiled(messages: Messages) -> bytes:
    """The .mo file: sorted by msgid, the same bytes for the same messages."""
    pairs = [(key.encode(), value.encode()) for key, value in sorted(messages.items())]
    start = 28 + 16 * len(pairs)
    heads: list[bytes] = []
    body = b""
    for column in (0, 1):
        for pair in pairs:
            heads.append(struct.pack("<II", len(pair[column]), start + len(body)))
            body += pair[column] + b"\0"
    head = struct.pack("<IIIIIII", _MAGIC, 0, len(pairs), 28, 28 + 8 * len(pairs), 0, 0)
    return head + b"".join(heads) + body


def _blocks(text: str) -> Iterator[dict[str, str]]:
    """The entries, each by keyword in the order in which they stand."""
    block: dict[str, str] = {}
    keyword, fuzzy = "", False
    for number, line in enumerate([*text.splitlines(), ""], start=1):
        line = line.strip()
        if not line:
            if block and not fuzzy:
                yield block
            block, keyword, fuzzy = {}, "", False
        elif line.startswith("#"):
            fuzzy = fuzzy or (line.startswith("#,") and "fuzzy" in line)
        else:
            head, quote, _rest = line.partition('"')
            keyword = head.strip() or keyword
            if not quote or not keyword.startswith("msg"):
                raise Unreadable(f"line {number}: {line}")
            block[keyword] = block.get(keyword, "") + ast.literal_eval(line[len(head) :])
