"""Evidence that does not grow old: a mixture over the tick at which the change may have begun.

A plain e-process pays for all the quiet time before a change: after a million unchanged rows its capital is gone, and
a change must first earn it back. Instead, a share ``w_t`` of the capital is kept for a bet that begins only at tick
``t``. With ``sum w_t = 1`` the mixture is an e-process again (Ville's bound holds over all time), and a change at tick
``t`` costs only ``ln(1 / w_t)``, about ``ln t + 2 ln ln t``, whatever came before.
"""

import math

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def unspent(ticks: int) -> float:
    """Return the share of the capital kept for bets that begin after ``ticks`` ticks: ``1 / (1 + log2(1 + ticks))``.

    >>> unspent(0), unspent(1), unspent(3)
    (1.0, 0.5, 0.3333333333333333)
    """
    return 1.0 / (1.0 + math.log2(1.0 + ticks))


def compound(log_capital: Floats, log_increments: Floats, *, tick: int) -> Floats:
    """Return the log capital after one more tick: ``(S + w_t) e_t``, per component.

    The weighted Shiryaev-Roberts recursion: the bet that begins at this tick joins those that began before.

    Args:
        log_capital: Shape (components,); all ``-inf`` at the start.
        log_increments: Log e-value of this tick alone, same shape, each with conditional mean at most 1.
        tick: Number of this tick, 1 for the first.

    Reference:
        Shin, Ramdas & Rinaldo (2024), New England Journal of Statistics in Data Science 2(2), section 2.

    >>> compound(np.array([-np.inf]), np.array([math.log(4.0)]), tick=1)  # half of the capital, times four
    array([0.69314718])
    """
    weight = unspent(tick - 1) - unspent(tick)
    return np.logaddexp(log_capital, math.log(weight)) + log_increments


def log_mean(log_capital: Floats, log_weights: Floats, *, ticks: int) -> float:
    """Return the log of the whole: the weighted mean of the components plus what is not yet bet.

    >>> log_mean(np.array([-np.inf]), np.array([0.0]), ticks=0)
    0.0
    """
    parts = np.append(log_capital + log_weights, math.log(unspent(ticks)))
    top = parts.max()
    return float(top + math.log(np.exp(parts - top).sum()))


def log_means(log_capital: Floats, log_weights: Floats, *, starts: npt.NDArray[np.intp], ticks: int) -> Floats:
    """Return :func:`log_mean` of consecutive groups of components, group i beginning at ``starts[i]``.

    >>> capital, weights = np.log([4.0, 2.0, 8.0]), np.log([0.5, 0.5, 1.0])
    >>> np.exp(log_means(capital, weights, starts=np.array([0, 2]), ticks=0)).round(9)
    array([4., 9.])
    """
    parts = log_capital + log_weights
    rest = math.log(unspent(ticks))
    tops = np.maximum(np.maximum.reduceat(parts, starts), rest)
    sizes = np.diff(np.append(starts, len(parts)))
    sums = np.add.reduceat(np.exp(parts - np.repeat(tops, sizes)), starts)
    return np.asarray(tops + np.log(sums + np.exp(rest - tops)))
