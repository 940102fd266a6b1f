"""What somebody may have done to numbers: changed their unit, or put two columns into each other's place."""

from collections.abc import Mapping
from itertools import combinations
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from slipway.monitoring import quality as rules
from slipway.monitoring.unit_change import APART, CHANGES, Change
from slipway.records.quality import Quality, Since

Floats = npt.NDArray[np.float64]

_POINTS = np.linspace(0.0, 1.0, 401)
_ENOUGH, _VARIED = 100, 20
_ALIKE, _OTHER = 0.1, 0.5
_INNER = slice(40, -40)
_FAR, _TIGHT, _LOOSE = 5.0, 0.04, 0.25


class Columns(NamedTuple):
    """The remark on one or two columns."""

    names: tuple[str, ...]
    remark: Quality


def mistaken(
    columns: Mapping[str, tuple[pl.Series, pl.Series]], *, since: Mapping[str, Since | None] = MappingProxyType({})
) -> list[Columns]:
    """Return a remark on each column of numbers that is as it was but for a change of unit, or for its name.

    It is asked, never claimed: a column whose values have doubled may have been inflated. So a unit is named only where
    a known factor takes the values of before to the present ones: width and middle to 4 % where drift goes as far at
    times (factors below 5), else to 25 %, and the share of rows below any value to 0.1 and the noise of so few rows.
    Places are said to have been changed only where half of the rows tell the columns apart.

    Args:
        columns: Column to its values before and now; missing ones left out.
        since: Column to from when on its present values are.
    """
    spread = {
        name: (was, _quantiles(now), len(now))
        for name, (before, now) in columns.items()
        if min(len(before), len(now)) >= _ENOUGH and np.count_nonzero(np.diff(was := _quantiles(before))) >= _VARIED
    }
    apart = {name: _apart(was, now) for name, (was, now, _) in spread.items()}
    units = {n: _unit(was, now=now, rows=rows) for n, (was, now, rows) in spread.items() if apart[n] >= APART}
    found = [
        Columns((n,), rules.another_unit(n, factor=how.factor, plus=how.plus, words=how.words, since=since.get(n)))
        for n, how in units.items()
        if how
    ]
    others = {n: spread[n][:2] for n in units if not units[n] and apart[n] >= _OTHER}
    for (a, (a_was, a_now)), (b, (b_was, b_now)) in combinations(others.items(), 2):
        if max(_apart(a_was, b_now), _apart(b_was, a_now)) <= _ALIKE:
            found.append(Columns((a, b), rules.swapped(a, other=b, since=since.get(a) or since.get(b))))
    return found


def _unit(was: Floats, *, now: Floats, rows: int) -> Change | None:
    """Return the change of unit that takes what was to what is; None where there is none, or drift fits as well."""
    noise = 1 / np.sqrt(rows)
    fits = {
        change: _apart(then, now)
        for change in CHANGES
        if _alike(then := change.factor * was + change.plus, now, within=_TIGHT if _small(change) else _LOOSE)
    }
    best = min(fits, key=lambda change: fits[change], default=None)
    return best if best is not None and fits[best] <= _ALIKE + noise else None


def _small(change: Change) -> bool:
    """Whether drift goes as far as this at times."""
    return 1 / _FAR < change.factor < _FAR


def _alike(then: Floats, now: Floats, *, within: float) -> bool:
    """Whether two spreads have the same width, from the first tenth to the last, and the same middle."""
    wide = float(then[_INNER][-1] - then[_INNER][0])
    middle = max(abs(float(np.median(then))), wide / 2)
    return (
        abs(float(now[_INNER][-1] - now[_INNER][0]) - wide) <= within * wide
        and abs(float(np.median(now) - np.median(then))) <= within * middle
    )


def _quantiles(values: pl.Series) -> Floats:
    ordered = np.sort(values.to_numpy().astype(np.float64))
    return np.asarray(ordered[np.rint(_POINTS * (len(ordered) - 1)).astype(np.int64)])


def _apart(one: Floats, other: Floats) -> float:
    """Return how far two spreads lie apart: the largest difference of the shares of rows below any value."""
    at = np.concatenate([one, other])
    below = [(np.searchsorted(q, at, "right") + np.searchsorted(q, at, "left")) / 2 for q in (one, other)]
    return float(np.abs(below[0] - below[1]).max()) / len(_POINTS)
