"""People's decisions on cases, asked of the control process that keeps the queue: for Python and the CLI."""

from typing import TypeVar
from urllib.parse import quote

from slipway.control.review_forms import Accepted, ClaimRequest, DecideRequest, Handed, Listed, Stats
from slipway.errors import Unavailable
from slipway.project import commanding
from slipway.records.base import Record
from slipway.records.review import Decision
from slipway.wiring import Parts

T = TypeVar("T")


class Reviews:
    """The review queue of a project that is served: :attr:`slipway.Project.reviews`."""

    def __init__(self, parts: Parts, *, by: str) -> None:
        self._parts, self._by = parts, by

    def next(self, *, by: str | None = None, lease_s: float | None = None, person: str = "") -> Handed | None:
        """Take the next case, or None where none waits; the same again for who has one.

        Args:
            by: Who reads; None takes whom the project was opened by.
            lease_s: How long nobody else gets it; None takes what the people's arm says.
            person: Only cases of this arm; empty takes any.

        Raises:
            Unavailable: No server runs.
            BadInput: The lease is no time.
        """
        request = ClaimRequest(by=by or self._by, lease_s=lease_s, person=person)
        return self._ask("POST", "/review/next", request, kind=Handed | None)  # type: ignore[arg-type]

    def decide(self, id: str, value: float, *, by: str | None = None, why: str = "") -> Accepted:  # noqa: A002
        """Decide a case that was taken.

        Args:
            id: Of the case.
            value: What is decided, in the terms of Y.
            by: Who; None takes whom the project was opened by.
            why: In words.

        Raises:
            NotFound: No such case.
            Conflict: It is somebody else's, or its time is over.
            BadInput: Y cannot be that.
        """
        request = DecideRequest(by=by or self._by, value=value, why=why)
        return self._ask("POST", f"/review/cases/{quote(id)}/decide", request, kind=Accepted)

    def undo(self, id: str, *, by: str | None = None) -> Accepted:  # noqa: A002 - the field's own word
        """Take back what was decided last on a case.

        Raises:
            NotFound: No such case.
            Conflict: It is somebody else's, too late, or the caller has it.
        """
        return self._ask("POST", f"/review/cases/{quote(id)}/undo", ClaimRequest(by=by or self._by), kind=Accepted)

    def leave(self, id: str, *, by: str | None = None) -> Accepted:  # noqa: A002 - the field's own word
        """Give a case back undecided.

        Raises:
            NotFound: No such case.
            Conflict: It is somebody else's.
        """
        return self._ask("POST", f"/review/cases/{quote(id)}/leave", ClaimRequest(by=by or self._by), kind=Accepted)

    def cases(self, *, by: str = "") -> tuple[Listed, ...]:
        """Return the cases that wait for somebody, oldest first; empty: those that any who comes may read."""
        return self._ask("GET", f"/review/cases?by={quote(by)}", None, kind=tuple[Listed, ...])

    def stats(self, *, by: str = "") -> Stats:
        """Return where the queue stands for somebody, or for any who comes, and who did what."""
        return self._ask("GET", f"/review/stats?by={quote(by)}", None, kind=Stats)

    def decision(self, id: str, *, wait_s: float = 0.0) -> Decision:  # noqa: A002 - the field's own word
        """Return what was decided on a request; whoever has it, nobody takes it back.

        Args:
            id: Of the request.
            wait_s: How long to wait for it, at most 30 s.

        Raises:
            NotFound: Nobody asked so, or it was answered at once.
        """
        return self._ask("GET", f"/decisions/{quote(id)}?wait_s={wait_s:g}", None, kind=Decision, wait_s=wait_s)

    def _ask(self, method: str, path: str, request: Record | None, *, kind: type[T], wait_s: float = 0.0) -> T:
        running = commanding.control(self._parts.layout)
        if running is None:
            raise Unavailable(
                "review: want a server that runs, for people decide while it asks, got none. 'slipway serve'."
            )
        return commanding.call(
            self._parts.layout, running, method, path, request, kind=kind, timeout_s=commanding.ANSWER_S + wait_s
        )
