"""What reviewers send and are sent: records without a word that a reader must not know."""

from collections.abc import Mapping

from slipway.records.base import Record


class Shown(Record, frozen=True, kw_only=True):
    """One field of a case, as a reviewer sees it.

    Attributes:
        name: Of the field.
        value: Its value; None where it is missing.
        unit: Of a number, or empty.
    """

    name: str
    value: str | float | bool | None
    unit: str = ""


class Handed(Record, frozen=True, kw_only=True):
    """A case for one person to decide.

    Attributes:
        id: Prediction id.
        people: Who is asked, in words.
        question: What is to be decided, in words.
        fields: What is known of it; none once the journal does not hold it any more.
        answers: What it may be; None for any number.
        suggestion: What a model would answer, where it is shown; else None.
        due_us: Until when it is to be decided.
        until_us: Until when nobody else gets it.
        open: Cases that he may have, this one among them; 100 stands for all numbers from there on.
        undo_s: How long a decision can be taken back.
    """

    id: str
    people: str
    question: str
    fields: tuple[Shown, ...]
    answers: tuple[float, ...] | None
    suggestion: float | None
    due_us: int
    until_us: int
    open: int
    undo_s: float


class ClaimRequest(Record, frozen=True, kw_only=True):
    """Who wants a case.

    Attributes:
        by: His name; a key's name counts instead where the project has keys.
        lease_s: How long he wants it, at most what the people's arm says; None takes that.
        person: Only cases of this arm; empty takes any.
    """

    by: str = ""
    lease_s: float | None = None
    person: str = ""


class DecideRequest(Record, frozen=True, kw_only=True):
    """What somebody decides.

    Attributes:
        by: His name, as in :class:`ClaimRequest`.
        value: What, in the terms of Y.
        why: In words, or empty.
    """

    by: str = ""
    value: float
    why: str = ""


class Accepted(Record, frozen=True, kw_only=True):
    """A decision that was stored.

    Attributes:
        id: Of the case.
        undo_until_us: Until when it can be taken back, as long as nobody has it.
    """

    id: str
    undo_until_us: int


class Listed(Record, frozen=True, kw_only=True):
    """One case in the list of who asks: where it stands, and not a word of what anybody or any model said.

    Attributes:
        id: Prediction id.
        person: Arm that it was left to.
        at_us: When it was asked.
        due_us: Until when people are to decide.
        holder: Who has it now, or empty.
        waits: Always so: what does not wait for who asks is not in his list.
    """

    id: str
    person: str
    at_us: int
    due_us: int
    holder: str
    waits: bool


class Reader(Record, frozen=True, kw_only=True):
    """What one person did.

    Attributes:
        by: Who.
        decided: Cases read, those left out that were settled.
        undone: Decisions taken back.
        median_s: Half of the decisions took no longer, in seconds.
    """

    by: str
    decided: int
    undone: int
    median_s: float


class Stats(Record, frozen=True, kw_only=True):
    """Where the queue stands.

    Attributes:
        counts: What to how many cases (:func:`slipway.deployment.review_progress.progress`).
        readers: Who did what, by name.
    """

    counts: Mapping[str, int]
    readers: tuple[Reader, ...]
