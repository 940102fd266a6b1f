"""A case that people decide: what is known of it, who read it, and who has it now."""

from enum import StrEnum

from slipway.records.base import Record
from slipway.records.handover import Course


class Part(StrEnum):
    """What a reading is for.

    ``first``: it decides the case. ``second``: how far people agree with each other. ``settling``: who was right, where
    readers differ, or a model and its reader. Who reads is not told which it is.
    """

    FIRST = "first"
    SECOND = "second"
    SETTLING = "settling"


class ReadOnce(Record, frozen=True, kw_only=True):
    """What one person said of a case.

    Attributes:
        by: Who.
        value: What, in the terms of Y.
        part: What the reading was for.
        at_us: When.
        took_s: From being handed the case to deciding it, in seconds.
        saw: Whether the model's answer was shown.
        why: In words, or empty.
        undone_us: When it was taken back, or None.
        told: Whether he told the data plane himself: then ``by`` is as the journal holds it, and it was there at once.
    """

    by: str
    value: float
    part: Part
    at_us: int
    took_s: float
    saw: bool
    why: str = ""
    undone_us: int | None = None
    told: bool = False


class ReviewCase(Record, frozen=True, kw_only=True):
    """A request that people are to decide; kept under its prediction id, and each change is a version of its own.

    Attributes:
        route: Name of the route.
        person: Arm of kind ``person`` that it was dealt or handed to.
        course: Why people have it.
        at_us: When it was asked.
        due_us: Until when they are to decide.
        segment: Journal segment that holds it.
        after: Byte offset in it behind which it lies.
        said: What models answered, by arm: the one that was asked, or shadows; never shown unless ``suggestion`` is.
        beside: Arms that are asked beside the request and may have something to say.
        models: Those of ``said`` that readers are held against: not what only steps in.
        suggestion: What the first reader is shown, or None.
        steps_in: The arm whose answer counts once the time is over, or None: it stays open.
        second: Whether a second person reads it.
        settles: Whether one more person settles it where readers, or a model and its reader, differ.
        reads: What people said, oldest first; what was taken back stays.
        holder: Who has it now, or empty.
        since_us: Since when.
        until_us: Until when nobody else gets it.
        showing: Whether who has it is shown the suggestion.
        shown_to: Who was ever shown it; nobody of them reads it as one who does not know.
        ended_us: When its time was over and the answer of ``steps_in`` counted, or None.
        fetched_us: When the caller first had its decision, or None.
        written: How many of ``reads`` are in the journal, or were taken back before.
        final_us: From when on all of them were, so that who tells more may settle it; 0: not yet, or nobody noted it.
    """

    route: str
    person: str
    course: Course
    at_us: int
    due_us: int
    segment: str
    after: int
    said: tuple[tuple[str, float], ...] = ()
    beside: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    suggestion: float | None = None
    steps_in: str | None = None
    second: bool = False
    settles: bool = False
    reads: tuple[ReadOnce, ...] = ()
    holder: str = ""
    since_us: int = 0
    until_us: int = 0
    showing: bool = False
    shown_to: tuple[str, ...] = ()
    ended_us: int | None = None
    fetched_us: int | None = None
    written: int = 0
    final_us: int = 0

    def valid(self) -> tuple[ReadOnce, ...]:
        """Return what people said and did not take back."""
        return tuple(read for read in self.reads if read.undone_us is None)


class Decision(Record, frozen=True, kw_only=True):
    """What whoever asked is told of a case.

    Attributes:
        id: Prediction id.
        pending: Whether nobody decided yet.
        decision: What was decided, in the terms of Y; None while pending.
        by: Who decided: a name as the scope lets it be told, or the arm that stepped in; empty while pending.
        fallback: Whether the people's time was over and that arm's answer counts.
        at_us: When it was decided, or None.
        due_us: Until when people are to decide.
    """

    id: str
    pending: bool
    decision: float | None = None
    by: str = ""
    fallback: bool = False
    at_us: int | None = None
    due_us: int
