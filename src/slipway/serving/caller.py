"""Whoever waits for a reply, by whichever protocol it came."""

from typing import Protocol

from slipway.serving.refusal import Refusal

UNLOGGED = ("slipway-unlogged", "disk")
"""Header (or metadata) of an answer that the journal does not hold, because the disk refused it."""


class Caller(Protocol):
    """One request as the engine sees it.

    Exactly one of ``ok`` and ``refuse`` is called, once the journal has what was taken.
    """

    def ok(self, body: bytes) -> None:
        """Take the answer, in the form that the caller's own ``encode`` gave it."""
        ...

    def unlogged(self) -> None:
        """Learn, before ``ok``, that the journal does not hold the answer; the reply must bear :data:`UNLOGGED`."""
        ...

    def refuse(self, refusal: Refusal) -> None:
        """Take an error."""
        ...
