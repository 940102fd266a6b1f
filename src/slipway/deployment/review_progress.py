"""Where a review queue stands: cases counted by what became of them."""

from collections.abc import Mapping, Sequence

from slipway.deployment.reviewing import may_read
from slipway.records.lease import holder_of
from slipway.records.review import Part, ReviewCase
from slipway.records.scoring import Scoring


def progress(
    cases: Sequence[tuple[str, ReviewCase]], *, scoring: Scoring, now_us: int, by: str = ""
) -> Mapping[str, int]:
    """Count cases: all; those that wait, are somebody's, are late, ended by a fallback, decided, read twice.

    What waits is counted as who asks may read it (:func:`~slipway.deployment.reviewing.may_read`), and what was settled
    not at all: of few cases the number would tell whoever read one what the model said of it.
    """
    waits = [case for _, case in cases if may_read(case, by=by, scoring=scoring)]
    parts = [{read.part for read in case.valid()} for _, case in cases]
    return {
        "cases": len(cases),
        "waiting": len(waits),
        "held": sum(holder_of(case, now_us=now_us) is not None for case in waits),
        "late": sum(case.due_us <= now_us for case in waits),
        "fallback": sum(case.ended_us is not None for _, case in cases),
        "decided": sum(Part.FIRST in some for some in parts),
        "read_twice": sum(Part.SECOND in some for some in parts),
    }
