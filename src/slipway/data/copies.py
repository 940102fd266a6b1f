"""Copies under new ids: rows held out whose X was learned from, though their id is another.

Equal X alone says little: where fields take few values, different cases look alike. Where at least two fields take
nearly as many values as there are rows, two rows that agree in everything are hardly two cases. Two numbers say so:

- how many such pairs chance would bring, if the telling fields varied as they do, each by itself;
- how many pairs are near without being equal: in the same cell of four neighbouring values in every telling number.
  Fields that follow from each other (Celsius and Fahrenheit) defeat the first number and not this one: cases that
  look alike by chance come with three times as many that nearly do, copies come alone.

Rows are compared by what is left of them after rounding: numbers to five digits, text without case and with single
spaces, so that a copy that went through another program is found too.
"""

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from slipway.data.profile import as_number, kind_of
from slipway.data.row_names import BY_PLACE, RowNames
from slipway.data.split import Split
from slipway.data.version import row_hashes
from slipway.records.dataset import CheckResult
from slipway.records.field import FieldKind

Rows = npt.NDArray[np.int64]

NAME = "copies under new ids"
_TELLING = 0.3
"""A field with as many different values as this share of the rows tells rows apart."""
_KEY = 3
"""So many telling fields are compared first; of a million rows two agree by chance to five digits, three do not."""
_DIGITS, _CELL, _CHANCE = 5, 4, 0.001
_ENOUGH = 100_000
_X = "x "
"""Begins the name of each column of X, so that none is called like one of the columns that stand beside them here."""
_NONE = "no row held out has the X of a training row."


def check_copies(
    table: pl.DataFrame,
    *,
    columns: Sequence[str],
    entity: str,
    split: Split,
    seed: int = 0,
    names: RowNames = BY_PLACE,
) -> CheckResult:
    """Ask whether rows held out are copies of rows learned from, under other ids and whatever their Y.

    Where fewer than two fields tell rows apart, nothing can be said, and the check holds and says so.

    Args:
        table: Rows with X and the entity.
        columns: Columns of X.
        entity: Column of the entity: rows of one entity may look alike.
        split: The rows on either side.
        seed: Seed of the draw of rows that show which fields tell rows apart.
        names: What the rows are called.

    >>> x = np.random.default_rng(0).normal(size=(100, 2))
    >>> t = pl.DataFrame({"a": x[:, 0], "b": x[:, 1], "id": np.arange(100)})
    >>> t = pl.concat([t, t[:3].with_columns(pl.col("a").round(6), id=pl.lit(0) + pl.Series([900, 901, 902]))])
    >>> from slipway.records.dataset import SplitKind
    >>> s = Split(SplitKind.RANDOM, train=np.arange(90), test=np.arange(90, 103))
    >>> check_copies(t, columns=["a", "b"], entity="id", split=s).detail.split(", though")[0]
    '3 of 13 rows held out have the X of a training row'
    """
    x = table.select(table[name].alias(f"{_X}{name}") for name in columns)
    telling = _telling(x, seed=seed)
    if len(telling) < 2:
        detail = "fields take too few values to tell a copy from a case that looks alike; not looked for."
        return CheckResult(name=NAME, passed=True, detail=detail)
    if not _meet(x, telling[:_KEY], split=split):
        return CheckResult(name=NAME, passed=True, detail=_NONE)
    plain = x.select(*(_plain(column) for column in x), entity=table[entity])
    rows = _shared(plain, by=x.columns, split=split)
    if not rows.size:
        return CheckResult(name=NAME, passed=True, detail=_NONE)
    chance, near = _by_chance(plain, telling, split=split), _near(plain, x.columns, telling, equal=rows, split=split)
    detail = (
        f"{rows.size} of {split.test.size} rows held out have the X of a training row, though under another id "
        f"(numbers to {_DIGITS} digits, text without case): {names.say(rows)}. By chance "
        f"{_number(chance)} would, and {near} are near but not equal"
    )
    if _chance_of(rows.size, expected=chance) > _CHANCE or rows.size <= near:
        return CheckResult(name=NAME, passed=True, detail=f"{detail}: they may be cases that look alike.")
    return CheckResult(name=NAME, passed=False, detail=f"{detail}: copies. Scores on them flatter; drop them.")


def _telling(x: pl.DataFrame, *, seed: int) -> list[str]:
    """Return the fields that take nearly as many values as there are rows."""
    drawn = x
    if drawn.height > _ENOUGH:
        drawn = drawn.sample(_ENOUGH, seed=seed)
    return [c.name for c in drawn if c.drop_nulls().n_unique() >= max(2, _TELLING * drawn.height)]


def _meet(x: pl.DataFrame, key: Sequence[str], *, split: Split) -> bool:
    """Tell whether any row held out agrees with a training row in some telling fields; nearly always none does."""
    first = pl.Series(np.ascontiguousarray(row_hashes(x.select(_plain(x[name]) for name in key))[:, 0]))
    return bool(first.gather(split.test).is_in(first.gather(split.train).implode()).any())


def _plain(column: pl.Series) -> pl.Series:
    """Return what is left of a column after rounding."""
    if kind_of(column.name, column.dtype) is FieldKind.CATEGORY:
        if column.dtype == pl.Binary:
            return column
        text = column.cast(pl.String).str.strip_chars().str.to_lowercase()
        return text.str.replace_all(r"\s+", " ")
    return as_number(column).round_sig_figs(_DIGITS) + 0.0  # -0.0 + 0.0 is 0.0


def _shared(plain: pl.DataFrame, *, by: Sequence[str], split: Split) -> Rows:
    """Return the rows held out that agree with a training row of another entity, increasing."""
    learned = (
        plain[split.train].group_by(by).agg(several=pl.col("entity").n_unique() > 1, whose=pl.col("entity").first())
    )
    asked = plain[split.test].with_columns(row=pl.Series(split.test))
    found = asked.join(learned, on=by, how="inner", nulls_equal=True)
    other = pl.col("several") | pl.col("entity").ne_missing(pl.col("whose"))
    return found.filter(other)["row"].sort().to_numpy()


def _by_chance(plain: pl.DataFrame, telling: Sequence[str], *, split: Split) -> float:
    """Return how many pairs would agree in the telling fields if each varied by itself."""
    share = 1.0
    for name in telling:
        counts = plain[name].value_counts()["count"].cast(pl.Float64)
        share *= float((counts * (counts - 1)).sum()) / (plain.height * (plain.height - 1))
    return share * split.train.size * split.test.size


def _near(plain: pl.DataFrame, columns: Sequence[str], telling: Sequence[str], *, equal: Rows, split: Split) -> int:
    """Count the rows held out that share a cell with a training row of another entity and are equal to none."""
    numbers = [name for name in telling if plain[name].dtype.is_float()]
    cells = plain.with_columns((pl.col(name).rank("dense") // _CELL) for name in numbers)
    return int(np.setdiff1d(_shared(cells, by=columns, split=split), equal).size)


def _chance_of(found: int, *, expected: float) -> float:
    """Bound the chance of so many or more where so many are expected (Chernoff's bound for a Poisson number).

    >>> round(_chance_of(10, expected=1.0), 9)  # exp(9) / 10**10; the chance itself is 1.1e-7
    8.1e-07
    """
    if found <= expected:
        return 1.0
    return math.exp(found - expected - found * math.log(found / expected)) if expected > 0 else 0.0


def _number(expected: float) -> str:
    return f"{expected:.0f}" if expected >= 10 else f"{expected:.1g}" if expected >= 1e-3 else "0"
