"""Whoever waits for a reply, by whichever protocol it came."""

from typing import Protocol

from slipway.serving.refusal import Refusal


class Caller(Protocol):
    """One request as the engine sees it. Exactly one of the two is called, once the journal has what was taken."""

    def ok(self, body: bytes) -> None:
        """Take the answer, in the form that the caller's own ``encode`` gave it."""
        ...

    def refuse(self, refusal: Refusal) -> None:
        """Take an error."""
        ...
