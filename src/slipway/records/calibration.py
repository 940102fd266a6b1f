"""What a score means: the file ``calibration.msgpack``, fitted on rows that the model did not learn from."""

from typing import Self

import msgspec
import numpy as np
import numpy.typing as npt

from slipway.errors import BadInput, Corrupt
from slipway.records.scoring import Scoring
from slipway.records.task import TaskKind
from slipway.stats import state
from slipway.stats.calibration import Isotonic, Platt
from slipway.stats.checks import as_floats

Floats = npt.NDArray[np.float64]


class LossByScore(msgspec.Struct, frozen=True, eq=False, tag="loss-by-score"):
    """The loss that a regression may expect, told from its answer alone: a mean in each of a few bins of the answer.

    Attributes:
        cuts: Answers at which a new bin begins, increasing, shape (k,).
        losses: Mean loss in each bin, shape (k + 1,).
    """

    cuts: Floats
    losses: Floats

    @classmethod
    def fit(cls, score: npt.ArrayLike, *, loss: npt.ArrayLike, bins: int = 20, least: int = 50) -> Self:
        """Average losses in bins of equally many rows.

        Args:
            score: Answers, shape (n,), n >= 1, finite.
            loss: Losses, shape (n,).
            bins: The most bins.
            least: The fewest rows a bin may have.

        >>> LossByScore.fit([1.0, 2.0, 3.0, 4.0], loss=[1.0, 3.0, 5.0, 7.0], bins=2, least=1).apply([0.0, 9.0])
        array([2., 6.])
        """
        x, losses = as_floats("score", score), as_floats("loss", loss)
        if not x.size or x.size != losses.size:
            raise BadInput(f"score, loss: want one of each a row, got {x.size} and {losses.size}.")
        bins = max(1, min(bins, x.size // least))
        cuts = np.unique(np.quantile(x, np.arange(1, bins) / bins, method="higher"))
        at = np.searchsorted(cuts, x, side="right")
        rows = np.bincount(at, minlength=cuts.size + 1)
        sums = np.bincount(at, weights=losses, minlength=cuts.size + 1)
        return cls(cuts=cuts, losses=np.where(rows > 0, sums / np.maximum(rows, 1), losses.mean()))

    def apply(self, score: npt.ArrayLike) -> Floats:
        """Return the expected loss of each answer."""
        return self.losses[np.searchsorted(self.cuts, np.asarray(score, dtype=np.float64), side="right")]


Calibration = Isotonic | Platt | LossByScore
"""For a binary task the probability behind a score; for a regression the expected loss."""


def encode_calibration(calibration: Calibration) -> bytes:
    """Return the bytes of ``calibration.msgpack``."""
    return state.encode(calibration)


def decode_calibration(data: bytes) -> Calibration:
    """Read ``calibration.msgpack``.

    Raises:
        Corrupt: The bytes are not a calibration.
    """
    kinds: tuple[type[Calibration], ...] = (Isotonic, Platt, LossByScore)
    for kind in kinds:
        try:
            return state.decode(data, kind)
        except Corrupt:
            continue
    raise Corrupt("calibration: want a map of scores, got other bytes. Package the model again.")


def expected_loss(calibration: Calibration, *, scores: npt.ArrayLike, scoring: Scoring) -> Floats:
    """Return the loss that each answer may expect, without its truth.

    For a binary task that is the chance that the label given at the threshold is wrong, times what that costs.

    Raises:
        BadInput: The calibration is not of the task's kind, or a score is NaN.

    >>> identity = Isotonic(scores=np.array([0.0, 1.0]), probabilities=np.array([0.0, 1.0]))
    >>> expected_loss(identity, scores=[0.9, 0.2], scoring=Scoring(kind=TaskKind.BINARY)).round(9)
    array([0.1, 0.2])
    """
    binary = scoring.kind is TaskKind.BINARY
    if isinstance(calibration, LossByScore) == binary:
        wanted = "a probability behind each score" if binary else "a loss by score"
        raise BadInput(f"calibration: want {wanted} for a {scoring.kind} task, got {type(calibration).__name__}.")
    given = calibration.apply(scores)
    if not binary:
        return given
    said = np.asarray(scores, dtype=np.float64) >= scoring.threshold
    return np.where(said, (1 - given) * scoring.false_positive_cost, given * scoring.false_negative_cost)
