"""Whether a verdict can still be made again: retention may have removed what it was made from."""

from collections.abc import Mapping

from slipway.control.retention import DAY_US
from slipway.errors import NotFound
from slipway.ports import ControlStore
from slipway.records.cohort import VerdictInputs
from slipway.records.removal import RemovedSegment
from slipway.words import day


def refuse_gone(inputs: VerdictInputs, *, read: Mapping[str, int], store: ControlStore) -> None:
    """Refuse to make a verdict again from less than it was made from.

    Segments that ended before the rollout's first day are in none of its cohorts, so they may be gone.

    Args:
        inputs: What the verdict was made from.
        read: Segment to the offset up to which the journal was read now.
        store: Where retention noted what it removed.

    Raises:
        NotFound: Rows that it needs are gone; the message says which, why and since when.
    """
    since_us = inputs.rollout.since_us // DAY_US * DAY_US
    missing = sorted(segment for segment in inputs.upto if segment not in read)
    noted = {segment: _noted(segment, store=store) for segment in missing}
    needed = [s for s, note in noted.items() if note is None or _ends_us(note) >= since_us]
    if not needed:
        return
    note = next((noted[s] for s in needed if noted[s] is not None), None)
    why = (
        f"retention removed them ({note.why}; rows until {day(note.last_us)})"
        if note
        else "no retention noted that it removed them"
    )
    raise NotFound(
        f"verdict {inputs.verdict}: want the journal's rows that it was made from, got none of {len(needed)} segments, "
        f"the first {needed[0]}: {why}. It cannot be made again; what it was made from is stored with it, as sums. "
        "To keep rows longer, set keep and keep_gb in [journal] higher, or restore the segments from a copy."
    )


def _noted(segment: str, *, store: ControlStore) -> RemovedSegment | None:
    try:
        return store.get(RemovedSegment, id=segment)[0]
    except NotFound:
        return None


def _ends_us(note: RemovedSegment) -> int:
    """Return the latest moment; shadow answers that no kept request was about leave that to what they were about."""
    return -1 if note.last_us is None else note.last_us
