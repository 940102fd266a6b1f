"""How near what people decided is to what was answered. Neither is the truth, so nothing is judged by it."""

import math
from collections.abc import Callable, Mapping

import msgspec

from slipway.records.base import Record
from slipway.records.task import TaskKind
from slipway.stats.asymptotic import MeanSequence
from slipway.stats.betting import BoundedMean
from slipway.stats.evidence import AnytimeInterval
from slipway.stats.moments import Moments
from slipway.words import number, percent

ALPHA = 0.05
"""Miss probability of the interval, over all looks."""

N_STAR = 1000
"""Decisions at which the interval of a mean distance is narrowest."""


class Agreement(Record, frozen=True, kw_only=True):
    """Decisions on cases that one arm answered.

    Attributes:
        arm: Who answered.
        kind: Of Y.
        n: How many.
        mean: Binary: the share of decisions that are the answer's label. Regression: the mean distance of decision and
            answer, in the unit of Y.
        interval: Of the mean; None while they are too few, or too alike, for one. Decisions count as independent; those
            of one person need not be.
    """

    arm: str
    kind: TaskKind
    n: int
    mean: float
    interval: AnytimeInterval | None

    @property
    def sentence(self) -> str:
        """The same in words."""
        of, binary = f"of {number(self.n)} on answers of {self.arm}", self.kind is TaskKind.BINARY
        say = percent if binary else number
        limits = "too few for an interval" if self.interval is None else _limits(self.interval, say=say)
        if binary:
            return f"{say(self.mean)} {of} agree ({limits})"
        return f"those {of} differ by {say(self.mean)} ({limits})"


def agreements(distances: Mapping[str, Moments], *, kind: TaskKind) -> tuple[Agreement, ...]:
    """Return one agreement an arm, with intervals that hold at every look.

    Args:
        distances: Arm to the distances of decisions from its answers; of labels 1 where they differ, else 0.
        kind: Of Y.

    >>> (found,) = agreements({"live": Moments(n=1000, total=300.0, squares=300.0)}, kind=TaskKind.BINARY)
    >>> found.mean, 0.63 < found.interval.low < 0.657 < 0.743 < found.interval.high  # Hoeffding's for one n: .657, .743
    (0.7, True)
    """
    of = _share if kind is TaskKind.BINARY else _distance
    return tuple(of(arm, differ) for arm, differ in sorted(distances.items()))


def _share(arm: str, differ: Moments) -> Agreement:
    alike = differ.n - differ.total
    interval = BoundedMean(alpha=ALPHA).evidence(Moments(n=differ.n, total=alike, squares=alike))
    return Agreement(arm=arm, kind=TaskKind.BINARY, n=differ.n, mean=interval.estimate, interval=interval)


def _distance(arm: str, differ: Moments) -> Agreement:
    found = MeanSequence(alpha=ALPHA, n_star=N_STAR).evidence(differ)
    interval = msgspec.structs.replace(found, low=max(0.0, found.low)) if math.isfinite(found.high) else None
    return Agreement(arm=arm, kind=TaskKind.REGRESSION, n=differ.n, mean=differ.mean, interval=interval)


def _limits(interval: AnytimeInterval, *, say: Callable[[float], str]) -> str:
    return f"{say(interval.low)} to {say(interval.high)}"
