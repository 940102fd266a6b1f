"""What somebody else's code prints goes to our log, a line each, and cannot fill it."""

import asyncio
import time

import structlog

_LINES_A_SECOND = 50
_LONGEST = 2000
_log = structlog.get_logger()


async def log_lines(stream: asyncio.StreamReader, *, arm: str) -> None:
    """Log what comes until the stream ends.

    Lines are cut at 2,000 characters. Of more than 50 lines a second the rest is counted, not logged.

    Args:
        stream: Both outputs of a child.
        arm: Whose code it is.
    """
    second, logged, dropped, rest = 0, 0, 0, b""
    while data := await stream.read(1 << 16):
        *lines, rest = (rest + data).split(b"\n")
        if len(rest) > _LONGEST:
            lines, rest = [*lines, rest], b""
        for line in lines:
            now = int(time.monotonic())
            if now != second:
                _tell_dropped(dropped, arm)
                second, logged, dropped = now, 0, 0
            if logged < _LINES_A_SECOND:
                _tell(line, arm)
                logged += 1
            else:
                dropped += 1
    _tell_dropped(dropped, arm)
    _tell(rest, arm)


def _tell(line: bytes, arm: str) -> None:
    if text := line.decode(errors="replace").rstrip():
        _log.info("the arm says", arm=arm, line=text[:_LONGEST])


def _tell_dropped(lines: int, arm: str) -> None:
    if lines:
        _log.warning("the arm says more than is logged", arm=arm, lines=lines)
