"""The one seam of this floor: a test that may be looked at after each tick.

A sequential test is a frozen record of its settings. Its state is another frozen record, small and exact to
serialise (:mod:`slipway.stats.state`); a tick is the sufficient statistics of one slice of the journal. Ticks of one
slice from many workers are added with ``merge`` and give what one pass over all rows would have given. Nothing here
holds a mutable object: to reset a test is to call :meth:`SequentialTest.start` again.

:mod:`slipway.testing.laws` holds the exam that every implementation passes.
"""

from collections.abc import Iterable
from typing import Any, Protocol, Self, TypeVar

from slipway.stats.evidence import AnytimeInterval, EValue

S = TypeVar("S")
T_contra = TypeVar("T_contra", contravariant=True)
E_co = TypeVar("E_co", bound=EValue | AnytimeInterval, covariant=True)
M = TypeVar("M", bound="Mergeable")


class SequentialTest(Protocol[S, T_contra, E_co]):
    """Evidence that keeps its error rate however often and whenever one looks."""

    def start(self) -> S:
        """Return the state before anything was seen."""
        ...

    def update(self, state: S, tick: T_contra) -> S:
        """Return the state after one more tick; the old state is left as it was."""
        ...

    def evidence(self, state: S) -> E_co:
        """Return what the state says; calling it costs the guarantee nothing."""
        ...


class Mergeable(Protocol):
    """Sufficient statistics that add up: commutative and associative, exact where they are whole numbers."""

    def merge(self, other: Self) -> Self:
        """Return the statistics of both parts together."""
        ...


def merged(parts: Iterable[M]) -> M:
    """Merge one or more parts of a tick, in the order given.

    Raises:
        ValueError: There is no part.
    """
    whole: M | None = None
    for part in parts:
        whole = part if whole is None else whole.merge(part)
    if whole is None:
        raise ValueError("parts: want one or more parts of a tick, got none.")
    return whole


def run(test: SequentialTest[Any, Any, E_co], ticks: Iterable[Any]) -> E_co:
    """Return the evidence after all ticks, from a fresh start."""
    state = test.start()
    for tick in ticks:
        state = test.update(state, tick)
    return test.evidence(state)
