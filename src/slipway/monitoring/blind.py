"""A monitor that can prove nothing, or not all it is there for: with a reference so short its silence says nothing.

Blocks are ranked among those of the reference. With three of them a new block can be no rarer than one in four, and
what stays as it is now becomes the usual; so a silence of such a monitor says nothing, and it has to say that itself.
"""

from collections.abc import Iterable
from typing import Any

import numpy as np

from slipway.monitoring.sight import Look, Sight, sight_of
from slipway.monitoring.watch import Monitor
from slipway.stats.table import TableTick
from slipway.words import count

LOOKS = 120
"""So many slices are looked at: what has not been found by then has become the usual."""

_ROWS = 10_000  # of a slice, where rows are the unit
_NAMED = 3


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


def least_units(monitor: Monitor) -> int | None:
    """Return what the largest change takes to be told from the start on: rows or slices, as the monitor counts.

    Of rows it is the next power of two. None where it never would be told.

    What is asked is a server's question: :data:`LOOKS` slices after the reference, as large as its own were.
    """
    looks = _looks(monitor)
    if monitor.instruments.unit != "row":
        return told_after(monitor, slices=((look.start_us, look.rows) for look in looks))
    sizes = (*(1 << i for i in range(_ROWS.bit_length())), _ROWS)
    told = (n for n in sizes if n <= _ROWS and told_after(monitor, slices=[(looks[0].start_us, n)]) is not None)
    return next(told, None)


def blind(monitor: Monitor, *, least: int | None) -> str:
    """Return what could not be found, and the way out; empty where each column alone and the answers could.

    Args:
        monitor: What watches.
        least: What :func:`least_units` returned of it; where it is None nothing could be found.
    """
    instruments, reference = monitor.instruments, monitor.reference
    what = "no change, however large,"
    if least is not None:
        sight = sight_of(monitor, looks=_looks(monitor), shares=(1.0,))
        if sight.whole:
            return ""
        what = unseen(sight)
    known = count(reference.rows if instruments.unit == "row" else instruments.season.blocks, instruments.unit)
    return (
        f"The monitor of {monitor.model} is blind: beside {known} of its reference {what} could be proven at alpha "
        f"{monitor.alpha:g}. Package the model anew with a longer reference, or take a larger monitoring.alpha."
    )


def _looks(monitor: Monitor) -> list[Look]:
    """Return what a server looks at: :data:`LOOKS` slices after the reference, as large as its own were."""
    instruments, reference = monitor.instruments, monitor.reference
    by_rows = instruments.unit == "row"
    rows = _ROWS if by_rows else max(reference.rows // max(instruments.season.blocks, 1), 1)
    share = reference.held_out_rows / reference.rows if reference.held_out else 0.0
    labelled = max(round(rows * min(share, 1.0)), 1) if instruments.gap is not None else 0
    first_us = instruments.season.until_us
    return [Look(first_us + i * instruments.slice_us, rows, labelled) for i in range(1 if by_rows else LOOKS)]


def unseen(sight: Sight) -> str:
    """Name what would not have been found: the subject of a sentence that goes on "could be proven".

    >>> unseen(Sight(columns=2, hidden=("load",), share=None, watched=True, loss=None))
    'no change of load alone however large, nor that every answer is wrong,'
    """
    answers = sight.watched and sight.loss is None
    if not sight.hidden:
        return "not even that every answer is wrong"
    more = len(sight.hidden) - _NAMED
    named = ", ".join(sight.hidden[:_NAMED]) + (f" or {more} more" if more > 0 else "")
    what = "any one column" if len(sight.hidden) == sight.columns > 1 else named
    columns = f"no change of {what} alone however large"
    return f"{columns}, nor that every answer is wrong," if answers else columns
