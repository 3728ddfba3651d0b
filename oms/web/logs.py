"""Every line of the log names the request that it was written for."""

from __future__ import annotations

import logging

import structlog


class RequestIdFilter(logging.Filter):
    """Gives each record `request_id`: what the answer carries as X-Request-Id, or "-" outside of a request."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = structlog.contextvars.get_contextvars().get("request_id", "-")
        return True


def configure_structlog() -> None:
    """Send what is logged with structlog the way of all other lines: through logging, as `event=… key=…`."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.processors.StackInfoRenderer(),
            structlog.processors.format_exc_info,
            structlog.processors.KeyValueRenderer(key_order=["event"]),
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
