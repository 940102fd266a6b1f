"""A retraining: a finding asked for a model of newer rows, and what became of that."""

from enum import StrEnum

from slipway.records.base import Record


class Retrain(StrEnum):
    """What follows when a finding says that a model should be trained anew.

    ``ASK``: people are told, and start it. ``RUN``: control starts it. ``OFF``: nothing.
    """

    ASK = "ask"
    RUN = "run"
    OFF = "off"


class RetrainingState(StrEnum):
    """How far it is, or how it ended."""

    RUNNING = "running"
    ENTERED = "entered"
    REFUSED = "refused"


class Retraining(Record, frozen=True, kw_only=True):
    """One retraining. Each step is stored when it is done, so that who goes on after a kill does nothing twice.

    Attributes:
        id: A checked word; also the name of the dataset version that it makes.
        finding: Id of the finding that asked for it.
        model: Arm that it is about.
        state: How far it is, or how it ended.
        by: Who or what started it.
        began_us: When, by the clock that counts.
        ended_us: When it ended, or None.
        since_us: Rows received from this moment on are learned from; None for all that are kept.
        dataset: Id of the dataset version, once there is one.
        run: Id of the run, once there is one.
        rollout: Id of the rollout by which the model enters, once there is one.
        why: In words: what was done, or why not.
    """

    id: str
    finding: str
    model: str
    state: RetrainingState = RetrainingState.RUNNING
    by: str
    began_us: int
    ended_us: int | None = None
    since_us: int | None = None
    dataset: str | None = None
    run: str | None = None
    rollout: str | None = None
    why: str = ""
