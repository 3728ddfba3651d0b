"""Lines of the log: JSON for machines, text for people; each names its request or task, none a person or a secret.

What is logged with structlog and with logging comes out alike. A line carries what is bound at that moment
(`structlog.contextvars`): request_id and actor (kind and id, never a name) in a request, task, task_id and the
request_id behind it in a Celery task.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, MutableMapping
from typing import Any, Final

import structlog
from structlog.stdlib import ProcessorFormatter
from structlog.typing import EventDict, Processor

from oms.web.middleware import NOBODY

# What PostgreSQL says of a row it refuses holds the row; it ends where the next part of a traceback begins.
_ROWS: Final = re.compile(
    r"(DETAIL|CONTEXT): .*?(?=\n(?:CONTEXT|HINT|QUERY|LINE \d+|The above|During handling|Traceback)|\Z)", re.DOTALL
)
_SECRETS: Final = (
    (re.compile(r"://[^/\s@]+@"), "://[secret]@"),
    (re.compile(r"\b(?:sk|pk|whsec)_[A-Za-z0-9+/=_-]{8,}"), "[key]"),
    (re.compile(r"\b(Bearer|Basic) [A-Za-z0-9+/=._~-]{8,}"), r"\1 [key]"),
    (re.compile(r"[\w.+'-]+@[\w-]+(?:\.[\w-]+)+"), "[e-mail]"),
    (re.compile(r"\+\d[\d ()./-]{6,}\d"), "[phone]"),
)


def scrub(text: str) -> str:
    """The text without what looks like an e-mail address, an international phone number, a key or a refused row.

    A last line of defence: names and street addresses have no look to tell them by, so code does not log them.
    """
    if "DETAIL:" in text or "CONTEXT:" in text:
        text = _ROWS.sub(r"\1: [left out]", text)
    for pattern, instead in _SECRETS:
        text = pattern.sub(instead, text)
    return text


def _scrubbed(value: Any) -> Any:
    if isinstance(value, str):
        return scrub(value)
    if isinstance(value, Mapping):
        return {key: _scrubbed(each) for key, each in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_scrubbed(each) for each in value]
    return value if value is None or isinstance(value, (bool, int, float)) else scrub(str(value))


def _scrub_all(_logger: Any, _method: str, line: EventDict) -> EventDict:
    return {key: _scrubbed(value) for key, value in line.items()}


def _foreign(_logger: Any, _method: str, line: EventDict) -> EventDict:
    """Mark what came by logging alone: its text is a sentence, not the name of an event."""
    line["foreign"] = True
    return line


def _without_nobody(_logger: Any, _method: str, line: EventDict) -> EventDict:
    if line.get("actor") == NOBODY:
        del line["actor"]
    line.pop("foreign", None)
    return line


def _plain(_logger: Any, _method: str, line: MutableMapping[str, Any]) -> str:
    """`at LEVEL logger [request]: sentence`, or `event='…' key=…`."""
    at, level, name = line.pop("at"), line.pop("level").upper(), line.pop("logger", "")
    request, exception = line.pop("request_id", NOBODY), line.pop("exception", "")
    is_sentence = line.pop("foreign", False)
    if line.get("actor") == NOBODY:
        del line["actor"]
    event = line.pop("event")
    rest = [f"{key}={value!r}" for key, value in line.items()]
    text = f"{at} {level} {name} [{request}]: " + " ".join([event if is_sentence else f"event={event!r}", *rest])
    return f"{text}\n{exception}" if exception else text


_BOUND: Final[list[Processor]] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
]


def _formatter(*last: Processor) -> logging.Formatter:
    return ProcessorFormatter(
        foreign_pre_chain=[*_BOUND, _foreign],
        processors=[
            ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            _scrub_all,
            *last,
        ],
    )


def plain_formatter() -> logging.Formatter:
    return _formatter(_plain)


def json_formatter() -> logging.Formatter:
    """One JSON object to a line: at, level, logger, event, what is bound, and `exception` with its traceback."""
    return _formatter(_without_nobody, structlog.processors.JSONRenderer(ensure_ascii=False))


def configure_structlog() -> None:
    """Send what is logged with structlog the way of all other lines."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_BOUND,
            structlog.processors.StackInfoRenderer(),
            ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
