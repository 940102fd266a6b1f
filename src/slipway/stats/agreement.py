"""How far people, or a model and people, agree beyond what chance would give.

A model that replaces a person's work cannot agree with people better than people agree with each other. So a gate
compares two of these numbers, each with its interval; an agreement alone says little.
"""

import enum
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from slipway.errors import BadInput
from slipway.stats.checks import Floats
from slipway.stats.evidence import FixedInterval, check_alpha
from slipway.stats.student import student_quantile

Ints = npt.NDArray[np.intp]


class Level(enum.Enum):
    """What a difference of two values means."""

    NOMINAL = "nominal"
    """Only whether they are equal."""

    INTERVAL = "interval"
    """How far apart they are, squared."""


def cohen_kappa(first: Sequence[Any], *, second: Sequence[Any], alpha: float) -> FixedInterval:
    """Return Cohen's kappa of two raters who both judged each unit: 1 is full agreement, 0 is chance.

    The interval is the jackknife's over units, which must be independent; peeking voids it.

    Args:
        first: One label a unit, shape (units,); any values that compare as text or numbers.
        second: The other rater's, same shape.
        alpha: Miss probability.

    Raises:
        BadInput: Different lengths, fewer than three units, a missing label, or both raters know one label only.

    Reference:
        Cohen (1960), Educational and Psychological Measurement 20(1).

    >>> first, second = "y" * 25 + "n" * 25, "y" * 20 + "n" * 5 + "y" * 10 + "n" * 15
    >>> round(cohen_kappa(first, second=second, alpha=0.05).estimate, 12)  # (.7 - .5) / (1 - .5)
    0.4
    """
    if len(first) != len(second):
        raise BadInput(f"second: want {len(first)} labels, one for each of the first rater's, got {len(second)}.")
    codes, count = _codes([first, second])
    if (codes < 0).any():
        raise BadInput("labels: want both raters' on each unit, got a missing one. Use krippendorff_alpha.")
    counts = np.zeros((len(first), count, count))
    counts[np.arange(len(first)), codes[0], codes[1]] = 1
    return _jackknife(counts, _cohen, alpha=alpha, name="Cohen's kappa")


def fleiss_kappa(counts: npt.ArrayLike, *, alpha: float) -> FixedInterval:
    """Return Fleiss' kappa of units that were each judged by the same number of raters, not always the same ones.

    Args:
        counts: Shape (units, categories): how many raters chose the category.
        alpha: Miss probability of the jackknife interval over units.

    Raises:
        BadInput: Negative counts, different numbers of raters, fewer than two, or fewer than three units.

    Reference:
        Fleiss (1971), Psychological Bulletin 76(5).

    >>> table = [
    ...     [0, 0, 0, 0, 14],
    ...     [0, 2, 6, 4, 2],
    ...     [0, 0, 3, 5, 6],
    ...     [0, 3, 9, 2, 0],
    ...     [2, 2, 8, 1, 1],
    ...     [7, 7, 0, 0, 0],
    ...     [3, 2, 6, 3, 0],
    ...     [2, 5, 3, 2, 2],
    ...     [6, 5, 2, 1, 0],
    ...     [0, 2, 2, 3, 7],
    ... ]
    >>> round(fleiss_kappa(table, alpha=0.05).estimate, 3)  # the worked example of the statistic
    0.21
    """
    table = np.asarray(counts, dtype=float)
    if table.ndim != 2 or not (table >= 0).all() or not np.isfinite(table).all():
        raise BadInput(f"counts: want numbers of 0 or more, shape (units, categories), got shape {table.shape}.")
    raters = table.sum(axis=1)
    if np.unique(raters).size != 1 or raters[0] < 2:
        raise BadInput(f"counts: want the same two or more raters a unit, got {np.unique(raters)[:5].tolist()}.")
    return _jackknife(table, _fleiss, alpha=alpha, name="Fleiss' kappa")


def krippendorff_alpha(
    ratings: Sequence[Sequence[Any]], *, alpha: float, level: Level = Level.NOMINAL
) -> FixedInterval:
    """Return Krippendorff's alpha for any number of raters with any number of missing ratings.

    Args:
        ratings: Shape (raters, units); None or NaN is missing.
        alpha: Miss probability of the jackknife interval over units.
        level: What a difference means; ``INTERVAL`` wants numbers.

    Raises:
        BadInput: Fewer than three units with two ratings, one value alone, or text on an interval.

    Reference:
        Krippendorff (2011), Computing Krippendorff's alpha-reliability, example D; the value is printed there.

    >>> n = None
    >>> data = [
    ...     [1, 2, 3, 3, 2, 1, 4, 1, 2, n, n, n],
    ...     [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, n, 3],
    ...     [n, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, n],
    ...     [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, n],
    ... ]
    >>> round(krippendorff_alpha(data, alpha=0.05).estimate, 3)
    0.743
    >>> round(krippendorff_alpha(data, alpha=0.05, level=Level.INTERVAL).estimate, 3)
    0.849
    """
    codes, count = _codes(ratings)
    distance = 1 - np.eye(count)
    if level is Level.INTERVAL:
        values = _numbers(ratings)
        distance = (values[:, None] - values[None, :]) ** 2
    counts = np.stack([(codes == value).sum(axis=0) for value in range(count)], axis=1).astype(float)
    paired = counts[counts.sum(axis=1) >= 2]
    return _jackknife(paired, lambda c, d: _krippendorff(c, d, distance), alpha=alpha, name="Krippendorff's alpha")


def _cohen(cells: Floats, dropped: Floats) -> Floats:
    tables = cells.sum(axis=0) - dropped
    n = tables.sum(axis=(1, 2))
    agreed = np.trace(tables, axis1=1, axis2=2) / n
    chance = (tables.sum(axis=1) * tables.sum(axis=2)).sum(axis=1) / n**2
    return _beyond_chance(1 - agreed, 1 - chance)


def _fleiss(counts: Floats, dropped: Floats) -> Floats:
    raters = counts[0].sum()
    agreement = ((counts**2).sum(axis=1) - raters) / (raters * (raters - 1))
    gone = np.where(dropped.any(axis=1), ((dropped**2).sum(axis=1) - raters) / (raters * (raters - 1)), 0.0)
    units = len(counts) - dropped.any(axis=1)
    shares = (counts.sum(axis=0) - dropped) / (units * raters)[:, None]
    return _beyond_chance(1 - (agreement.sum() - gone) / units, 1 - (shares**2).sum(axis=1))


def _krippendorff(counts: Floats, dropped: Floats, distance: Floats) -> Floats:
    def disagreement(c: Floats) -> Floats:
        """Sum of distances between the ratings of a unit, each pair weighted 1 / (ratings - 1)."""
        return np.asarray(((c @ distance) * c).sum(axis=1) / np.maximum(c.sum(axis=1) - 1, 1), dtype=float)

    totals = counts.sum(axis=0) - dropped
    n = totals.sum(axis=1)
    observed = (disagreement(counts).sum() - disagreement(dropped)) / n
    expected = ((totals @ distance) * totals).sum(axis=1) / (n * (n - 1))
    return _beyond_chance(observed, expected)


def _beyond_chance(observed: Floats, expected: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(expected > 0, 1 - observed / expected, np.nan), dtype=float)


def _jackknife(units: Floats, statistic: Any, *, alpha: float, name: str) -> FixedInterval:
    """Return the statistic over all units, with the delete-one jackknife's interval."""
    check_alpha(alpha)
    n = len(units)
    if n < 3:
        raise BadInput(f"units: want three or more that can be compared, got {n}.")
    value = float(statistic(units, np.zeros_like(units[:1]))[0])
    without = statistic(units, units)
    if math.isnan(value):
        raise BadInput(f"{name}: want two or more different labels, got one. With one label, agreement means nothing.")
    left = without[~np.isnan(without)]  # dropping the only unit with a second label leaves nothing to compare
    error = math.sqrt((n - 1) / n * float(((left - left.mean()) ** 2).sum()))
    half = student_quantile(1 - alpha / 2, degrees=n - 1) * error
    return FixedInterval(
        low=max(-1.0, value - half) if value >= -1 else value,
        high=min(1.0, value + half),
        estimate=value,
        alpha=alpha,
        n=n,
    )


def _codes(ratings: Sequence[Sequence[Any]]) -> tuple[Ints, int]:
    """Return ratings as numbers from 0, in order of value, and -1 for missing."""
    if len({len(row) for row in ratings}) != 1:
        raise BadInput(f"ratings: want the same units of each rater, got {[len(row) for row in ratings][:5]}.")
    known = _known(ratings)
    place = {value: code for code, value in enumerate(known)}
    codes = [[-1 if _is_missing(value) else place[_plain(value)] for value in row] for row in ratings]
    return np.asarray(codes, dtype=np.intp), len(known)


def _known(ratings: Sequence[Sequence[Any]]) -> list[Any]:
    values = {_plain(value) for row in ratings for value in row if not _is_missing(value)}
    try:
        return sorted(values)
    except TypeError as error:
        raise BadInput(f"ratings: want values of one kind, got a mixture ({error}).") from error


def _numbers(ratings: Sequence[Sequence[Any]]) -> Floats:
    known = _known(ratings)
    if not all(isinstance(value, int | float) for value in known):
        raise BadInput(f"ratings: want numbers for the interval level, got {known[0]!r}.")
    return np.asarray(known, dtype=float)


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


def _is_missing(value: Any) -> bool:
    return value is None or (isinstance(value, float | np.floating) and math.isnan(value))
