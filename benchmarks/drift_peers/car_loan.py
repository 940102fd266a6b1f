"""NannyML's car loans: https://nannyml.readthedocs.io/en/stable/datasets/binary_car_loan.html, from NannyML's wheel.

A model's answers come with 50,000 rows of reference and 50,000 to analyse, of which the second half is of another kind:
dearer cars, longer loans, other incomes and other pasts. As it is, in chunks of 5,000, as NannyML's documents take it;
and drawn in any number from the 75,000 rows before the change and the 25,000 after it. Categories are told as numbers.
"""

from functools import cache
from pathlib import Path

import numpy as np
import polars as pl

from .world import Shape, Stream, World

_DATA = Path(__file__).parents[1] / ".envs" / "nannyml" / "lib"
NAMES = (
    "car_value",
    "salary_range",
    "debt_to_income_ratio",
    "loan_length",
    "repaid_loan_on_prev_car",
    "size_of_downpayment",
    "driver_tenure",
)
_MOVED = ("car_value", "salary_range", "loan_length", "repaid_loan_on_prev_car")
_SHAPE = Shape(columns=len(NAMES))
_AS_IT_IS = Shape(reference=50_000, batch=5_000, batches=10, change=5, columns=len(NAMES))
BEFORE = _AS_IT_IS.reference + _AS_IT_IS.change * _AS_IT_IS.batch

WORLDS = {
    "loans": World("car loans before the change, drawn anew; no drift", shape=_SHAPE, real=True),
    "loans-change": World(
        "car loans, drawn anew, before the change and after it",
        kind="data",
        columns=_MOVED,
        hurts=True,
        shape=_SHAPE,
        real=True,
    ),
    "loans-as-they-are": World(
        "car loans as they are, chunks of 5,000", kind="data", columns=_MOVED, hurts=True, shape=_AS_IT_IS, real=True
    ),
}


def there():
    """Tell whether NannyML's environment is there."""
    return any(_DATA.glob("python3*/site-packages/nannyml/datasets/data"))


@cache
def loans():
    """Return all rows in their order: (X, scores, truths)."""
    folder = next(_DATA.glob("python3*/site-packages/nannyml/datasets/data"))
    known, later, truths = (
        pl.read_csv(folder / f"synthetic_car_loan_{part}.csv") for part in ("reference", "analysis", "analysis_target")
    )
    wanted = [*NAMES, "y_pred_proba", "repaid"]
    parts = [
        part.select(wanted).with_columns(pl.col("repaid").cast(pl.Float64))
        for part in (known, later.join(truths, on="id"))
    ]
    frame = pl.concat(parts)
    columns = [frame[n].rank("dense") if frame[n].dtype == pl.String else frame[n] for n in NAMES]
    x = np.column_stack([c.cast(pl.Float64).to_numpy() for c in columns])
    return x, frame["y_pred_proba"].to_numpy(), frame["repaid"].to_numpy()


def draw(name, seed):
    """Return a stream of a world; the same seed gives the same one, and as they are there is one."""
    rng, world = np.random.default_rng(seed), WORLDS[name]
    rows = np.arange(len(loans()[0]))
    if name != "loans-as-they-are":
        later = int(world.shape.after.sum()) if world.kind else 0
        pools = (rows[:BEFORE], world.shape.rows - later), (rows[BEFORE:], later)
        rows = np.concatenate([rng.choice(pool, size, replace=False) for pool, size in pools])
    x, score, y = (part[rows] for part in loans())
    change = world.shape.change if world.kind else None
    return Stream(x, score, y, None, world.shape.reference, world.shape.batch, change, NAMES)
