"""Performance without labels: what a calibrated model expects of itself on today's inputs.

If P(Y given X) is what it was, the mean of a calibrated conditional loss *is* the risk under any inputs: for a
classifier ``min(p, 1 - p)``, for a regression what a loss model predicts. So the answer says what moved inputs cost,
and it is blind to concept drift by construction: only :mod:`slipway.stats.gap`, which needs labels, sees that.
"""

import math

import msgspec
import numpy as np
import numpy.typing as npt

from slipway.errors import BadInput
from slipway.stats.evidence import AnytimeInterval, FixedInterval, check_alpha
from slipway.stats.loss_tick import LossTick
from slipway.stats.special import normal_quantile

Floats = npt.NDArray[np.float64]


class ExpectedLoss(msgspec.Struct, frozen=True):
    """Cover the risk under today's inputs at all times at once, without a label.

    Valid if rows are independent, P(Y given X) is unchanged and the mean conditional loss is right up to ``slack``.

    Attributes:
        alpha: Miss probability.
        cap: Largest loss that counts, in the loss's unit; 1 for errors.
        slack: Error of the mean conditional loss, in the loss's unit: for a classifier the upper limit of its expected
            calibration error, such as ``calibration_curve(...).error.high``.

    Reference:
        Garg et al. (2022), ICLR, and NannyML's CBPE, for classifiers; DLE of NannyML for regressions.

    >>> test = ExpectedLoss(alpha=0.05, slack=0.01)
    >>> interval = test.evidence(test.update(test.start(), test.tick(expected_errors([0.9, 0.2] * 5_000))))
    >>> round(interval.estimate, 6), interval.low < 0.14 < 0.16 < interval.high
    (0.15, True)
    """

    alpha: float
    cap: float = 1.0
    slack: float = 0.0

    def __post_init__(self) -> None:
        check_alpha(self.alpha)
        if not 0 < self.cap < math.inf:
            raise BadInput(f"cap: want a finite loss above 0, got {self.cap}.")
        if not 0 <= self.slack < math.inf:
            raise BadInput(f"slack: want a finite loss of 0 or more, got {self.slack}.")

    def tick(self, losses: npt.ArrayLike) -> LossTick:
        """Sum up expected losses, one a row, as :func:`expected_errors` or a loss model gives them."""
        return LossTick.of(losses, cap=self.cap)

    def start(self) -> LossTick:
        """Return the state before any row."""
        return LossTick()

    def update(self, state: LossTick, tick: LossTick) -> LossTick:
        """Return the state after one more tick."""
        return state.merge(tick)

    def evidence(self, state: LossTick) -> AnytimeInterval:
        """Return the expected mean loss with its limits, in the loss's unit."""
        raw = state.interval(alpha=self.alpha)
        return AnytimeInterval(
            low=max(raw.low * self.cap - self.slack, 0.0),
            high=min(raw.high * self.cap + self.slack, self.cap),
            estimate=raw.estimate * self.cap,
            alpha=self.alpha,
            n=raw.n,
        )


def expected_errors(p: npt.ArrayLike, *, decided: npt.ArrayLike | None = None) -> Floats:
    """Return the chance that each decision is wrong; its mean is the expected error, 1 less it the expected accuracy.

    Args:
        p: Calibrated probability of the positive class, shape (n,).
        decided: What was decided, 0 or 1, shape (n,); left out, whatever is more probable.

    >>> expected_errors([0.9, 0.2], decided=[1, 1])
    array([0.1, 0.8])
    """
    probability = _probabilities("p", p)
    if decided is None:
        return np.minimum(probability, 1 - probability)
    choice = np.asarray(decided, dtype=np.float64).ravel()
    if choice.shape != probability.shape or not ((choice == 0) | (choice == 1)).all():
        raise BadInput(f"decided: want 0 or 1 for each of {probability.size} rows, got {choice.size} values or others.")
    return np.where(choice == 1, 1 - probability, probability)


def expected_auc(p: npt.ArrayLike, *, score: npt.ArrayLike, alpha: float) -> FixedInterval:
    """Expect the area under the ROC curve of a score, from calibrated probabilities alone.

    Valid for one n chosen before looking and for n in the hundreds or more: the limits are normal, from the influence
    of each row. They cover the area under the law of today's inputs if ``p`` is calibrated there; the area realised by
    n rows scatters more, since their outcomes are chance too.

    Args:
        p: Calibrated probability of the positive class, shape (n,).
        score: What rows are ranked by, shape (n,), not NaN.
        alpha: Miss probability.

    Raises:
        BadInput: No positives or no negatives are expected, or a value is out of range.

    Reference:
        NannyML (2023), CBPE for ROC AUC; DeLong, DeLong & Clarke-Pearson (1988), Biometrics 44(3), for the variance.

    >>> round(expected_auc([0.0, 0.0, 1.0, 1.0], score=[1, 3, 2, 4], alpha=0.05).estimate, 9)  # 3 of 4 pairs
    0.75
    """
    check_alpha(alpha)
    probability, ranks = _probabilities("p", p), np.asarray(score, dtype=np.float64).ravel()
    if ranks.shape != probability.shape or np.isnan(ranks).any():
        raise BadInput(f"score: want one number for each of {probability.size} rows, got {ranks.size} or NaN.")
    at = np.unique(ranks, return_inverse=True)[1]
    yes, no = np.bincount(at, weights=probability), np.bincount(at, weights=1 - probability)
    if not (yes.sum() > 0 and no.sum() > 0):
        raise BadInput(f"p: want some positives and negatives expected, got {yes.sum():g} and {no.sum():g}.")
    no_below = (np.cumsum(no) - no / 2) / no.sum()
    yes_above = 1 - (np.cumsum(yes) - yes / 2) / yes.sum()
    area = float(yes @ no_below / yes.sum())
    share = float(probability.mean())
    influence = probability * (no_below[at] - area) / share + (1 - probability) * (yes_above[at] - area) / (1 - share)
    width = normal_quantile(1 - alpha / 2) * float(np.sqrt(np.mean(influence**2) / len(at)))
    return FixedInterval(low=max(area - width, 0.0), high=min(area + width, 1.0), estimate=area, alpha=alpha, n=len(at))


def _probabilities(name: str, values: npt.ArrayLike) -> Floats:
    p = np.asarray(values, dtype=np.float64).ravel()
    if not ((p >= 0) & (p <= 1)).all():
        raise BadInput(f"{name}: want probabilities in [0, 1], got one outside or NaN. Calibrate scores first.")
    return p
