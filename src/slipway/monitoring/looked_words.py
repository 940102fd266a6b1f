"""Says what a monitor has looked at, when it looks next, and from when on it could have told anything."""

from slipway.monitoring.units import SLICE_US
from slipway.records.looked import Looked
from slipway.words import count, moment

_HOUR_US = SLICE_US["hour"]


def looked_words(looked: Looked, *, least: int | None, now_us: int, partly: bool = False) -> str:
    """Return one line: how often a monitor looks, what it saw, when it looks next, and whether it can tell yet.

    Args:
        looked: Where it stands.
        least: Rows or slices, as it counts, that the largest change of X takes to be proven; None where none could be.
        now_us: The moment by the clock that counts.
        partly: Whether some change, of one column alone or of the answers, could never be proven.

    >>> at = Looked(
    ...     model="trees",
    ...     unit="hour",
    ...     slice_us=3_600_000_000,
    ...     slices=0,
    ...     rows=0,
    ...     inputs_upto_us=0,
    ...     outcomes_upto_us=0,
    ...     feed_upto_us=0,
    ... )
    >>> looked_words(at, least=5, now_us=480_000_000)
    'trees: looks hour by hour; nothing looked at yet, first look at 1970-01-01 01:00 UTC. Cannot tell yet: \
even the largest change of X takes 5 hours with rows to prove, so not before 1970-01-01 05:00 UTC.'
    """
    by = "day" if looked.slice_us > _HOUR_US else "hour"
    next_us = _after(now_us, looked.slice_us)
    if looked.inputs_upto_us:
        seen = f"looked at {count(looked.slices, by)} with rows up to {moment(looked.inputs_upto_us)}, next look at"
    else:
        seen = "nothing looked at yet, first look at"
    told = f"{looked.model}: looks {by} by {by}; {seen} {moment(next_us)}"
    can = _can_tell(looked, least, by, next_us)
    if looked.spoiled:
        can = "Drift is not judged while the feed is broken, for a week at most: mend it first."
    elif partly and least is not None:
        can += " Only one of all columns at once is sure to be: see the problems."
    return f"{told}{_outcomes(looked)}{_feed(looked, now_us=now_us)}. {can}"


def _after(now_us: int, slice_us: int) -> int:
    return (now_us // slice_us + 1) * slice_us


def _outcomes(looked: Looked) -> str:
    if not looked.inputs_upto_us:
        return ""
    upto_us = looked.outcomes_upto_us
    return f"; outcomes up to {moment(upto_us)}" if upto_us else "; no outcomes yet"


def _feed(looked: Looked, *, now_us: int) -> str:
    """Say the same of the feed, where it is not looked at together with the rest."""
    if looked.feed_upto_us is None:
        return "; whether its feed is sound is not watched"
    if looked.slice_us == _HOUR_US:
        return ""
    upto_us = looked.feed_upto_us
    seen = f"up to {moment(upto_us)}" if upto_us else "not yet"
    return f"; its feed hour by hour, {seen}, next at {moment(_after(now_us, _HOUR_US))}"


def _can_tell(looked: Looked, least: int | None, by: str, next_us: int) -> str:
    if least is None:
        return "Can tell nothing: it is blind."
    if looked.unit == "row":
        takes, left, later_us = count(least, "row"), least - looked.rows, 0
    else:
        takes, left = f"{count(least, by)} with rows", least - looked.slices
        later_us = (left - 1) * looked.slice_us
    if left > 0:
        return (
            f"Cannot tell yet: even the largest change of X takes {takes} to prove, so not before "
            f"{moment(next_us + later_us)}."
        )
    return f"Can tell of a large change of X, which takes {takes}; smaller ones take longer."
