"""A limit on how long a user's function may run, in the same process.

The signal of a timer ends Python code at its next instruction, whatever it catches. A library that does not return to
Python is ended when it does; one that never does has to be killed, which leaves an attempt that says so.
"""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from slipway.errors import BadInput, DeadlineExceeded


class Ended(BaseException):
    """We end a call of the user's; no Exception, so that his ``except Exception`` does not take it for trouble."""


class Late(Ended):
    """The time is over."""


@contextmanager
def time_limit(seconds: float | None, *, what: str) -> Iterator[None]:
    """End what runs inside after some time.

    Args:
        seconds: How long it may take, above 0; None for any length.
        what: Its name in the message.

    Raises:
        BadInput: The time is none, or this is not the main thread, where alone a signal can be taken.
        DeadlineExceeded: It took longer.
    """
    if seconds is None:
        yield
        return
    if not seconds > 0:
        raise BadInput(f"timeout: want seconds above 0, got {seconds:g}.")
    if threading.current_thread() is not threading.main_thread():
        raise BadInput("timeout: want it in the main thread of the process, got another. Leave it out there.")

    def late(_: int, __: FrameType | None) -> None:
        raise Late

    before = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    except Late:
        raise DeadlineExceeded(
            f"{what}: want it to return within {seconds:g} s, got no end. Look for a loop without one, or give it more "
            "time with --timeout, or fewer rows."
        ) from None
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
