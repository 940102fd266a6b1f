"""Refusals that several tests share: each names the thing, what was wanted, what came, and the way out."""

import math
import operator
from typing import Any

import numpy as np
import numpy.typing as npt

from slipway.errors import BadInput

Floats = npt.NDArray[np.float64]


def check_count(name: str, value: int) -> None:
    """Refuse what is not a whole number of 0 or more.

    >>> check_count("canary", -1)
    Traceback (most recent call last):
    ...
    slipway.errors.BadInput: canary: want a whole number of 0 or more, got -1.
    """
    try:
        good = operator.index(value) >= 0
    except TypeError:
        good = False
    if not good or isinstance(value, bool):
        raise BadInput(f"{name}: want a whole number of 0 or more, got {value!r}.")


def check_positive(name: str, value: float) -> None:
    """Refuse what is not a finite number above 0."""
    if not 0 < value < math.inf:
        raise BadInput(f"{name}: want a finite number above 0, got {value}.")


def check_finite(name: str, value: float) -> None:
    """Refuse NaN and infinity."""
    if not math.isfinite(value):
        raise BadInput(f"{name}: want a finite number, got {value}. Count missing values apart.")


def check_ratios(name: str, ratios: tuple[float, ...]) -> None:
    """Refuse an empty grid of rate ratios, or one with a ratio that is not a finite number above 1."""
    if not ratios or not all(1 < ratio < math.inf for ratio in ratios):
        raise BadInput(f"{name}: want one or more ratios above 1, got {ratios}. For twice as many write 2.")


def as_floats(name: str, values: Any) -> Floats:
    """Return a flat array of finite numbers, or refuse by name.

    Raises:
        BadInput: A value is NaN or infinite, or the array is not flat.
    """
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 1:
        raise BadInput(f"{name}: want a flat array, got shape {array.shape}.")
    if not np.isfinite(array).all():
        where = int(np.flatnonzero(~np.isfinite(array))[0])
        raise BadInput(f"{name}: want finite numbers, got {array[where]} at {where}. Count missing values apart.")
    return array
