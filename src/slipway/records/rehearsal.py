"""A rehearsal: the way back of a rollout gone without changing who answers, and timed."""

from slipway.records.base import Record


class WorkerTook(Record, frozen=True, kw_only=True):
    """One worker in a rehearsal.

    Attributes:
        name: Such as ``worker-0``.
        took_ms: From the word until it had the route in force; None if it did not in time.
    """

    name: str
    took_ms: float | None


class Rehearsal(Record, frozen=True, kw_only=True):
    """What a rehearsal found.

    Attributes:
        rollout: Id of the rollout.
        at_us: When, by the clock that counts.
        by: Who asked for it.
        back_to: The arm that would answer everyone.
        checked: What was checked before anything was timed, a sentence each.
        cold: Arms of the way back that the workers do not hold now, and would load first.
        stored_ms: From the word until the control store had the change.
        published_ms: From the word until the route file had it.
        workers: Each worker that ran.
        troubles: Why the way back would fail, a sentence each; none where it would not.
    """

    rollout: str
    at_us: int
    by: str
    back_to: str
    checked: tuple[str, ...]
    cold: tuple[str, ...]
    stored_ms: float
    published_ms: float
    workers: tuple[WorkerTook, ...]
    troubles: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """Whether the way back is open."""
        return not self.troubles

    @property
    def last_ms(self) -> float | None:
        """From the word to the last worker, or None where no worker ran or one did not follow."""
        took = [w.took_ms for w in self.workers if w.took_ms is not None]
        return max(took) if took and len(took) == len(self.workers) else None
