"""One attempt to deliver one message: what every kind of receiver shares."""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Timer

STEP_S = 10.0
"""How long connecting, sending and each piece of the reply may take."""

WHOLE_S = 30.0
"""How long an attempt may take in all, however often the other side says a little."""


class Undelivered(Exception):
    """An attempt failed; the message says why, and holds no address and no secret."""


def secret(*, env: str, file: str, root: Path, environ: dict[str, str]) -> str:
    """Return what a variable or a file holds, or an empty string where neither is named.

    Args:
        env: Name of an environment variable, or empty.
        file: Path, from the project's folder or absolute, or empty.
        root: The project's folder.
        environ: The environment.

    Raises:
        Undelivered: The variable is not set, the file cannot be read, or it holds nothing.
    """
    if env:
        found = environ.get(env, "").strip()
        if not found:
            raise Undelivered(f"variable {env} is not set where the server runs")
        return found
    if not file:
        return ""
    try:
        found = (root / file).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise Undelivered(f"file {file} cannot be read") from None
    if not found:
        raise Undelivered(f"file {file} is empty")
    return found


@contextmanager
def cut_off(connected: Callable[[], socket.socket | None], *, after_s: float = WHOLE_S) -> Iterator[None]:
    """Cut the connection after a while: a receiver that says a byte now and then would keep us for ever.

    Args:
        connected: Returns the socket, once there is one.
        after_s: When.
    """

    def cut() -> None:
        if (found := connected()) is not None:
            with suppress(OSError):
                found.shutdown(socket.SHUT_RDWR)

    timer = Timer(after_s, cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
