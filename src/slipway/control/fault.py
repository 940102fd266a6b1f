"""A bug of ours, caught where it must not end what rolls back: what it was, and for how long."""

from typing import NamedTuple

_LONGEST = 200


class Fault(NamedTuple):
    """What went wrong in a step that nobody foresaw.

    Attributes:
        error: The exception of the newest step, with its traceback for the log.
        since_s: Moment of the first step without a sound one after it, seconds of the controller's monotonic clock.
    """

    error: Exception
    since_s: float

    @property
    def words(self) -> str:
        """The exception's name and the first line of its message.

        >>> Fault(ValueError("no room"), since_s=0.0).words, Fault(KeyError(), since_s=0.0).words
        ('ValueError: no room', 'KeyError')
        """
        told = str(self.error).strip().splitlines()
        name = type(self.error).__name__
        return f"{name}: {told[0][:_LONGEST]}" if told else name
