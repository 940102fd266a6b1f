"""Decides which requests are traced: the caller's word counts; where he has none, chance decides."""

from collections.abc import Callable, Iterable
from random import Random

from slipway.serving.tracing.context import Context, read
from slipway.serving.tracing.trace import Role, Trace

MOST_LINKS = 128
"""Links of one span: what OpenTelemetry keeps by default."""


class Tracer:
    """Begins traces and takes them back when they are over.

    Args:
        share: Share of the requests that are traced where the caller does not say.
        chance: Decides, and gives ids.
        note: Takes what is over; it must not wait.
    """

    def __init__(self, *, share: float, chance: Random, note: Callable[[Trace], object]) -> None:
        self._share, self._chance, self._note = share, chance, note

    def begin(self, name: str, *, given: bytes | None) -> Trace | None:
        """Return the trace of a request, or None where it has none.

        Args:
            name: Name of the whole.
            given: The caller's header ``traceparent``, or None.
        """
        parent = read(given)
        if not (self._chance.random() < self._share if parent is None else parent.sampled):
            return None
        return Trace(name, chance=self._chance, parent=parent)

    def follow(self, name: str, *, links: Iterable[Context]) -> Trace | None:
        """Return the trace of what is done afterwards for requests that were traced, or None where none was.

        It is a trace of its own that is linked with theirs: it serves many of them at once, and ends after all.
        """
        known = list(dict.fromkeys(links))[:MOST_LINKS]
        return Trace(name, chance=self._chance, role=Role.CONSUMER, links=known) if known else None

    def over(self, trace: Trace, *, error: str = "") -> None:
        """Take a trace back."""
        trace.end(error=error)
        self._note(trace)
