"""Prediction ids of the rows of a file: those that a column gives, else made from the job and the row's number."""

from collections.abc import Callable, Iterable

import numpy as np
import numpy.typing as npt
import polars as pl

from slipway.batch.source import Part, Source
from slipway.errors import BadInput
from slipway.records.load_test import ID_PREFIX
from slipway.records.texts import Numbered
from slipway.serving.naming import LONGEST_ID, checked_id
from slipway.serving.refusal import ErrorBody, Refusal

_PLAIN = rf"\A[ -~]{{1,{LONGEST_ID}}}\z"
"""Ids of printable ASCII, which need no second look."""
AT_ONCE = 1 << 24
"""How many ids are compared in one pass over the file; 8 bytes each."""


def given_ids(column: pl.Series) -> pl.Series:
    """Return the ids of a column as text."""
    return column.cast(pl.String)


def made_ids(job: str, *, first: int, rows: int) -> Numbered:
    """Return the ids of rows that follow on one another."""
    return Numbered(f"{job}-", first=first, rows=rows)


def made_column(ids: Numbered) -> pl.Series:
    """Return such ids as a column.

    >>> made_column(made_ids("b1f", first=7, rows=2)).to_list()
    ['b1f-7', 'b1f-8']
    """
    numbers = pl.int_range(ids.first, ids.first + ids.rows, eager=True)
    return pl.select(pl.format(ids.prefix + "{}", numbers).alias("id")).to_series()


def odd_ids(ids: pl.Series, *, name: str) -> list[tuple[int, ErrorBody]]:
    """Return index and reason of each id that is none; a null is no id but none given."""
    found = []
    plain = ids.str.contains(_PLAIN) & ~ids.str.starts_with(ID_PREFIX)
    for i in plain.fill_null(value=True).not_().arg_true().to_list():
        try:
            checked_id(ids[i], name=name)
        except Refusal as refusal:
            found.append((i, refusal.body))
    return found


def refuse_repeated(source: Source, *, parts: Iterable[Part], name: str, at_once: int = AT_ONCE) -> None:
    """Return if no id of a column comes twice.

    Memory is bounded by ``at_once``: a longer column is read several times, and each time other ids are compared.

    Raises:
        BadInput: Some do; the message names one and how many there are.
    """
    known = list(parts)
    hashes = repeated_hashes(
        lambda: (_column(source, part, name).hash().to_numpy() for part in known),
        rows=sum(p.rows for p in known),
        at_once=at_once,
    )
    if not len(hashes):
        return
    counts: dict[str, int] = {}
    for part in known:  # two texts may share a hash, if hardly ever, so the texts themselves are counted
        ids = _column(source, part, name)
        for id_ in ids.filter(ids.hash().is_in(pl.Series(hashes))).to_list():
            counts[id_] = counts.get(id_, 0) + 1
    if repeated := sorted((-n, id_) for id_, n in counts.items() if n > 1):
        n, id_ = repeated[0]
        raise BadInput(
            f"column '{name}': want ids that differ, got '{id_}' {-n} times, and {len(repeated) - 1} others repeated. "
            "An outcome names its prediction by the id. Name another column with --id, or none: ids are made."
        )


def repeated_hashes(
    hashes: Callable[[], Iterable[npt.NDArray[np.uint64]]], *, rows: int, at_once: int = AT_ONCE
) -> npt.NDArray[np.uint64]:
    """Return the hashes that come twice; two texts may share one, if hardly ever.

    Args:
        hashes: Yields those of a column, a part at a time; asked once a pass.
        rows: How many there are in all.
        at_once: How many are compared in one pass.
    """
    passes = -(-rows // at_once)
    twice = [_repeated(np.concatenate([h[h % np.uint64(passes) == i] for h in hashes()])) for i in range(passes)]
    return np.concatenate(twice) if twice else np.empty(0, np.uint64)


def _column(source: Source, part: Part, name: str) -> pl.Series:
    return given_ids(source.read(part, columns=[name])[name]).drop_nulls()


def _repeated(hashes: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    hashes.sort()
    return np.unique(hashes[1:][hashes[1:] == hashes[:-1]])
