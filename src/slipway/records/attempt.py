"""An attempt: somebody began to train, search or divide. Written down before the work, so that none is forgotten."""

from enum import StrEnum

from slipway.records.base import Record


class Work(StrEnum):
    """What was begun."""

    TRAIN = "train"
    SEARCH = "search"
    DIVIDE = "divide"


class Ended(StrEnum):
    """How it ended, as far as its process could say."""

    NOT_YET = "not yet"
    FINISHED = "finished"
    FAILED = "failed"
    STOPPED = "stopped"


class Attempt(Record, frozen=True, kw_only=True):
    """One piece of work on a model.

    An attempt that has not ended and whose process is gone was interrupted; the dead cannot write that down, so it is
    told from the lock that the process held.

    Attributes:
        id: Hash of what was begun, by whom and when.
        work: What was begun.
        ended: How it ended.
        data: Dataset version id.
        code: SHA-256 of the source files.
        detail: What came of it, or why it failed, in a line.
        by: Who began it.
        started_us: When it began.
        ended_us: When it ended, or None.
    """

    id: str
    work: Work
    ended: Ended = Ended.NOT_YET
    data: str
    code: str
    detail: str = ""
    by: str
    started_us: int
    ended_us: int | None = None
