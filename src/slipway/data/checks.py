"""What is wrong with the data that no schema sees: each check is one question with the rows that fail."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from slipway.data.leakage import foretells
from slipway.data.row_names import BY_PLACE, RowNames
from slipway.data.split import Split
from slipway.data.version import row_hashes
from slipway.records.dataset import CheckResult, SplitKind
from slipway.records.task import TaskKind

Words = npt.NDArray[np.uint64]

ENOUGH_TO_COUNT = 50
"""In fewer rows, numbers may count by chance."""
DAY_US = 86_400_000_000
ENOUGH = 200_000
"""Rows that tell how much one column says of Y to well within a percent."""
_PROSE = 3
"""So many words a text make prose; ids such as ``row 17`` and names of people have fewer."""
_FIRST = 1_000
"""Rows that are looked at first: two values among them tell that a column varies."""


def check_duplicates(table: pl.DataFrame, *, hashes: Words | None = None) -> CheckResult:
    """Ask whether any row comes twice, value for value.

    Args:
        table: The data.
        hashes: The table's row hashes where the caller has them, else None.

    >>> check_duplicates(pl.DataFrame({"x": [1, 2, 1]})).detail
    '1 of 3 rows repeat an earlier row: rows 2.'
    """
    repeated = np.flatnonzero(_repeats(row_hashes(table) if hashes is None else hashes))
    name = "duplicates"
    if not repeated.size:
        return CheckResult(name=name, passed=True, detail=f"no row comes twice in {table.height} rows.")
    detail = f"{repeated.size} of {table.height} rows repeat an earlier row: {BY_PLACE.say(repeated)}."
    return CheckResult(name=name, passed=False, detail=detail)


def check_constant(table: pl.DataFrame) -> CheckResult:
    """Ask whether a column holds one value (or none) in all rows, so that nothing can be learned from it."""
    constant = [c.name for c in table if c.head(_FIRST).n_unique() <= 1 and c.n_unique() <= 1]
    if not constant:
        return CheckResult(name="constant columns", passed=True, detail=f"all {table.width} columns vary.")
    detail = f"the same value in every row: {', '.join(constant)}. Drop it, or find out why it never changes."
    return CheckResult(name="constant columns", passed=False, detail=detail)


def check_target(truth: npt.NDArray[np.float64], *, name: str, kind: TaskKind, split: Split) -> CheckResult:
    """Ask whether Y varies on both sides of the split, so that it can be learned and measured.

    Args:
        truth: Y of the rows that have one.
        name: Its column.
        kind: What Y is; a number has to vary, a binary one needs rows of both classes.
        split: The rows on either side.

    >>> held = Split(kind=SplitKind.RANDOM, train=np.array([0, 1]), test=np.array([2, 3]))
    >>> check_target(np.array([0.0, 1.0, 1.0, 1.0]), name="late", kind=TaskKind.BINARY, split=held).detail
    'all 2 rows held out have 1.'
    """
    sides = {"to learn from": truth[split.train], "held out": truth[split.test]}
    alike = [f"all {y.size} rows {side} have {y[0]:g}" for side, y in sides.items() if y.size and np.ptp(y) == 0]
    what = "classes" if kind is TaskKind.BINARY else "values"
    if not alike:
        return CheckResult(name=f"{name}: {what}", passed=True, detail="it varies on both sides of the split.")
    return CheckResult(name=f"{name}: {what}", passed=False, detail=f"{'; '.join(alike)}.")


def check_entities(entities: pl.Series, *, grouped: bool = False) -> CheckResult:
    """Ask whether every row says whose it is.

    Args:
        entities: Whose each row is, shape (rows,).
        grouped: Whether rows are dealt by group only because those without a value count as one entity.

    >>> check_entities(pl.Series("user", ["a", None, "b"])).detail
    '1 of 3 rows have no value: rows 1. They count as one entity.'
    """
    name, missing = f"{entities.name}: required", entities.is_null()
    if not missing.any():
        return CheckResult(name=name, passed=True, detail=f"0 of {entities.len()} rows have no value.")
    named = BY_PLACE.say(missing.arg_true())
    detail = f"{missing.sum()} of {entities.len()} rows have no value: {named}. They count as one entity"
    if grouped:
        detail += f", which is why rows are divided by group: every other '{entities.name}' has one row"
    detail += "."
    return CheckResult(name=name, passed=False, detail=detail)


def check_row_numbers(table: pl.DataFrame) -> CheckResult:
    """Ask whether a column names rows in place of saying something about them: a name a row, or numbers that count.

    A text that never repeats either but is mostly of three words or more is prose. It says something, and nothing that
    can be learned from it as a category: the check holds, and says so.

    >>> t = pl.DataFrame({"n": np.arange(5, 105), "t": [f"row {i}" for i in range(100)], "x": np.arange(100) ** 2})
    >>> check_row_numbers(t).detail
    'they name rows and say nothing of them: n, t. Leave them out of [fields].'
    """
    alone = [c for c in table if c.len() >= ENOUGH_TO_COUNT and _names_rows(c)]
    prose = [c.name for c in alone if c.dtype == pl.String and _is_prose(c)]
    names = [c.name for c in alone if c.name not in prose]
    said = [f"they name rows and say nothing of them: {', '.join(names)}. Leave them out of [fields]."] if names else []
    if prose:
        said.append(
            f"texts that never repeat: {', '.join(prose)}. As a category nothing can be learned from them; a model "
            "has to read their words."
        )
    return CheckResult(name="row numbers", passed=not names, detail=" ".join(said) or "no field names rows.")


def _is_prose(column: pl.Series) -> bool:
    """Tell whether half of the texts or more have three words."""
    return 2 * int((column.str.count_matches(r"\S+") >= _PROSE).sum()) >= column.len()


def _names_rows(column: pl.Series) -> bool:
    if not (column.dtype.is_numeric() or column.dtype == pl.String) or column.null_count():
        return False
    if column.dtype.is_numeric():
        low, high = float(str(column.min())), float(str(column.max()))
        if high - low != column.len() - 1 or not (column.cast(pl.Float64) % 1 == 0).all():
            return False
    return column.n_unique() == column.len()


def check_leakage(
    table: pl.DataFrame, *, columns: Sequence[str], target: str, limit: float = 0.95, seed: int = 0
) -> CheckResult:
    """Ask whether a single column nearly gives the answer away.

    Such a column is rarely a lucky find: mostly it is written after the outcome, or from it.

    Args:
        table: Rows with the target; rows without one are left out, and of more than 200,000 as many are drawn.
        columns: Columns of X.
        target: Column of Y, numbers or booleans.
        limit: Share of Y's variance that one column may explain, on rows it was not fitted on.
        seed: Seed of the draw and of the halves.

    >>> rng = np.random.default_rng(0)
    >>> y = rng.integers(0, 2, 1000)
    >>> t = pl.DataFrame({"honest": rng.normal(size=1000), "refunded": y * 30, "y": y})
    >>> check_leakage(t, columns=["honest", "refunded"], target="y").detail
    "nearly give 'y' away: refunded (explains 100.0 %). Is it known when the answer is needed?"
    """
    known = _at_most(table.filter(table[target].is_not_null()), rows=ENOUGH, seed=seed)
    truth = known[target].cast(pl.Float64).fill_nan(None)
    explained = {name: foretells(known[name], truth=truth.to_numpy(), seed=seed) for name in columns}
    leaks = {name: share for name, share in explained.items() if share > limit}
    if leaks:
        named = ", ".join(f"{name} (explains {100 * share:.1f} %)" for name, share in leaks.items())
        detail = f"nearly give '{target}' away: {named}. Is it known when the answer is needed?"
        return CheckResult(name="leakage", passed=False, detail=detail)
    best = max(explained, key=lambda name: explained[name], default=None)
    strongest = f"'{best}' explains most, {100 * explained[best]:.1f} %" if best else "no columns"
    return CheckResult(name="leakage", passed=True, detail=f"no single column foretells '{target}': {strongest}.")


def check_time_travel(
    table: pl.DataFrame,
    *,
    time: str,
    split: Split,
    fields: Sequence[str] = (),
    known: str | None = None,
    now_us: int | None = None,
    names: RowNames = BY_PLACE,
) -> CheckResult:
    """Ask whether anything comes from the future.

    Args:
        table: The data.
        time: Column of the moment at which X is known.
        split: A split by time must not learn from rows later than those held out.
        fields: Columns of X; one that is a moment must not lie after ``time``.
        known: Column of the moment at which Y is known, if there is one; it must not lie before ``time``.
        now_us: The present, which no row may lie after by more than a day (clocks without a zone); None to not ask.
        names: What the rows are called.
    """
    problems = []
    moments = table[time]
    if now_us is not None and moments.dtype in (pl.Datetime, pl.Date):
        future = (moments.cast(pl.Datetime("us")).to_physical() > now_us + DAY_US).fill_null(value=False)
        if future.any():
            problems.append(f"{future.sum()} rows lie after today: {names.say(future.arg_true())}")
    if split.kind is SplitKind.TIME and len(split.train) and len(split.test):
        later = int((moments.gather(split.train) > moments.gather(split.test).min()).sum())
        if later:
            problems.append(f"{later} training rows are later than the first row held out")
    for name in fields:
        if table[name].dtype.is_temporal() and table[name].dtype == moments.dtype:
            ahead = (table[name] > moments).fill_null(value=False)
            if ahead.any():
                problems.append(f"'{name}' lies after '{time}' in {names.say(ahead.arg_true())}")
    if known is not None:
        before = (table[known] < moments).fill_null(value=False)
        if before.any():
            problems.append(f"'{known}' lies before '{time}' in {names.say(before.arg_true())}")
    detail = "; ".join(problems) + "." if problems else "nothing comes from the future."
    return CheckResult(name="time travel", passed=not problems, detail=detail)


def check_groups(entities: pl.Series, *, split: Split) -> CheckResult:
    """Ask whether an entity is on both sides of a split by chance: what was learned of it flatters the score.

    By time it may be: the model will meet its entities again.
    """
    name = "entities across splits"
    if split.kind in (SplitKind.TIME, SplitKind.COLUMN):
        return CheckResult(name=name, passed=True, detail=f"split by {split.kind}: an entity may come again.")
    both = (
        entities.gather(split.test).is_in(entities.gather(split.train).implode())
        & entities.gather(split.test).is_not_null()
    )
    if not both.any():
        return CheckResult(name=name, passed=True, detail=f"no '{entities.name}' is on both sides.")
    detail = (
        f"{both.sum()} of {both.len()} rows held out are of a '{entities.name}' that was learned from. Write "
        "data.split = 'group', or scores will flatter."
    )
    return CheckResult(name=name, passed=False, detail=detail)


def check_overlap(table: pl.DataFrame, *, split: Split, names: RowNames = BY_PLACE) -> CheckResult:
    """Ask whether a row held out is, value for value, also among those learned from.

    Args:
        table: Columns to compare; rows that are equal in all of them count as copies.
        split: The rows on either side.
        names: What the rows are called.
    """
    hashes = row_hashes(table)
    words = hashes.view([("a", np.uint64), ("b", np.uint64)]).ravel()
    first = pl.Series(np.ascontiguousarray(words["a"]))
    shared = first.gather(split.test).is_in(first.gather(split.train).implode()).to_numpy()
    rows = split.test[shared]
    rows = rows[np.isin(words[rows], words[split.train])] if rows.size else rows
    if not rows.size:
        return CheckResult(name="overlap of splits", passed=True, detail="no row held out was learned from.")
    detail = (
        f"{rows.size} of {split.test.size} rows held out equal a training row: {names.say(rows)}. Scores on them "
        "flatter; drop duplicates or split by group."
    )
    return CheckResult(name="overlap of splits", passed=False, detail=detail)


def _at_most(table: pl.DataFrame, *, rows: int, seed: int) -> pl.DataFrame:
    if table.height <= rows:
        return table
    drawn = np.random.default_rng(seed).choice(table.height, rows, replace=False, shuffle=False)
    return table[np.sort(drawn)]


def _repeats(hashes: Words) -> npt.NDArray[np.bool_]:
    """Mark each row whose hash came before; only rows that share one half of it are held against each other."""
    out = np.zeros(len(hashes), dtype=np.bool_)
    first = pl.Series(np.ascontiguousarray(hashes[:, 0]))
    rows = np.flatnonzero(first.is_duplicated().to_numpy())
    order = rows[np.lexsort((hashes[rows, 1], hashes[rows, 0]))]  # stable: equal rows stay in the order of the table
    out[order[1:]] = (hashes[order[1:]] == hashes[order[:-1]]).all(axis=1)
    return out
