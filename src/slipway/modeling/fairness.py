"""How a model treats groups of people: its loss, and how often it says yes, rightly and wrongly, group by group.

These are measurements, each with its interval. Whether a difference is unfair they do not say: base rates may differ,
and then no model can have equal rates of everything (Kleinberg, Mullainathan & Raghavan 2016). Groups too small to
measure are counted, not hidden.

Reference:
    Hardt, Price & Srebro (2016), Equality of Opportunity in Supervised Learning: rates given the truth.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from slipway.errors import BadInput
from slipway.records.base import Record
from slipway.records.scoring import ALPHA, Scoring
from slipway.records.task import TaskKind
from slipway.stats.clustered_share import clustered_share_interval
from slipway.stats.evidence import FixedInterval
from slipway.stats.fixed import share_interval
from slipway.stats.row_loss import loss_interval

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

FEWEST = 30
"""Groups of fewer rows are not measured."""


class GroupMeasure(Record, frozen=True, kw_only=True):
    """What a model does to one group.

    Attributes:
        group: The column's value.
        n: Rows.
        loss: Mean loss.
        selected: Share of answers that are yes; None for numbers, as the two that follow.
        false_positive: Share of yes among rows whose truth is no; None without such rows, or where they are all of one
            cluster.
        false_negative: Share of no among rows whose truth is yes; None likewise.
    """

    group: str
    n: int
    loss: FixedInterval
    selected: FixedInterval | None = None
    false_positive: FixedInterval | None = None
    false_negative: FixedInterval | None = None


class Groups(Record, frozen=True, kw_only=True):
    """All groups of one column.

    Attributes:
        column: Such as ``sex``.
        measured: Groups of 30 rows or more and more than one cluster, the largest first.
        unmeasured_rows: Rows of groups too small to measure, and rows without a value.
        gap: Largest difference of mean loss between two measured groups, and which is worse; empty with fewer than two.
    """

    column: str
    measured: tuple[GroupMeasure, ...]
    unmeasured_rows: int
    gap: str


def by_group(
    column: pl.Series, *, y: Any, answers: Any, scoring: Scoring, clusters: Any | None = None, alpha: float = ALPHA
) -> Groups:
    """Measure each group of a column.

    Intervals count clusters where there are any, else rows; their miss probability is shared among all groups that are
    measured. A group whose rows are all of one cluster is not: thirty rows of one person say nothing of others.

    Args:
        column: The group of each row, shape (rows,); text, booleans or a few numbers.
        y: Truth, shape (rows,).
        answers: The model's, shape (rows,).
        scoring: How an answer is scored.
        clusters: The cluster of each row (a day, an entity), shape (rows,), or None where rows are independent.
        alpha: Miss probability of all intervals of one kind together.

    Raises:
        BadInput: Lengths differ.

    >>> sex = pl.Series("sex", ["f"] * 40 + ["m"] * 40)
    >>> told = [0.0] * 30 + [1.0] * 10 + [0.0] * 40
    >>> found = by_group(sex, y=[0.0] * 80, answers=told, scoring=Scoring(kind=TaskKind.BINARY))
    >>> [(g.group, g.loss.estimate, g.false_positive.estimate) for g in found.measured]
    [('f', 0.25, 0.25), ('m', 0.0, 0.0)]
    """
    truth, given = np.asarray(y, dtype=np.float64), np.asarray(answers, dtype=np.float64)
    if not column.len() == truth.size == given.size:
        raise BadInput(
            f"{column.name}: want a group, a truth and an answer a row, got {column.len()}, {truth.size}, {given.size}."
        )
    loss = scoring.loss(truth, answers=given)
    names = column.cast(pl.String)
    counts = names.drop_nulls().alias("value").value_counts(sort=True)
    rows = {
        str(name): (names == name).fill_null(value=False).to_numpy() for name, n in counts.iter_rows() if n >= FEWEST
    }
    units = None if clusters is None else np.asarray(clusters)
    large = {name: here for name, here in rows.items() if _several(units, here)}
    share = alpha / max(1, len(large))
    measured = []
    for name, here in large.items():
        yes = given >= scoring.threshold
        rates = _rates(here, y=truth, yes=yes, units=units, alpha=share) if scoring.kind is TaskKind.BINARY else {}
        mean = loss_interval(loss[here], alpha=share, clusters=None if units is None else units[here])
        measured.append(GroupMeasure(group=name, n=int(here.sum()), loss=mean, **rates))
    return Groups(
        column=column.name,
        measured=tuple(measured),
        unmeasured_rows=column.len() - sum(g.n for g in measured),
        gap=_gap(measured),
    )


def _several(units: Any | None, here: Flags) -> bool:
    """Tell whether rows are of more than one cluster."""
    return units is None or np.unique(units[here]).size > 1


def _rates(here: Flags, *, y: Floats, yes: Flags, units: Any | None, alpha: float) -> dict[str, FixedInterval | None]:
    return {
        "selected": _share(yes, of=here, units=units, alpha=alpha),
        "false_positive": _share(yes, of=here & (y == 0), units=units, alpha=alpha),
        "false_negative": _share(~yes, of=here & (y == 1), units=units, alpha=alpha),
    }


def _share(what: Flags, *, of: Flags, units: Any | None, alpha: float) -> FixedInterval | None:
    n = int(of.sum())
    if units is None:
        return share_interval(int((what & of).sum()), n=n, alpha=alpha) if n else None
    return clustered_share_interval(what[of], clusters=units[of], alpha=alpha) if _several(units, of) else None


def _gap(measured: Sequence[GroupMeasure]) -> str:
    if len(measured) < 2:
        return ""
    best, worst = (choose(measured, key=lambda g: g.loss.estimate) for choose in (min, max))
    sure = "" if worst.loss.low > best.loss.high else ", which may be chance"
    return f"{worst.group} is worse off than {best.group} by {worst.loss.estimate - best.loss.estimate:.3g}{sure}"
