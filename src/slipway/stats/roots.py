"""Where a function crosses zero or is least, to the last digit, without surprises."""

import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

_GOLDEN = (math.sqrt(5) - 1) / 2


def bisect(function: Callable[[float], float], *, low: float, high: float) -> float:
    """Return the point in [low, high] where a nondecreasing function passes zero; an end if it does not pass.

    >>> round(bisect(lambda x: x * x - 2, low=0.0, high=2.0), 12)
    1.414213562373
    """
    for _ in range(200):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        if function(middle) <= 0:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def bisect_vector(function: Callable[[Floats], Floats], *, low: float, high: float) -> float:
    """Return what :func:`bisect` returns, to 1e-10 of the interval, for a function that takes many points at once.

    >>> round(bisect_vector(lambda x: x * x - 2, low=0.0, high=2.0), 9)
    1.414213562
    """
    for _ in range(6):
        points = np.linspace(low, high, 65)
        above = np.flatnonzero(function(points) > 0)
        place = int(above[0]) if above.size else 64
        low, high = float(points[max(0, place - 1)]), float(points[place])
    return (low + high) / 2


def golden_minimum(function: Callable[[float], float], *, low: float, high: float) -> float:
    """Return the least value of a function with one valley in [low, high].

    >>> round(golden_minimum(lambda x: (x - 1) ** 2 + 3, low=0.0, high=5.0), 12)
    3.0
    """
    a, b = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
    at_a, at_b = function(a), function(b)
    for _ in range(120):
        if at_a <= at_b:
            high, b, at_b = b, a, at_a
            a = high - _GOLDEN * (high - low)
            at_a = function(a)
        else:
            low, a, at_a = a, b, at_b
            b = low + _GOLDEN * (high - low)
            at_b = function(b)
    return min(at_a, at_b)
