"""Evidence that does not grow old: a mixture over the tick at which the change may have begun.

A plain e-process pays for all the quiet time before a change: after a million unchanged rows its capital is gone, and
a change must first earn it back. Instead, a share ``w_t`` of the capital is kept for a bet that begins only at tick
``t``. With ``sum w_t = 1`` the mixture is an e-process again (Ville's bound holds over all time), and a change at tick
``t`` costs only ``ln(1 / w_t)``, about ``ln t + 2 ln ln t``, whatever came before.

Who watches for years can have more: shares that do not fall, ``1 / 2H`` at every tick for ever, so that a change costs
``ln 2H`` at most however late it comes. Their sum has no end, so what is promised is no longer "never" but a chance by
ticks and an average run length: see :class:`Onset`.
"""

import math

import msgspec
import numpy as np
import numpy.typing as npt

from slipway.errors import BadInput

Floats = npt.NDArray[np.float64]


def unspent(ticks: int) -> float:
    """Return the share of the capital kept for bets that begin after ``ticks`` ticks: ``1 / (1 + log2(1 + ticks))``.

    >>> unspent(0), unspent(1), unspent(3)
    (1.0, 0.5, 0.3333333333333333)
    """
    return 1.0 / (1.0 + math.log2(1.0 + ticks))


class Onset(msgspec.Struct, frozen=True):
    """How the capital is shared among the ticks at which a change may begin.

    With ``horizon`` infinite by the falling shares alone: the mixture is an e-process, and reaches ``1 / alpha`` with
    chance ``alpha`` at most, ever. Else half of it so, and half evenly, ``1 / 2H`` a tick, without end: the weighted
    Shiryaev-Roberts statistic. While nothing changes its mean after ``t`` ticks is at most ``max(1, 1/2 + t / 2H)``,
    it grows by no more than ``1 / 2H`` a tick, and so it reaches ``1 / alpha``

    - within ``t`` ticks with chance ``alpha max(1, 1/2 + t / 2H)`` at most: ``alpha`` within the horizon (Doob);
    - after ``(2 / alpha - 1 - alpha) H`` ticks on average at least (optional stopping).

    Attributes:
        horizon: ``H`` in ticks, 1 or more; may be infinite.

    Reference:
        Shin, Ramdas & Rinaldo (2024), New England Journal of Statistics in Data Science 2(2), section 2.

    >>> round(Onset(horizon=90.0).run_length(alpha=0.01), 1)
    17909.1
    >>> round(Onset(horizon=90.0).false_alarm(ticks=365, alpha=0.01), 4)
    0.0253
    """

    horizon: float = math.inf

    def __post_init__(self) -> None:
        if not self.horizon >= 1:
            raise BadInput(f"horizon: want 1 tick or more, got {self.horizon}.")

    def share(self, tick: int) -> float:
        """Return the share for a change that begins at a tick, 1 for the first."""
        falling = unspent(tick - 1) - unspent(tick)
        return falling if math.isinf(self.horizon) else falling / 2 + 1 / (2 * self.horizon)

    def left(self, ticks: int) -> float:
        """Return the share kept for changes that begin after ``ticks`` ticks; above 0."""
        falling = unspent(ticks)
        return falling if math.isinf(self.horizon) else (falling + max(0.0, 1 - ticks / self.horizon)) / 2

    def false_alarm(self, *, ticks: int, alpha: float) -> float:
        """Return the largest chance of a false alarm at ``1 / alpha`` within so many ticks from a start."""
        return min(1.0, alpha * max(1.0, 0.5 + ticks / (2 * self.horizon)))

    def run_length(self, *, alpha: float) -> float:
        """Return how many ticks it takes at least, on average, until a false alarm at ``1 / alpha``."""
        return (2 / alpha - 1 - alpha) * self.horizon


EVER = Onset()
"""No false alarm, with chance ``1 - alpha``, however long one looks."""


def compound(log_capital: Floats, log_increments: Floats, *, tick: int, onset: Onset = EVER) -> Floats:
    """Return the log capital after one more tick: ``(S + w_t) e_t``, per component.

    The weighted Shiryaev-Roberts recursion: the bet that begins at this tick joins those that began before.

    Args:
        log_capital: Shape (components,); all ``-inf`` at the start.
        log_increments: Log e-value of this tick alone, same shape, each with conditional mean at most 1.
        tick: Number of this tick, 1 for the first.
        onset: The shares ``w_t``.

    Reference:
        Shin, Ramdas & Rinaldo (2024), New England Journal of Statistics in Data Science 2(2), section 2.

    >>> compound(np.array([-np.inf]), np.array([math.log(4.0)]), tick=1)  # half of the capital, times four
    array([0.69314718])
    """
    return np.logaddexp(log_capital, math.log(onset.share(tick))) + log_increments


def compound_all(log_capital: Floats, log_increments: Floats, *, after: int, onset: Onset = EVER) -> Floats:
    """Return the log capital after several ticks in their order: :func:`compound` of each, up to rounding.

    Args:
        log_capital: Shape (components ...), as it stands.
        log_increments: Shape (ticks, components ...).
        after: Ticks before these.
        onset: The shares.

    >>> compound_all(np.array([-np.inf]), np.log([[4.0], [2.0]]), after=0).round(4)  # (1/2 * 4 + 1/2 - 0.386853) * 2
    array([1.4413])
    """
    if len(log_increments) == 1:
        return compound(log_capital, log_increments[0], tick=after + 1, onset=onset)
    so_far = np.cumsum(log_increments, axis=0)
    shares = np.log([onset.share(after + i) for i in range(1, len(log_increments) + 1)])
    shares = shares.reshape(-1, *[1] * log_capital.ndim)
    begun = shares - (so_far - log_increments)
    whole = np.logaddexp(log_capital, np.logaddexp.reduce(begun, axis=0))
    return np.asarray(so_far[-1] + whole, dtype=np.float64)


def log_mean(log_capital: Floats, log_weights: Floats, *, ticks: int, onset: Onset = EVER) -> float:
    """Return the log of the whole: the weighted mean of the components plus what is not yet bet.

    >>> log_mean(np.array([-np.inf]), np.array([0.0]), ticks=0)
    0.0
    """
    parts = np.append(log_capital + log_weights, math.log(onset.left(ticks)))
    top = parts.max()
    return float(top + math.log(np.exp(parts - top).sum()))


def log_means(
    log_capital: Floats, log_weights: Floats, *, starts: npt.NDArray[np.intp], ticks: int, onset: Onset = EVER
) -> Floats:
    """Return :func:`log_mean` of consecutive groups of components, group i beginning at ``starts[i]``.

    >>> capital, weights = np.log([4.0, 2.0, 8.0]), np.log([0.5, 0.5, 1.0])
    >>> np.exp(log_means(capital, weights, starts=np.array([0, 2]), ticks=0)).round(9)
    array([4., 9.])
    """
    parts = log_capital + log_weights
    rest = math.log(onset.left(ticks))
    tops = np.maximum(np.maximum.reduceat(parts, starts), rest)
    sizes = np.diff(np.append(starts, len(parts)))
    sums = np.add.reduceat(np.exp(parts - np.repeat(tops, sizes)), starts)
    return np.asarray(tops + np.log(sums + np.exp(rest - tops)))
