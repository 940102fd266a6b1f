"""What became of the split between two dataset versions: how it is declared, and which rows changed sides."""

from typing import NamedTuple

import numpy as np
import polars as pl

from slipway.data.dividing import say_deal
from slipway.data.row_names import names_rows
from slipway.data.version import row_hashes
from slipway.errors import BadInput
from slipway.project import datasets
from slipway.records.dataset import DatasetVersion
from slipway.wiring import Parts
from slipway.words import count

_BEFORE = "as versions of before November 2026 were"


class SplitChange(NamedTuple):
    """How the split of one version came from that of another.

    Attributes:
        taken: Rows held out after that were learned from before; None where a split cannot be told.
        given: Rows learned from after that were held out before; None likewise.
        words: The change in a sentence; empty where there is none.
    """

    taken: int | None
    given: int | None
    words: str


def compare_splits(parts: Parts, old: DatasetVersion, *, new: DatasetVersion) -> SplitChange:
    """Compare the splits of two versions on the rows that are in both.

    A row is known by its entity where that names each row once on both sides, and otherwise by its content without Y.
    """
    try:
        before, after = datasets.kept(parts, old), datasets.kept(parts, new)
    except BadInput as error:  # a version of before, and a scope that has changed since
        return SplitChange(None, None, f"Which rows changed sides cannot be told: {error}")
    task, fields = parts.scope.task, [f.name for f in parts.scope.fields]
    by = [task.entity]
    if not (names_rows(before.labelled[task.entity]) and names_rows(after.labelled[task.entity])):
        wide = [task.entity, *([task.time] if task.time else []), *fields]
        by = [c for c in dict.fromkeys(wide) if c in before.labelled.columns and c in after.labelled.columns]

    def sides(ready: datasets.Kept) -> tuple[pl.Series, pl.Series]:
        names = pl.Series(np.ascontiguousarray(row_hashes(ready.labelled.select(by))[:, 0]))
        return names.gather(ready.split.train), names.gather(ready.split.test)

    (learned, held), (learned_now, held_now) = sides(before), sides(after)
    taken = int(held_now.is_in(learned.implode()).sum())
    given = int(learned_now.is_in(held.implode()).sum())
    return SplitChange(taken, given, _words(old, new, taken=taken, given=given))


def _words(old: DatasetVersion, new: DatasetVersion, *, taken: int, given: int) -> str:
    how = [_BEFORE if v.deal is None else say_deal(v.deal) for v in (old, new)]
    were = "was" if taken == 1 else "were"
    moved = f"{count(taken, 'row')} held out now {were} learned from before, {given:,} the other way"
    if how[0] != how[1]:
        return f"The split changed: divided {how[0]} before, {how[1]} now; {moved}."
    return f"The split moved: {moved}." if taken or given else ""
