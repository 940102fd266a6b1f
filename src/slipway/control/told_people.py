"""The part that people have in a row, as one byte of the ledger; and a model's suggestion, kept as a shadow's answer.

To what was handed over a person answers, and the model said something that decided nothing: it was a shadow of him.
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from slipway.records.handover import Course
from slipway.storage.journal.stretches import Predictions

SHOWN, HIDDEN = 5, 3
"""A row that was handed over: with the model's answer shown, and without."""

COURSES = {Course.ARM: 0, Course.ASKED: 1, Course.AUTOMATED: 2, Course.HANDED_OVER: HIDDEN, Course.AUDITED: 4}
"""Course to its byte; of what was handed over, of rows whose suggestion was not shown."""

HANDED_OVER = (HIDDEN, SHOWN)
"""Bytes of what a model was dealt and did not decide."""

PENDING = (*HANDED_OVER, COURSES[Course.ASKED])
"""Bytes of what waits for a person, which is no failure."""


def byte_of(course: str, *, shown: bool) -> int:
    """Return the byte of a row.

    >>> byte_of("handed over", shown=True), byte_of("handed over", shown=False), byte_of("arm", shown=False)
    (5, 3, 0)
    """
    code = COURSES[Course(course)]
    return SHOWN if shown and code == HIDDEN else code


def courses(given: Predictions) -> npt.NDArray[np.uint8]:
    """Return the byte of each row, shape (rows,)."""
    if given.people is None:
        return np.zeros(len(given.id), dtype=np.uint8)
    return np.array(
        [byte_of(c, shown=s) for c, s in zip(given.people.course, given.people.shown, strict=True)], np.uint8
    )


def suggested(given: Predictions) -> Iterator[tuple[str, npt.NDArray[np.int64]]]:
    """Yield (an arm that was asked before people were, numbers of the rows)."""
    asked = [] if given.people is None else given.people.asked
    for arm in sorted({*asked} - {""}):
        yield arm, np.array([i for i, name in enumerate(asked) if name == arm])


def suggestions(given: Predictions) -> npt.NDArray[np.float64]:
    """Return what was suggested for each row, NaN where nothing was, shape (rows,)."""
    return np.array([] if given.people is None else given.people.suggestion, dtype=np.float64)
