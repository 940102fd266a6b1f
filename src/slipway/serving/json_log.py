"""The log of a process: one JSON object a line, whoever writes it, and no words of a caller."""

import logging
import os
import sys
from collections.abc import MutableMapping
from typing import Any, TextIO, cast

import structlog

from slipway.serving.log_lines import LogLines
from slipway.serving.log_words import where


def log_as_json(*, process: str) -> None:
    """Write one JSON object a line, which the supervisor sends to the process's log; libraries' own logs too."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _without_words,
            lambda _, __, event: {**event, "process": process, "pid": os.getpid()},
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.PrintLoggerFactory(file=cast(TextIO, LogLines())),
    )
    logging.basicConfig(level=logging.WARNING, handlers=[_Libraries()], force=True)


class _Libraries(logging.Handler):
    """Passes on what libraries log, such as asyncio, without what they put into their sentences."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line."""
        error = record.exc_info[1] if record.exc_info else None
        said = str(record.msg).partition("\n")[0][:200]  # asyncio goes on with what an exception says
        structlog.get_logger().log(record.levelno, said, logger=record.name, exc_info=error)


def _without_words(_: object, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Say where an error arose; its words may be those of a caller."""
    error = event.pop("exc_info", None)
    found = sys.exc_info()[1] if error is True else error
    return {**event, "exception": where(found)} if isinstance(found, BaseException) else event
