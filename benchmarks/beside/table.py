"""The table that all name, and what is done to it: some of it changes the content, some does not."""

from typing import NamedTuple

import numpy as np
import polars as pl

FLIPPED, APPENDED, TAKEN = 412, 90, 3


class Done(NamedTuple):
    """Something done to the table: in words, the table then, and whether its content is another."""

    words: str
    table: pl.DataFrame
    changes: bool = True


def table(rows, *, seed=0):
    """Return the table that all name."""
    rng = np.random.default_rng(seed)
    return pl.DataFrame(
        {
            **{f"float{i}": rng.normal(size=rows) for i in range(7)},
            **{f"whole{i}": rng.integers(0, 1000, rows) for i in range(2)},
            "id": [f"row-{i:08d}" for i in range(rows)],
            "port": rng.choice(["EWR", "JFK", "LGA"], rows),
            "dest": rng.choice([f"D{i}" for i in range(100)], rows),
            "night": rng.random(rows) < 0.5,
            "late": rng.integers(0, 2, rows),
        }
    )


def things_done(data):
    """Return what is done to a table, by name."""
    last, rows = data.height - 1, data.height
    return {
        "shuffled": Done("its rows in another order", data.sample(fraction=1, shuffle=True, seed=1), changes=False),
        "columns": Done("its columns in another order", data.select(reversed(data.columns)), changes=False),
        "rewritten": Done("the file written again, compressed in another way", data, changes=False),
        "first_label": Done("the label of the first row flipped", flipped(data, "late", rows=[0])),
        "last_label": Done("the label of the last row flipped", flipped(data, "late", rows=[last])),
        "boolean": Done("a boolean of the first row flipped", flipped(data, "night", rows=[0])),
        "swapped": Done("two rows of different labels swap them", swapped(data)),
        "digit": Done("a float of the last row changed in its 12th digit", nudged(data, row=last)),
        "appended": Done("a row appended", pl.concat([data, data.head(1).with_columns(id=pl.lit("row-new"))])),
        "taken": Done("the last row taken out", data.head(rows - 1)),
        "twice": Done("the last row there twice", pl.concat([data, data.tail(1)])),
    }


def flipped(data, column, *, rows):
    """Return the table with a column of 0 and 1, or of booleans, turned round in those rows."""
    where = pl.int_range(pl.len()).is_in(list(rows))
    turned = ~pl.col(column) if data[column].dtype == pl.Boolean else 1 - pl.col(column)
    return data.with_columns(pl.when(where).then(turned).otherwise(column).alias(column))


def swapped(data):
    """Return the table with the labels of its last row and of the last that differs from it exchanged."""
    other = int((data["late"] != data["late"][-1]).arg_true()[-1])
    return flipped(data, "late", rows=[other, data.height - 1])


def nudged(data, *, row):
    """Return the table with one float changed in its 12th significant digit."""
    where = pl.int_range(pl.len()) == row
    return data.with_columns(
        pl.when(where).then(pl.col("float0") * (1 + 1e-11)).otherwise("float0").alias("float0"),
    )


def edited(data):
    """Return the table after a day of work: labels flipped, rows appended, rows taken out."""
    rows = np.random.default_rng(2).choice(data.height - TAKEN, min(FLIPPED, data.height // 2), replace=False)
    more = data.head(APPENDED).with_columns(id=pl.format("row-new-{}", pl.int_range(pl.len())))
    return pl.concat([flipped(data, "late", rows=rows.tolist()).head(data.height - TAKEN), more])
