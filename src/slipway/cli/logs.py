"""Where a command's log lines go while it runs: to stderr; stdout is the report's."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO, cast

import structlog

from slipway.serving.log_lines import LogLines


@contextmanager
def logged_to_stderr(*, least: int = logging.NOTSET) -> Iterator[None]:
    """Log to stderr, and as before when the block ends: who calls a command from Python keeps a log of his own.

    A line that cannot be written, as on a full disk, is lost, and the command goes on.

    Args:
        least: Level below which lines are left out, by default none.
    """
    before = structlog.get_config()
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(least),
        logger_factory=structlog.PrintLoggerFactory(file=cast(TextIO, LogLines(2))),
    )
    try:
        yield
    finally:
        structlog.configure(**before)
