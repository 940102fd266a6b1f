"""Has a number column drifted? A histogram e-process that allows for the reference being finite.

Each value is ranked in the reference: ``U`` is the share of the reference below it, half of the ties counted. Without
drift ``2U - 1`` (location) and ``4 abs(U - 1/2) - 1`` (spread) have their reference means; the test bets, in both
directions, that they have not. Since the reference is a finite sample, each bet is first charged with what its error
may explain: Dvoretzky, Kiefer, Wolfowitz and Massart's inequality for spread, and for location the sharper bound that
holds for ranks. Missing values are a share with limits of its own.

Promise: if rows are independent and drawn as the reference was, the chance that the evidence *ever* reaches
``1 / alpha`` is at most ``alpha + delta``. Rows that come in clusters (days, users) break it: use
:class:`slipway.stats.block_drift.BlockDrift` for those. The proof is in ``docs/explanation/histogram-e-process.md``.
"""

import functools
import math

import msgspec
import numpy as np
import numpy.typing as npt

from slipway.errors import BadInput
from slipway.stats.bets import BetState, BetTable, BinCounts
from slipway.stats.binning import Binning
from slipway.stats.evidence import EValue, check_share
from slipway.stats.shares import bets_on_shares, one_share_limits

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_CUT_EVERY, _CUT_MOST = 10, 20_000


class HistogramTick(BinCounts, frozen=True, eq=False):
    """Rows of one tick per bin of the reference, missing last."""


class NumericReference(msgspec.Struct, frozen=True, eq=False, tag="numeric"):
    """What a number column looked like when the model was made: small, and all that drift tests need of it.

    One row in ten says where the bins are cut, the others are counted in them: so the counts are an honest sample.

    Attributes:
        binning: The bins.
        counts: Reference rows per bin, missing last; shape (binning.size,).
    """

    binning: Binning
    counts: Ints

    @classmethod
    def of(cls, values: npt.ArrayLike, *, bins: int = 32) -> "NumericReference":
        """Learn from a column; NaN and None are missing.

        Args:
            values: Shape (n,), n >= 1. Rows should be independent; their order does not matter if it is not periodic.
            bins: Bins of equal share to aim for, 2 or more.

        Raises:
            BadInput: No rows, or too few bins.
        """
        column = np.asarray(values, dtype=np.float64).ravel()
        if column.size == 0:
            raise BadInput("reference: want one row or more, got none.")
        if bins < 2:
            raise BadInput(f"bins: want 2 or more, got {bins}.")
        step = max(_CUT_EVERY, math.ceil(column.size / _CUT_MOST))
        for_cuts = np.zeros(column.size, dtype=np.bool_)
        for_cuts[step - 1 :: step] = True
        sample = column[for_cuts]
        binning = Binning.learn(sample[~np.isnan(sample)], bins=bins)
        return cls(binning=binning, counts=binning.count(column[~for_cuts]))

    @property
    def n(self) -> int:
        """Rows counted, missing included."""
        return int(self.counts.sum())

    @property
    def missing_share(self) -> float:
        """Share of rows without a value."""
        return float(self.counts[-1]) / self.n

    @property
    def ranks(self) -> Floats:
        """``U`` of each bin: the share of reference values below it, half of its own included."""
        seen = self.counts[:-1].astype(np.float64)
        ranks: Floats = (np.cumsum(seen) - seen / 2) / max(float(seen.sum()), 1.0)
        return ranks

    def tick(self, values: npt.ArrayLike) -> HistogramTick:
        """Count a slice of the live column."""
        return HistogramTick(self.binning.count(values))


class HistogramDrift(msgspec.Struct, frozen=True, eq=False, dict=True):
    """Evidence that a number column no longer is what the reference was.

    Attributes:
        reference: What it was.
        delta: Chance that the reference misleads, added to alpha; in (0, 1).
        lambdas: Stakes, each in (0, 1); the capital is spread over them.
        tolerance: Shift of the mean rank that is too small to matter, a share: 0.05 ignores columns whose values
            exceed a reference value with probability 0.45 to 0.55.
        columns: Number of columns watched together, which share ``delta``.

    Reference:
        Massart (1990), Annals of Probability 18(3); Waudby-Smith & Ramdas (2024), JRSS B 86(1), for the bets;
        Shin, Ramdas & Rinaldo (2024) for the restarts.

    >>> rng = np.random.default_rng(1)
    >>> test = HistogramDrift(NumericReference.of(rng.normal(size=20_000)))
    >>> state = test.start()
    >>> for _ in range(5):
    ...     state = test.update(state, test.tick(rng.normal(size=500)))
    >>> test.evidence(state).rejects(alpha=0.01)
    False
    >>> state = test.update(state, test.tick(rng.normal(0.4, size=500)))
    >>> test.evidence(state).rejects(alpha=0.01)
    True
    """

    reference: NumericReference
    delta: float = 0.001
    lambdas: tuple[float, ...] = (0.1, 0.2, 0.4, 0.8)
    tolerance: float = 0.0
    columns: int = 1

    def __post_init__(self) -> None:
        check_share("delta", self.delta)
        for stake in self.lambdas:
            check_share("lambdas", stake)
        if not self.lambdas:
            raise BadInput("lambdas: want one stake or more, got none.")
        if not 0 <= self.tolerance < 0.5:
            raise BadInput(f"tolerance: want 0 <= tolerance < 0.5, got {self.tolerance}.")
        if self.columns < 1:
            raise BadInput(f"columns: want 1 or more, got {self.columns}.")

    @functools.cached_property
    def table(self) -> BetTable:
        """The bets: half of the capital on location, a quarter on spread, a quarter on missing values."""
        delta = self.delta / (3 * self.columns)
        n = int(self.reference.counts[:-1].sum())
        ranks, log_term = self.reference.ranks, math.log(2 / delta)
        location, spread = 2 * ranks - 1, 4 * np.abs(ranks - 0.5) - 1
        slack_location = 2 * math.sqrt(log_term / (6 * n)) if n else math.inf
        slack_spread = 4 * math.sqrt(log_term / (2 * n)) if n else math.inf
        groups = [
            self._on_score(location, 0.0, slack_location + 2 * self.tolerance),
            self._on_score(spread, self._mean(spread), slack_spread + 4 * self.tolerance),
            self._on_missing(delta),
        ]
        shares = (0.5, 0.25, 0.25)
        weights = [np.full(len(g), share / len(g)) for g, share in zip(groups, shares, strict=True)]
        return BetTable(payoffs=np.concatenate(groups), weights=np.concatenate(weights))

    def tick(self, values: npt.ArrayLike) -> HistogramTick:
        """Count a slice of the live column; NaN and None are missing."""
        return self.reference.tick(values)

    def start(self) -> BetState:
        """Return the state before any row."""
        return self.table.start()

    def update(self, state: BetState, tick: HistogramTick) -> BetState:
        """Return the state after one more tick."""
        return self.table.update(state, tick)

    def evidence(self, state: BetState) -> EValue:
        """Return the evidence of drift at any time up to now."""
        return self.table.evidence(state)

    def _mean(self, score: Floats) -> float:
        seen = self.reference.counts[:-1]
        return float(score @ seen / max(int(seen.sum()), 1))

    def _on_score(self, score: Floats, mean: float, slack: float) -> Floats:
        """Bet that a score in [-1, 1] has a mean beyond ``mean +- slack``; missing values pay exactly 1."""
        if not slack < 2:
            return np.zeros((2 * len(self.lambdas), len(score) + 1))
        stakes = np.array(self.lambdas)[:, None]
        gains = [(sign * (score - mean) - slack) / (1 + sign * mean + slack) for sign in (1, -1)]
        return np.pad(np.log1p(np.concatenate([stakes * gain for gain in gains])), ((0, 0), (0, 1)))

    def _on_missing(self, delta: float) -> Floats:
        low, high = one_share_limits(int(self.reference.counts[-1]), n=self.reference.n, delta=delta)
        yes, no = bets_on_shares(np.array([low]), np.array([high]))
        bins = len(self.reference.counts)
        return np.concatenate([np.repeat(no.T, bins - 1, axis=1), yes.T], axis=1)
