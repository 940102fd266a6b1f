"""The machine's clock was set: noticed, noted with the rollouts that run, and taken out of what they measure.

A clock that jumps must finish no stage, trip no deadline, and end no wait for outcomes. So control holds the machine's
clock against one that nobody sets: by what they differ more from one look to the next, the clock was set. It is stored
with each rollout that runs, before anything is judged. From then on a stay is what both clocks agree on, and a verdict
is made again from what is stored, as ever.
"""

import time
from collections.abc import Callable, Sequence

import msgspec
import numpy as np
import numpy.typing as npt

from slipway.control.block import NEVER
from slipway.ports import Change, ControlStore
from slipway.records.rollout import ClockSet, Rollout, RolloutStatus
from slipway.words import duration

Ints = npt.NDArray[np.int64]

TOLERANCE_US = 2_000_000
"""What two readings may differ by for other reasons: a busy machine between the two, and a clock that is slewed."""


def steady_us() -> int:
    """Return microseconds of a clock that nobody sets and that goes on while the machine sleeps, where there is one."""
    clock = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
    return time.clock_gettime_ns(clock) // 1000


class ClockWatch:
    """Notices by how much a clock was set since the last look.

    Args:
        wall_us: The clock that may be set.
        steady_us: The clock that is not.

    >>> readings = iter([(100_000_000, 0), (101_000_000, 1_000_000), (3_701_500_000, 1_500_000)])
    >>> wall, steady = zip(*readings)
    >>> watch = ClockWatch(iter(wall).__next__, steady_us=iter(steady).__next__)
    >>> watch.look(), watch.look()
    (None, (101500000, 3600000000))
    """

    def __init__(self, wall_us: Callable[[], int], *, steady_us: Callable[[], int] = steady_us) -> None:
        self._wall_us, self._steady_us = wall_us, steady_us
        self._apart_us = wall_us() - steady_us()

    def look(self) -> tuple[int, int] | None:
        """Return (the moment by the clock as it was, by how much it was set), or None if it was not."""
        wall_us = self._wall_us()
        apart_us = wall_us - self._steady_us()
        by_us, self._apart_us = apart_us - self._apart_us, apart_us
        return None if abs(by_us) <= TOLERANCE_US else (wall_us - by_us, by_us)


def note(store: ControlStore, *, at_us: int, by_us: int, now_us: int, by: str) -> str:
    """Note with every rollout that runs that the clock was set, in one transaction; return it in words.

    Raises:
        Conflict: A rollout was changed meanwhile; nothing was stored, try again.
        Unavailable: The store does not answer; nothing was stored.
    """
    words = f"the machine's clock was set {'ahead' if by_us > 0 else 'back'} by {duration(abs(by_us) / 1e6)}"
    running = [(id_, r, version) for id_, r, version in store.all(Rollout) if r.status is RolloutStatus.RUNNING]
    changes = [
        Change(
            msgspec.structs.replace(
                rollout,
                clock_sets=(*rollout.clock_sets, ClockSet(stage=rollout.stage().name, at_us=at_us, by_us=by_us)),
            ),
            id_,
            version,
        )
        for id_, rollout, version in running
    ]
    if changes:
        store.commit(changes, at_us=now_us, by=by, why=f"{words}; no stay and no wait for an outcome counts that")
    return words


def by_now(at_us: Ints, *, sets: Sequence[ClockSet]) -> Ints:
    """Return moments as today's clock would have shown them, never earlier than they were stamped.

    What was stamped before the clock was set ahead is as much younger than it looks. After it was set back, rows of
    before and after carry the same moments, and nobody can tell them apart; they are taken as they are, or for younger,
    so that whatever waits for outcomes waits long enough.

    Args:
        at_us: Moments as stamped; ``NEVER`` stays.
        sets: How the clock was set, in order.

    >>> ahead = ClockSet(stage="canary", at_us=100, by_us=3600)
    >>> by_now(np.array([50, 100, 3750]), sets=(ahead,)).tolist()
    [3650, 3700, 3750]
    >>> and_back = ClockSet(stage="canary", at_us=3800, by_us=-3600)
    >>> by_now(np.array([50, 100, 250]), sets=(ahead, and_back)).tolist()
    [50, 100, 250]
    """
    younger_us = np.zeros_like(at_us)
    left_us = 0
    for one in reversed(sets):
        left_us += one.by_us
        if left_us > 0:
            younger_us = np.where(at_us <= one.at_us, np.maximum(younger_us, left_us), younger_us)
    return np.where(at_us == NEVER, at_us, at_us + younger_us)
