"""Counting looks: what was seen of a test set is kept together with the fact that it was seen."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import polars as pl

from slipway.data.version import row_hashes
from slipway.errors import Conflict
from slipway.modeling.looks import Words, names_of, next_judgement, next_look, sample_covers, sample_meets, times_seen
from slipway.ports import Change
from slipway.records.look import Look
from slipway.wiring import Parts

_TRIES = 20
TRAINING = "training"


def commit_look(
    parts: Parts,
    changes: Callable[[Look], Sequence[Change]] = lambda _: (),
    *,
    rows: pl.DataFrame,
    data: str,
    run: str,
    what: str,
    by: str,
    why: str,
) -> Look:
    """Keep what was seen on rows held out, and count the look, all or nothing; return the look.

    The same asked of the same model on the same rows is the same look, and is counted once.

    Args:
        parts: The project.
        changes: What to keep, given the look.
        rows: The rows held out.
        data: Dataset version they are of.
        run: Run whose model was measured, or the package that came from elsewhere.
        what: What was asked.
        by: Who looked.
        why: For the audit trail.

    Raises:
        Conflict: Others go on looking at the same moment.
    """
    names = names_of(_hashes(rows, _case(parts)))
    blob = parts.blobs.put(names.astype("<u8").tobytes())
    for left in reversed(range(_TRIES)):
        known = [look for _, look, _ in parts.store.all(Look)]
        at_us = parts.clock.now_us()
        taken = next((k for k in known if (k.run, k.what, k.rows) == (run, what, blob)), None)
        look = taken or Look(
            number=next_look(times_seen(names, before=_before(parts, known, rows, names, sample_covers))),
            judged_at=next_judgement(names, before=_before(parts, known, rows, names, sample_meets)),
            data=data,
            rows=blob,
            run=run,
            what=what,
            by=by,
            at_us=at_us,
        )
        counted = [Change(look, f"{len(known) + 1:09d}", 0)] if taken is None else []
        if not (whole := [*changes(look), *counted]):
            return look
        try:
            parts.store.commit(whole, at_us=at_us, by=by, why=why)
        except Conflict:
            if not left:
                raise
        else:
            return look
    raise AssertionError


def _before(
    parts: Parts, known: Sequence[Look], rows: pl.DataFrame, names: Words, told: Callable[..., bool]
) -> Iterator[Words]:
    """Return what each look saw; of one of before, of which a sample was kept, all of these rows or none, as told."""
    read = {look.rows: np.frombuffer(parts.blobs.get(look.rows), dtype="<u8") for look in known if look.rows}
    before = [look for look in known if not look.rows]
    hashes = _hashes(rows, _case(parts) + [f.name for f in parts.scope.fields]) if before else names
    yield from (read[look.rows] for look in known if look.rows)
    yield from (names for look in before if told(look.sample, hashes=hashes))


def _case(parts: Parts) -> list[str]:
    """Return the columns that say what a row is a case of: neither Y nor X, for a field more makes no row fresh."""
    task = parts.scope.task
    return [task.entity, *([task.time] if task.time else [])]


def _hashes(rows: pl.DataFrame, columns: Sequence[str]) -> Words:
    return row_hashes(rows.select([*dict.fromkeys(columns)]))[:, 0]
