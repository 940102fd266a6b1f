"""The simple model: a rule of at most two questions, which a learned model must beat to be worth its upkeep.

A tree of depth two rather than a logistic regression: it takes text, numbers and missing values as they are, has
nothing to tune and nothing that could fail to converge, and reads as a sentence, so that whoever decides sees what is
given up. It is grown greedily by the squared error, weighted by what each error costs; each end answers what costs
least there.

Reference:
    Breiman, Friedman, Olshen and Stone (1984), Classification and Regression Trees: sections 2.3 and 4.2.2 (categories
    in the order of their means hold the best division in two).
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from slipway.data.baseline import trivial_answer
from slipway.data.mixing import mix
from slipway.data.version import Words, row_hashes
from slipway.records.field import Field, FieldKind
from slipway.records.scoring import Scoring
from slipway.records.task import TaskKind

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

_DEPTH, _MOST_ROWS, _MOST_CUTS, _MOST_NAMES = 2, 50_000, 1_000, 31
_LEAST_ROWS, _LEAST_SHARE = 5, 0.01
_TOLD_NAMES = 6


class _Question(NamedTuple):
    """What is asked of one field; a number is asked whether it is below a value, a category whether it is one of some.

    Where no value was missing (None), a missing one is a no.
    """

    field: str
    below: float = np.inf
    names: tuple[str, ...] | None = None
    with_missing: bool | None = None
    gain: float = 0.0

    def yes(self, table: pl.DataFrame) -> Flags:
        column = table[self.field]
        if self.names is not None:
            return _text(column).is_in(list(self.names)).to_numpy()
        values = _number(column)
        return np.where(np.isnan(values), self.with_missing is True, values < self.below)

    def words(self, *, yes: bool) -> str:
        if self.names is not None:
            said = [name or "missing" for name in self.names[:_TOLD_NAMES]]
            more = len(self.names) - len(said)
            listed = ", ".join(said) + (f" or {more} more" if more else "")
            return f"{self.field} is {'' if yes else 'not '}{'one of ' if len(self.names) > 1 else ''}{listed}"
        missing = " (or missing)" if self.with_missing is yes else ""
        return f"{self.field} {'<' if yes else '>='} {self.below:g}{missing}"

    def key(self, *, yes: bool) -> tuple[str, ...]:
        """Name what a later question may narrow down: then only the later one needs to be said."""
        return (self.field, str(yes)) if self.names is None or yes else (self.field, *self.names)


class Simple(NamedTuple):
    """A rule: an answer, or a question with a rule for each reply.

    Attributes:
        answer: What it says where nothing is asked.
        rows: Rows that it was grown from.
        question: What is asked, or None.
        yes: What follows if so.
        no: What follows if not.
    """

    answer: float
    rows: int
    question: _Question | None = None
    yes: "Simple | None" = None
    no: "Simple | None" = None

    def answers(self, table: pl.DataFrame) -> Floats:
        """Return its answer to each row, shape (rows,): a label for a binary task, else a number."""
        if self.question is None or self.yes is None or self.no is None:
            return np.full(table.height, self.answer)
        return np.where(self.question.yes(table), self.yes.answers(table), self.no.answers(table))

    @property
    def words(self) -> str:
        """The rule as a sentence, the answer that most rows get last."""
        ends = [(answer, rows, tuple(where.values())) for answer, rows, where in _ends(self, {})]
        rows = {answer: sum(n for a, n, _ in ends if a == answer) for answer, _, _ in ends}
        most = max(rows, key=lambda answer: (rows[answer], -answer))
        told = [
            f"{answer:g} where {', or '.join(' and '.join(where) for a, _, where in ends if a == answer)}"
            for answer in rows
            if answer != most
        ]
        return "; ".join([*told, f"{'else ' if told else 'always '}{most:g}"])


def grow_simple(
    table: pl.DataFrame, *, y: Floats, fields: Sequence[Field], scoring: Scoring, hashes: Words | None = None
) -> Simple:
    """Grow the simple model from rows to learn from; no chance is in it.

    Of more than 50,000 rows it learns from as many, those with the lowest hashes: which they are follows from the rows
    and not from their order. Fields that the table lacks are not asked.

    Args:
        table: Rows with the fields in columns of whatever type; what cannot be read as a number is missing.
        y: Truth, shape (rows,), rows >= 1, finite.
        fields: X.
        scoring: Kind of answer, and costs.
        hashes: The row hashes of the table, with Y in it, where the caller has them, else None.

    Raises:
        BadInput: No rows.

    >>> hours = pl.DataFrame({"hour": [1.0, 2.0, 3.0, 4.0, 5.0, 17.0, 18.0, 19.0, 20.0, 21.0]})
    >>> late = np.array([0.0] * 5 + [1.0] * 5)
    >>> fields = [Field(name="hour", kind=FieldKind.NUMBER)]
    >>> grow_simple(hours, y=late, fields=fields, scoring=Scoring(kind=TaskKind.BINARY)).words
    '1 where hour >= 17; else 0'
    """
    known = [field for field in fields if field.name in table.columns]
    if table.height > _MOST_ROWS:
        some = _lowest(row_hashes(table) if hashes is None else hashes)
        table, y = table[some], y[some]
    weights = np.ones_like(y)
    if scoring.kind is TaskKind.BINARY:
        weights = np.where(y == 1, scoring.false_negative_cost, scoring.false_positive_cost)
    least = max(_LEAST_ROWS, round(_LEAST_SHARE * y.size))
    return _grow(table, y, weights, known, scoring, least=least, depth=_DEPTH)


def _lowest(hashes: Words) -> npt.NDArray[np.intp]:
    """Return the rows with the lowest hashes, in that order; equal rows are told apart by how many came before."""
    order = np.argsort(hashes[:, 0])
    words, places = hashes[order, 0], np.arange(order.size)
    first = np.concatenate([[True], words[1:] != words[:-1]])
    before = places - np.maximum.accumulate(np.where(first, places, 0))
    dealt = mix(words ^ mix(before.astype(np.uint64)))
    chosen = np.argpartition(dealt, _MOST_ROWS)[:_MOST_ROWS]
    return order[chosen[np.argsort(dealt[chosen])]]


def _ends(rule: Simple, where: dict[tuple[str, ...], str]) -> Iterator[tuple[float, int, dict[tuple[str, ...], str]]]:
    if rule.question is None or rule.yes is None or rule.no is None:
        yield rule.answer, rule.rows, where
        return
    for yes, then in ((True, rule.yes), (False, rule.no)):
        yield from _ends(then, {**where, rule.question.key(yes=yes): rule.question.words(yes=yes)})


def _grow(
    table: pl.DataFrame,
    y: Floats,
    weights: Floats,
    fields: Sequence[Field],
    scoring: Scoring,
    *,
    least: int,
    depth: int,
) -> Simple:
    end = Simple(trivial_answer(y, scoring=scoring), y.size)
    if not depth or y.size < 2 * least:
        return end
    questions = [
        q for field in fields if (q := _best_question(table[field.name], field, y, weights, least)) is not None
    ]
    best = max(questions, key=lambda q: q.gain, default=None)
    if best is None:
        return end
    said = best.yes(table)
    yes, no = (
        _grow(table.filter(side), y[side], weights[side], fields, scoring, least=least, depth=depth - 1)
        for side in (said, ~said)
    )
    if yes.question is None and no.question is None and yes.answer == no.answer:
        return end
    return Simple(end.answer, y.size, best, yes, no)


def _best_question(column: pl.Series, field: Field, y: Floats, weights: Floats, least: int) -> _Question | None:
    """Return the question of this field that lowers the weighted squared error most; None where none does."""
    if field.kind is FieldKind.CATEGORY:
        return _best_names(column, y, weights, least)
    values = _number(column)
    seen = values[~np.isnan(values)]
    cuts = np.unique(seen)[1:]
    if cuts.size > _MOST_CUTS:
        shares = np.arange(1, _MOST_CUTS + 1) / (_MOST_CUTS + 1)
        cuts = np.unique(np.quantile(seen, shares, method="nearest"))
    if not cuts.size:
        return None
    codes = np.where(np.isnan(values), cuts.size + 1, np.searchsorted(cuts, values, side="right"))
    sums = _sums(codes, y, weights, count=cuts.size + 2)
    found = []
    for with_missing in (False, True) if sums[0, -1] else (None,):
        below = sums[:, :-2].cumsum(axis=1) + (sums[:, -1:] if with_missing else 0.0)
        place, gain = _best_place(below, sums.sum(axis=1), least)
        if gain > 0:
            found.append(_Question(column.name, below=float(cuts[place]), with_missing=with_missing, gain=gain))
    return max(found, key=lambda q: q.gain, default=None)


def _best_names(column: pl.Series, y: Floats, weights: Floats, least: int) -> _Question | None:
    text = _text(column)
    counts = text.alias("value").value_counts().sort("count", "value", descending=[True, False])
    names = counts["value"].head(_MOST_NAMES).to_list()
    codes = text.replace_strict(names, list(range(len(names))), default=len(names), return_dtype=pl.Int64).to_numpy()
    sums = _sums(codes, y, weights, count=len(names) + 1)
    there = np.flatnonzero(sums[0])
    order = there[np.argsort(sums[2, there] / sums[1, there], kind="stable")]
    if order.size < 2:
        return None
    place, gain = _best_place(sums[:, order[:-1]].cumsum(axis=1), sums.sum(axis=1), least)
    if gain <= 0:
        return None
    first, second = order[: place + 1], order[place + 1 :]
    chosen = second if len(names) in first else first if len(names) in second else min(first, second, key=len)
    return _Question(column.name, names=tuple(sorted(names[code] for code in chosen)), gain=gain)


def _sums(codes: npt.NDArray[np.int64], y: Floats, weights: Floats, *, count: int) -> Floats:
    """Return rows, weight and weighted truth of each code, shape (3, count)."""
    return np.stack([np.bincount(codes, weights=w, minlength=count) for w in (np.ones_like(y), weights, weights * y)])


def _best_place(below: Floats, whole: Floats, least: int) -> tuple[int, float]:
    """Return where to divide, and by how much that lowers the squared error; nothing where a side has too few rows."""
    above = whole[:, None] - below
    fits = (below[0] >= least) & (above[0] >= least)
    with np.errstate(divide="ignore", invalid="ignore"):
        gain = below[2] ** 2 / below[1] + above[2] ** 2 / above[1] - whole[2] ** 2 / whole[1]
    gain = np.where(fits & (gain > 1e-12 * max(1.0, abs(float(whole[2])))), gain, 0.0)
    place = int(gain.argmax())
    return place, float(gain[place])


def _number(column: pl.Series) -> Floats:
    return column.cast(pl.Float64, strict=False).fill_null(np.nan).to_numpy()


def _text(column: pl.Series) -> pl.Series:
    return column.cast(pl.String, strict=False).fill_null("")
