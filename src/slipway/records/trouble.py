"""What can be wrong, and the alert that tells people of it: one alert a thing, with a life of its own."""

from enum import StrEnum

from slipway.errors import BadInput
from slipway.records.base import Record


class Severity(StrEnum):
    """How soon somebody has to look."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """0 for the mildest."""
        return list(Severity).index(self)


class AlertKind(StrEnum):
    """What kind of thing is wrong; each has its entry in the runbook (:mod:`slipway.monitoring.runbook`).

    ``FINDING``: monitors found something that matters. ``FEED``: what feeds a model is broken. ``WORLD_CHANGED``:
    both arms of a rollout got worse together. ``ROLLED_BACK``: a rollout was rolled back. ``DEADLINE``: a hold will
    roll a rollout back soon. ``CONTROL_FAULT``: no step of control is sound. ``DISK_FULL``: the journal's disk
    refuses rows, or soon will. ``BUDGET``: serving takes more than the scope allows. ``REVIEW_DUE``: a case that
    waits for a person is near its deadline. ``CERTIFICATE``: the server's certificate ends soon. ``UNDELIVERED``: a
    receiver could not be told. ``RETRAINING``: a model should be trained anew, is, or could not be.
    ``ORDER_REFUSED``: a rollback that was ordered while the control store did not answer could not be done there.
    ``TEST``: somebody tries a receiver.
    """

    FINDING = "finding"
    FEED = "feed"
    WORLD_CHANGED = "world-changed"
    ROLLED_BACK = "rolled-back"
    DEADLINE = "deadline"
    CONTROL_FAULT = "control-fault"
    DISK_FULL = "disk-full"
    BUDGET = "budget"
    REVIEW_DUE = "review-due"
    CERTIFICATE = "certificate"
    UNDELIVERED = "undelivered"
    RETRAINING = "retraining"
    ORDER_REFUSED = "order-refused"
    TEST = "test"


class Trouble(Record, frozen=True, kw_only=True):
    """One thing that is wrong now.

    Its sentence goes to people outside: it names things and counts them, and holds nothing of any request or person.
    It must not change from one moment to the next where nothing happened: a deadline is a moment, not what is left.

    Attributes:
        kind: What kind of thing.
        about: The thing; with the kind it is the key by which one thing has one alert.
        severity: How soon somebody has to look.
        sentence: What happened, to whom.
        evidence: The record that it rests on, ``kind id``, or empty.
        command: What shows more of it.
    """

    kind: AlertKind
    about: str
    severity: Severity
    sentence: str
    evidence: str = ""
    command: str = ""

    def __post_init__(self) -> None:
        for name in ("about", "sentence"):
            if not getattr(self, name).strip():
                raise BadInput(f"trouble {self.kind}: want {name} to say something, got nothing.")

    @property
    def key(self) -> str:
        """What makes two troubles the same."""
        return f"{self.kind} {self.about}"


class AlertState(StrEnum):
    """Where an alert stands."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    SNOOZED = "snoozed"
    RESOLVED = "resolved"


class Happening(StrEnum):
    """What happened to an alert."""

    OPENED = "opened"
    REOPENED = "re-opened"
    WORSENED = "worsened"
    WOKEN = "woken"
    ACKNOWLEDGED = "acknowledged"
    SNOOZED = "snoozed"
    RESOLVED = "resolved"
    TESTED = "tested"


class AlertEvent(Record, frozen=True, kw_only=True):
    """One step in the life of an alert.

    Attributes:
        at_us: When.
        what: What happened.
        by: Who or what did it.
        why: The reason, in words; may be empty.
    """

    at_us: int
    what: Happening
    by: str
    why: str = ""


class Alert(Record, frozen=True, kw_only=True):
    """One thing that people are told of, for as long as anybody cares.

    Attributes:
        id: A checked word, made of the trouble's key.
        trouble: What is wrong, as it was seen last.
        state: Where it stands.
        there: Whether the trouble was there at the last look.
        gone_us: Since when it has not been seen, or None.
        snoozed_until_us: When it wakes, or None where it is not snoozed.
        number: How many events there were, also those that are not kept here; the audit trail has all.
        events: The newest, oldest first.
    """

    id: str
    trouble: Trouble
    state: AlertState
    there: bool = True
    gone_us: int | None = None
    snoozed_until_us: int | None = None
    number: int = 1
    events: tuple[AlertEvent, ...]

    @property
    def opened_us(self) -> int:
        """When it was opened the last time, as far back as its events go."""
        opened = [e.at_us for e in self.events if e.what in (Happening.OPENED, Happening.REOPENED)]
        return (opened or [self.events[0].at_us])[-1]
