"""Residuals that have mean zero if a model knows how good it is, and their sums.

A calibrated classifier has ``E[y - p | X] = 0`` on any inputs, so every ``phi(p) (y - p)`` has mean zero too. Three
choices of phi turn it into realised minus expected: 1 for the positive rate, ``sign(p - 1/2)`` for accuracy,
``logit(p)`` for the log-loss. A regression has one: realised minus expected loss. All are scaled into [-1, 1].
"""

import enum
import math
from typing import Self

import msgspec
import numpy as np
import numpy.typing as npt

from slipway.errors import BadInput

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

ONE = 1 << 30
"""What 1 is in the whole numbers of a tick."""

_LOGIT_LIMIT = 4.0


class Measure(enum.Enum):
    """What realised and expected are compared in."""

    CALIBRATION = "calibration"
    """Positive rate, a share."""
    ACCURACY = "accuracy"
    """Share of rows where ``p > 1/2`` says what came."""
    LOG_LOSS = "log_loss"
    """Mean log-loss in nats, with log-odds clipped to -4 .. 4."""
    LOSS = "loss"
    """Mean loss of a regression, in the loss's own unit, clipped at a cap."""


class GapTick(msgspec.Struct, frozen=True, eq=False):
    """Sums of ``phi r`` over the rows of one tick whose outcome is known, in units of 2^-30: so parts add up exactly.

    Attributes:
        n: Rows.
        totals: Sums, one a measure, shape (k,).
        squares: Sums of squares, shape (k,).
    """

    n: int
    totals: Ints
    squares: Ints

    def __post_init__(self) -> None:
        fits = self.totals.shape == self.squares.shape and self.totals.dtype.kind == self.squares.dtype.kind == "i"
        most = self.n * ONE
        if not fits or self.n < 0 or (np.abs(self.totals) > most).any() or (self.squares > most).any():
            raise BadInput(f"tick: want sums of {self.n} values in [-1, 1], got {self.totals!r}, {self.squares!r}.")

    def merge(self, other: Self) -> Self:
        """Return the sums of both parts together."""
        if self.totals.shape != other.totals.shape:
            raise BadInput("tick: want parts of one monitor, got a classifier's and a regression's.")
        return type(self)(n=self.n + other.n, totals=self.totals + other.totals, squares=self.squares + other.squares)


class GapReference(msgspec.Struct, frozen=True, eq=False):
    """How well a held-out reference was calibrated.

    Attributes:
        measures: What is compared.
        n: Rows.
        means: Mean of ``phi r`` per measure, shape (k,).
        variances: Its unbiased variance, shape (k,); infinite for a single row.
        scales: What a value of 1 stands for in the measure's unit, shape (k,).
        dearest: Largest loss that an answer of a class can have: the cost of the dearest error.
    """

    measures: tuple[Measure, ...]
    n: int
    means: Floats
    variances: Floats
    scales: Floats
    dearest: float = 1.0

    @classmethod
    def of_classes(cls, p: npt.ArrayLike, *, y: npt.ArrayLike, dearest: float = 1.0) -> "GapReference":
        """Learn from rows that neither the model nor its calibration was fitted on.

        For more than two classes give the confidence of the predicted class as ``p`` and its being right as ``y``.

        Args:
            p: Calibrated probability of the positive class, shape (n,), in [0, 1].
            y: What came, shape (n,), 0 or 1.
            dearest: Cost of the dearest error, above 0.
        """
        known = cls._of(class_scores(p, y), (1.0, 1.0, -_LOGIT_LIMIT), tuple(Measure)[:3])
        return msgspec.structs.replace(known, dearest=dearest)

    @classmethod
    def of_losses(cls, loss: npt.ArrayLike, *, expected: npt.ArrayLike, cap: float) -> "GapReference":
        """Learn from the losses of a regression and what a loss model expected of them.

        Args:
            loss: Realised, shape (n,), 0 or more; clipped at ``cap``.
            expected: Expected of the clipped loss given X, shape (n,); clipped too.
            cap: Largest loss that counts, in the loss's unit, above 0.
        """
        return cls._of(loss_scores(loss, expected, cap), (cap,), (Measure.LOSS,))

    @classmethod
    def _of(cls, scores: Floats, scales: tuple[float, ...], measures: tuple[Measure, ...]) -> "GapReference":
        n = scores.shape[1]
        if n == 0:
            raise BadInput("reference: want one row or more with a known outcome, got none.")
        return cls(
            measures=measures,
            n=n,
            means=scores.mean(axis=1),
            variances=scores.var(axis=1, ddof=1) if n > 1 else np.full(len(scores), np.inf),
            scales=np.array(scales),
        )

    def tick(self, predicted: npt.ArrayLike, *, outcome: npt.ArrayLike) -> GapTick:
        """Sum up a slice whose outcomes are known: probabilities and classes, or expected and realised losses.

        Raises:
            BadInput: A value is NaN or out of range, or the shapes differ.
        """
        fixed, squares = self.fixed(predicted, outcome=outcome)
        return GapTick(n=fixed.shape[1], totals=fixed.sum(axis=1), squares=squares.sum(axis=1))

    def fixed(self, predicted: npt.ArrayLike, *, outcome: npt.ArrayLike) -> tuple[Ints, Ints]:
        """Return ``phi r`` and its square of each row, in units of 2^-30, each of shape (k, n); as :meth:`tick`."""
        if self.measures == (Measure.LOSS,):
            scores = loss_scores(outcome, predicted, float(self.scales[0]))
        else:
            scores = class_scores(predicted, outcome)
        return np.rint(scores * ONE).astype(np.int64), np.rint(scores * scores * ONE).astype(np.int64)


def class_scores(p: npt.ArrayLike, y: npt.ArrayLike) -> Floats:
    """Return ``phi(p) (y - p)`` for calibration, accuracy and log-loss, shape (3, n), in [-1, 1]."""
    probability, outcome = _pair("p", p, "y", y)
    if not ((probability >= 0) & (probability <= 1)).all():
        raise BadInput("p: want probabilities in [0, 1], got one outside or NaN. Calibrate scores first.")
    if not ((outcome == 0) | (outcome == 1)).all():
        raise BadInput("y: want 0 or 1 in each row, got another value or NaN. Leave out rows whose outcome is unknown.")
    residual = outcome - probability
    with np.errstate(divide="ignore"):
        logit = np.log(probability) - np.log1p(-probability)
    clipped = np.clip(logit, -_LOGIT_LIMIT, _LOGIT_LIMIT) / _LOGIT_LIMIT
    side = np.where(probability > 0.5, 1.0, -1.0)
    return np.stack([residual, side * residual, clipped * residual])


def loss_scores(loss: npt.ArrayLike, expected: npt.ArrayLike, cap: float) -> Floats:
    """Return realised minus expected loss, both clipped at ``cap``, in caps, shape (1, n), in [-1, 1]."""
    if not 0 < cap < math.inf:
        raise BadInput(f"cap: want a finite loss above 0, got {cap}.")
    realised, wanted = _pair("loss", loss, "expected", expected)
    if not ((realised >= 0).all() and (wanted >= 0).all()):
        raise BadInput("loss: want losses of 0 or more, got less or NaN. Leave out rows whose outcome is unknown.")
    return np.asarray((np.minimum(realised, cap) - np.minimum(wanted, cap)) / cap)[None, :]


def _pair(first: str, a: npt.ArrayLike, second: str, b: npt.ArrayLike) -> tuple[Floats, Floats]:
    x, z = np.asarray(a, dtype=np.float64).ravel(), np.asarray(b, dtype=np.float64).ravel()
    if x.shape != z.shape:
        raise BadInput(f"{first}, {second}: want one of each a row, got {x.size} and {z.size}.")
    return x, z
