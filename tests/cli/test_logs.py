"""Where a command's log goes while it runs, and that the log of who called it from Python is as it was."""

import io
import logging
import os
import sys

import pytest
import structlog

from slipway.cli.logs import logged_to_stderr


@pytest.fixture
def own_log():
    """The log of a caller: where it goes is his."""
    own = io.StringIO()
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(own))
    yield own
    structlog.reset_defaults()


def test_lines_go_to_stderr_while_the_command_runs_and_nowhere_else_after(own_log, capfd):
    log = structlog.get_logger()
    with logged_to_stderr(least=logging.WARNING):
        log.info("too little")
        log.warning("of the command")
    log.info("of the caller")
    seen = capfd.readouterr()
    assert (seen.out, "of the command" in seen.err, "too little" in seen.err) == ("", True, False)
    assert ("of the command" in own_log.getvalue(), "of the caller" in own_log.getvalue()) == (False, True)


def test_the_callers_log_is_his_again_after_a_failure(own_log):
    with pytest.raises(ZeroDivisionError), logged_to_stderr():
        1 / 0  # noqa: B018 - it is the failure
    structlog.get_logger().info("of the caller")
    assert "of the caller" in own_log.getvalue()


def test_a_stderr_that_is_gone_fails_nobody(own_log):
    kept = os.dup(2)
    sys.stderr.flush()
    try:
        os.close(2)
        with logged_to_stderr():
            structlog.get_logger().error("lost")
    finally:
        os.dup2(kept, 2)
        os.close(kept)
