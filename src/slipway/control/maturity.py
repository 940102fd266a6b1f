"""Which outcomes count, at a moment: those that came in time, of requests that have been waited for."""

import numpy as np
import numpy.typing as npt

from slipway.control.block import DAY_US, NEVER

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]

OPEN_END_US = 35 * DAY_US
"""Where outcomes are not waited for (``maturity = "0s"``) they count however late, as long as their day is held: it is
for so long at least."""


def held_us(wait_us: int) -> int:
    """Return how long a row is held at least, in memory and in the journal, so that its outcome can count.

    >>> held_us(7), held_us(0) == 35 * 86_400_000_000
    (7, True)
    """
    return wait_us or OPEN_END_US


def in_time(came_us: Ints, *, at_us: Ints, wait_us: int, now_us: int) -> Bools:
    """Tell which outcomes have come in time, shape (rows,).

    With a wait, an outcome must come within it, so that early and late truths weigh the same. Without one (``0s``), an
    outcome counts from the moment it comes, however late: right where the truth takes as long for one answer as for
    another, and for a first look.

    Args:
        came_us: Moment of each row's outcome, ``NEVER`` where there is none.
        at_us: Moment of each row's request.
        wait_us: How long an outcome is waited for.
        now_us: The moment; what came after it has not come yet.

    >>> came, asked = np.array([5, 9, NEVER]), np.array([1, 1, 1])
    >>> in_time(came, at_us=asked, wait_us=6, now_us=20).tolist()
    [True, False, False]
    >>> in_time(came, at_us=asked, wait_us=0, now_us=20).tolist()
    [True, True, False]
    >>> in_time(came, at_us=asked, wait_us=0, now_us=8).tolist()
    [True, False, False]
    """
    known: Bools = (came_us != NEVER) & (came_us <= now_us)
    return known if wait_us == 0 else known & (came_us <= at_us + wait_us)
