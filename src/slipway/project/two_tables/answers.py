"""Whether answers and truths can be what they are said to be: shares beside classes, and not the wrong way round."""

from collections.abc import Sequence

import numpy as np

from slipway.project.two_tables.prepare import Prepared
from slipway.records.quality import Fault, Quality
from slipway.records.two_tables import Roles

_HALF = 0.5
_CLASSES = (0.0, 1.0)


def remarks_on_answers(
    tables: Sequence[tuple[str, Prepared]], *, roles: Roles, threshold: float
) -> tuple[Quality, ...]:
    """Say of answers beside the truths 0 and 1 that they are no shares, or of both that they seem exchanged.

    Args:
        tables: Name and rows of each table, the reference first, with answers and truths in it.
        roles: Which column is which.
        threshold: Score from which an answer counts as 1; one half is for shares, any other is somebody's choice.
    """
    _, before = tables[0]
    if before.scores is None or before.y is None:
        return ()
    truths, answers = (values[np.isfinite(values)] for values in (before.y, before.scores))
    if not np.isin(truths, _CLASSES).all():
        inside = bool(((truths >= 0) & (truths <= 1)).all())
        if inside and answers.size and np.isin(answers, _CLASSES).all():
            detail = (
                f"{roles.label} holds numbers from 0 to 1 and {roles.prediction} 0 and 1 only: the wrong way round? "
                "The answer is the prediction, what turned out to be true is the label."
            )
            return (Quality(fault=Fault.LABELS, column=roles.label, serious=True, detail=detail),)
        return ()
    outside = [told for told in (_outside(*one) for one in tables) if told] if threshold == _HALF else []
    if not outside:
        return ()
    detail = (
        f"of {roles.prediction}, {' and '.join(outside)} are outside 0 to 1 beside labels of 0 and 1, and all from 0.5 "
        "on count as 1. Make them shares, or say from where on they mean 1 (--threshold; in Python threshold=...)."
    )
    return (Quality(fault=Fault.RANGE, column=roles.prediction, serious=True, detail=detail),)


def _outside(name: str, table: Prepared) -> str:
    """Say how many answers of a table are no shares; nothing where all are."""
    known = np.empty(0) if table.scores is None else table.scores[np.isfinite(table.scores)]
    outside = int(((known < 0) | (known > 1)).sum())
    return f"{outside:,} of {known.size:,} values in {name} ({known.min():.4g} to {known.max():.4g})" if outside else ""
