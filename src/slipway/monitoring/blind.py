"""A monitor that can prove nothing: with a reference so short no change, however large, would raise an alarm.

Blocks are ranked among those of the reference. With three of them a new block can be no rarer than one in four, and
what stays as it is now becomes the usual; so a silence of such a monitor says nothing, and it has to say that itself.
"""

from collections.abc import Iterable
from typing import Any

import numpy as np

from slipway.monitoring.watch import Monitor
from slipway.stats.table import TableTick
from slipway.words import count

LOOKS = 120
"""So many slices are looked at: what has not been found by then has become the usual."""

_ROWS = 10_000  # of a slice, where rows are the unit


def could_tell(monitor: Monitor, *, slices: Iterable[tuple[int, int]]) -> bool:
    """Tell whether the largest change there is would raise an alarm within some slices (:func:`told_after`)."""
    return told_after(monitor, slices=slices) is not None


def told_after(monitor: Monitor, *, slices: Iterable[tuple[int, int]]) -> int | None:
    """Return how many slices the largest change takes to raise an alarm: all values of all columns in their last bins.

    One looks after each slice, as the monitor does.

    Args:
        monitor: What watches.
        slices: Beginning and rows of each slice.

    Returns:
        A number of slices, 1 or more; None if none of them raises it.
    """
    test: Any = monitor.instruments.inputs
    state = test.start()
    for n, (start_us, rows) in enumerate(slices, start=1):
        counts = np.zeros(sum(len(c.counts) for c in test.reference.columns), dtype=np.int64)
        for place in test.reference.slices:
            counts[max(place.stop - 2, place.start)] = rows  # the last one counts what is missing
        state = monitor.instruments.update(test, state, tick=TableTick(counts), start_us=start_us)
        if test.evidence(state).rejects(alpha=monitor.alpha):
            return n
    return None


def least_slices(monitor: Monitor) -> int | None:
    """Return how many slices the largest change would take to be told from the start on; None where it never would be.

    What is asked is a server's question: :data:`LOOKS` slices after the reference, as large as its own were.
    """
    instruments, reference = monitor.instruments, monitor.reference
    season, by_rows = instruments.season, instruments.unit == "row"
    rows = _ROWS if by_rows else max(reference.rows // max(season.blocks, 1), 1)
    first_us = season.until_us
    slices = [(first_us + i * instruments.slice_us, rows) for i in range(1 if by_rows else LOOKS)]
    return told_after(monitor, slices=slices)


def blind(monitor: Monitor, *, least: int | None) -> str:
    """Return why nothing could be found, and the way out; empty where something could.

    Args:
        monitor: What watches.
        least: What :func:`least_slices` returned of it.
    """
    if least is not None:
        return ""
    instruments, reference = monitor.instruments, monitor.reference
    known = count(reference.rows if instruments.unit == "row" else instruments.season.blocks, instruments.unit)
    return (
        f"The monitor of {monitor.model} is blind: beside {known} of its reference no change of X, however large, "
        f"could be proven at alpha {monitor.alpha:g}. Package the model anew with a longer reference, or take a "
        "larger monitoring.alpha."
    )
