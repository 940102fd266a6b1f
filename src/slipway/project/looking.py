"""Counting looks: what was seen of a test set is kept together with the fact that it was seen."""

from collections.abc import Callable, Sequence

import polars as pl

from slipway.data.version import row_hashes
from slipway.errors import Conflict
from slipway.modeling.looks import looks_at, sample_of
from slipway.ports import Change
from slipway.records.look import Look
from slipway.wiring import Parts

_TRIES = 20


def commit_look(
    parts: Parts,
    changes: Callable[[int], Sequence[Change]],
    *,
    rows: pl.DataFrame,
    data: str,
    run: str,
    by: str,
    why: str,
) -> int:
    """Keep what was seen on rows held out, and count the look, all or nothing; return which look it was.

    Args:
        parts: The project.
        changes: What to keep, given the number of the look.
        rows: The rows held out.
        data: Dataset version they are of.
        run: Run whose model was measured.
        by: Who looked.
        why: For the audit trail.

    Raises:
        Conflict: Others go on looking at the same moment.
    """
    sample = _sample(parts, rows)
    for left in reversed(range(_TRIES)):
        known = [look for _, look, _ in parts.store.all(Look)]
        at_us = parts.clock.now_us()
        number = 1 + len(looks_at(sample, known=known))
        look = Look(number=number, data=data, sample=sample, run=run, by=by, at_us=at_us)
        counted = Change(look, f"{len(known) + 1:09d}", 0)
        try:
            parts.store.commit([*changes(number), counted], at_us=at_us, by=by, why=why)
        except Conflict:
            if not left:
                raise
        else:
            return number
    raise AssertionError


def _sample(parts: Parts, rows: pl.DataFrame) -> tuple[int, ...]:
    scope = parts.scope
    known = [scope.task.entity, *([scope.task.time] if scope.task.time else []), *(f.name for f in scope.fields)]
    return sample_of(row_hashes(rows.select([*dict.fromkeys(known)]))[:, 0])
