"""Where a review queue stands: cases counted by what became of them."""

from collections.abc import Mapping, Sequence

from slipway.deployment.reviewing import waits_for
from slipway.records.lease import holder_of
from slipway.records.review import Part, ReviewCase
from slipway.records.scoring import Scoring


def progress(cases: Sequence[tuple[str, ReviewCase]], *, scoring: Scoring, now_us: int) -> Mapping[str, int]:
    """Count cases: those that wait, that somebody has, that are late, ended by a fallback, disputed, settled."""
    waits = [case for _, case in cases if waits_for(case, scoring=scoring) is not None]
    parts = [{read.part for read in case.valid()} for _, case in cases]
    return {
        "cases": len(cases),
        "waiting": len(waits),
        "held": sum(holder_of(case, now_us=now_us) is not None for case in waits),
        "late": sum(case.due_us <= now_us for case in waits),
        "fallback": sum(case.ended_us is not None for _, case in cases),
        "decided": sum(Part.FIRST in some for some in parts),
        "read_twice": sum(Part.SECOND in some for some in parts),
        "readers_differ": sum(_readers_differ(case) for _, case in cases),
        "settled": sum(Part.SETTLING in some for some in parts),
    }


def _readers_differ(case: ReviewCase) -> bool:
    values = {read.part: read.value for read in case.valid()}
    return Part.SECOND in values and values[Part.SECOND] != values.get(Part.FIRST)
