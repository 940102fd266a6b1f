"""Waits for the control store. Nothing is decided meanwhile, and who serves goes on with the route in force."""

import time
from collections.abc import Callable

from slipway.errors import SlipwayError

PAUSE_S = 1.0


def until_open(
    open_it: Callable[[], object],
    *,
    trouble: Callable[[str], object],
    alive: Callable[[], bool],
    pause_s: float = PAUSE_S,
    sleep: Callable[[float], None] = time.sleep,
) -> bool:
    """Try until it opens; tell whether it did. False means that nobody is left to wait for it.

    Args:
        open_it: Opens the store, or raises why not. What is no :class:`slipway.errors.SlipwayError` is raised on.
        trouble: Called with each reason that was not the last one.
        alive: Tells whether whoever started the process still runs.
        pause_s: Pause before the next try.
        sleep: Waits so many seconds.

    >>> tries = iter([SlipwayError("locked"), SlipwayError("locked"), None])
    >>> def open_it():
    ...     if error := next(tries):
    ...         raise error
    >>> told = []
    >>> until_open(open_it, trouble=told.append, alive=lambda: True, sleep=lambda _: None), told
    (True, ['locked'])
    """
    said = ""
    while alive():
        try:
            open_it()
        except SlipwayError as error:
            if str(error) != said:
                said = str(error)
                trouble(said)
            sleep(pause_s)
            continue
        return True
    return False
