"""The output: one row for each row that was answered. Pure."""

from collections.abc import Sequence

import numpy as np
import polars as pl

from slipway.batch.asking import Answers
from slipway.errors import BadInput
from slipway.records.model import Signature
from slipway.records.task import TaskKind

OWN = ("row", "id", "entity", "score", "label", "arm", "fallback")
"""Columns of the output, before those that are kept; ``label`` only where Y is binary."""


def columns_to_keep(wanted: Sequence[str], *, columns: Sequence[str], named: dict[str, str]) -> tuple[str, ...]:
    """Return the columns of the input that the output has too.

    Args:
        wanted: Names, or ``*`` for all.
        columns: Columns of the input.
        named: Own column to the column of the input that it holds already; these are not kept twice.

    Raises:
        BadInput: A column has the name of one of the output's own.

    >>> columns_to_keep(["*"], columns=["id", "plane", "delay"], named={"id": "id", "entity": "plane"})
    ('plane', 'delay')
    """
    if "*" in wanted:
        wanted = [c for c in columns if named.get(c) != c]
    if clash := [c for c in wanted if c in OWN]:
        raise BadInput(
            f"--keep {clash[0]}: the output has a column '{clash[0]}' of its own. Rename it in the input, or leave it."
        )
    return tuple(dict.fromkeys(wanted))


def told(
    *,
    rows: "np.typing.NDArray[np.intp]",
    ids: pl.Series,
    entities: pl.Series,
    answers: Sequence[Answers],
    signature: Signature,
    kept: pl.DataFrame,
) -> pl.DataFrame:
    """Return the output's rows of a part; those that no arm could answer are left out.

    Args:
        rows: Numbers of the rows in the input.
        ids: Prediction ids.
        entities: What the rows are about, as the input has it.
        answers: What they were told, in pieces that follow each other.
        signature: Kind of answer, and the threshold of a label.
        kept: Columns of the input that the output has too.
    """
    score = np.concatenate([part.score for part in answers])
    label = {}
    if signature.kind is TaskKind.BINARY:
        label["label"] = (score >= signature.threshold).astype(np.int8)
    own = {
        "row": rows.astype(np.int64),
        "id": ids,
        "entity": entities,
        "score": score,
        **label,
        "arm": pl.concat([_arms(part) for part in answers]),
        "fallback": np.concatenate([part.fallback for part in answers]),
    }
    found = pl.DataFrame(own).hstack(kept)
    open_ = np.isnan(score)
    return found.filter(~open_) if open_.any() else found


def _arms(answers: Answers) -> pl.Series:
    return pl.Series(answers.arms, dtype=pl.String).gather(answers.arm)
