"""The evidence that a candidate's answers come later than live's by more than a margin, from what the deal gave each.

Two looks at the same waits, as two parts of one capital. **Beyond a threshold** (:mod:`slipway.stats.late_split`): who
first waits longer than live's median, 90th or 99th percentile, at whichever of its requests. **As a whole**
(:mod:`slipway.stats.late_shift`): at which level of waiting each entity began. A candidate that is a little slower
everywhere shows at each level a little, and all of it together is three times the evidence of any one level; but what
slows only those who come again shows at the thresholds alone.

Both measure by live's usual waits: the first that the rollout saw, in units that are over. A measure that followed the
data would follow a leak. Where the rollout begins with a shadow it is known when the canary begins, else after the
canary's first unit.
"""

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from slipway.records.cohort import Cohort
from slipway.stats.crossings import ERROR, NEVER, RATIO
from slipway.stats.evidence import EValue
from slipway.stats.late_shift import late_shift
from slipway.stats.late_split import late_split
from slipway.stats.log_counts import LogCounts
from slipway.stats.special import normal_quantile

Floats = npt.NDArray[np.float64]

QUANTILES = (0.5, 0.9, 0.99)
"""Of live's waits: each is a threshold, and evidence at one of them is enough."""

ENOUGH = 1_000
"""Waits of live by which is measured; with fewer the 99th percentile is not known."""

RATIOS = (1.1, 1.25, 1.5, 2.0, 4.0)
"""How many times more often the candidate may be beyond a threshold, to bet on."""

SHIFTS = (0.1, 0.3)
"""Bets on the whole: every wait longer by this part of the spread of live's waits (in normal scores)."""

TAILS, TAIL_FROM = (0.3, 0.4), 1.5
"""As many: the slowest 7 % (from 1.5 in normal scores on) become more and longer, with the square of the score."""

WHOLE = 0.5
"""Part of the capital that is bet on the whole; the rest on the thresholds."""


class Threshold(NamedTuple):
    """A level of waiting, for live and with the margin for the candidate."""

    quantile: float
    live: int
    candidate: int


def usual_waits(cohorts: tuple[Cohort, ...], *, now_us: int) -> LogCounts | None:
    """Return live's waits in the first cohorts that are over and hold enough: later looks find the same. Else None."""
    known = LogCounts(error=ERROR)
    for cohort in cohorts:
        if cohort.end_us > now_us or known.n >= ENOUGH:
            break
        known = known.merge(cohort.live.waits)
    return known if known.n >= ENOUGH else None


def thresholds_of(usual: LogCounts, *, margin: float) -> tuple[Threshold, ...]:
    """Return live's quantiles, and for the candidate as many levels more as hold the margin (0.05 for 5 %)."""
    found, extra = [(q, usual.bucket_above(1 - q)) for q in QUANTILES], _levels(margin)
    return tuple(Threshold(q, max(level, 1), max(level, 1) + extra) for q, level in found if level is not None)


def slower(
    dealt: tuple[Cohort, ...], *, usual: LogCounts, thresholds: tuple[Threshold, ...], margin: float
) -> tuple[EValue, dict[str, float]]:
    """Return the evidence that the candidate is slower by more than the margin, and what was counted.

    Args:
        dealt: Cohorts whose requests were dealt at random, oldest first. Where none holds first waits, for an older
            Slipway summed them, the evidence is that of the thresholds alone, as it was then.
        usual: Live's usual waits.
        thresholds: Made of them.
        margin: By how much the candidate may take longer, a share of live's time.
    """
    if not dealt:
        return EValue(log_e=0.0, n=0), {}
    evidence, counts = _beyond(dealt, thresholds=thresholds)
    if not any(arm.first_waits.counts for c in dealt for arm in (c.live, c.candidate)):
        return evidence, counts
    live = np.array([c.live.first_waits.exactly(NEVER) for c in dealt])
    canary = np.array([_less(c.candidate.first_waits.exactly(NEVER), levels=_levels(margin)) for c in dealt])
    whole = late_shift(live, canary, shares=[c.share for c in dealt], log_ratios=_bets(usual))
    log_e = np.logaddexp(math.log(1 - WHOLE) + evidence.log_e, math.log(WHOLE) + whole.log_e)
    return EValue(log_e=float(log_e), n=max(evidence.n, whole.n)), {**counts, "first_waits": float(whole.n)}


def _levels(margin: float) -> int:
    return math.ceil(math.log1p(margin) / math.log(RATIO) - 1e-9)


def _less(counts: Floats, *, levels: int) -> Floats:
    """Return the same entities with waits shorter by the margin; who had no answer still has none."""
    out = np.zeros_like(counts)
    places = np.maximum(np.arange(len(counts)) - levels, 0)
    places[-1] = len(counts) - 1
    np.add.at(out, places, counts)
    return out


def _beyond(dealt: tuple[Cohort, ...], *, thresholds: tuple[Threshold, ...]) -> tuple[EValue, dict[str, float]]:
    live = [[c.live.slower.at(t.live) for t in thresholds] for c in dealt]
    canary = [[c.candidate.slower.at(t.candidate) for t in thresholds] for c in dealt]
    counts = {}
    for place, threshold in enumerate(thresholds):
        name = f"p{100 * threshold.quantile:.0f}"
        of_all = [a[place] + b[place] for a, b in zip(live, canary, strict=True)]
        counts[f"slower_{name}"] = float(sum(of_all))
        counts[f"slower_{name}_candidate"] = float(sum(row[place] for row in canary))
        counts[f"slower_{name}_foretold"] = math.fsum(c.share * n for c, n in zip(dealt, of_all, strict=True))
    return late_split(live, canary, shares=[c.share for c in dealt], ratios=RATIOS), counts


def _bets(usual: LogCounts) -> Floats:
    """Return how many times more often to expect each level, as logarithms, shape (bets, levels), rising."""
    known = np.zeros(NEVER)
    places = np.clip(np.arange(usual.first, usual.first + len(usual.counts)), 1, NEVER) - 1
    np.add.at(known, places, usual.counts)
    known[-1] += usual.endless
    part = known / known.sum()
    rank = np.cumsum(part) - part / 2
    edge = 0.5 / usual.n
    score = np.array([normal_quantile(p) for p in np.clip(rank, edge, 1 - edge).tolist()])
    beyond = np.maximum(score - TAIL_FROM, 0.0)
    bets = np.stack([*(shift * score for shift in SHIFTS), *(bend * beyond**2 for bend in TAILS)])
    return np.maximum.accumulate(bets - np.log(np.exp(bets) @ part)[:, None], axis=1)
