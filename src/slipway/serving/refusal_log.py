"""A line in the process's log for a request that was refused, so that a caller's question can be answered.

It holds the request's id, which the caller was told too, and the reason; never a body, a header or a query. A caller
who is refused all day must not fill the disk, so there is a bound, and the next line says how many were left out.
"""

import time
from collections.abc import Callable, Iterable

import structlog

from slipway.serving.log_words import reason_of
from slipway.serving.refusal import Refusal

_log = structlog.get_logger()
MOST_A_SECOND = 10
"""Lines a second; further ones are only counted."""


class RefusalLog:
    """Writes a bounded number of lines a second.

    Args:
        now: Monotonic seconds.

    Attributes:
        left_out: Refusals since the last line that got none.
    """

    def __init__(self, *, now: Callable[[], float]) -> None:
        self._now, self._second, self._lines = now, -1, 0
        self._known: set[str] = set()
        self.left_out = 0

    def know(self, names: Iterable[str]) -> None:
        """Take names for ours, such as those of a scope's fields: a line may have them."""
        self._known.update(names)

    def note(self, refusal: Refusal, *, method: str, path: str, request_id: str, trace_id: str = "") -> None:
        """Write one line, if this second has room for it.

        Args:
            refusal: What the caller is told; its status and what of its sentence is ours are written.
            method: Such as ``POST``.
            path: As far as it is one of ours (:mod:`slipway.serving.paths`).
            request_id: As the caller gave it, or was told it.
            trace_id: The trace that the request belongs to, or empty.
        """
        second = int(self._now())
        if second != self._second:
            self._second, self._lines = second, 0
        self._lines += 1
        if self._lines > MOST_A_SECOND:
            self.left_out += 1
            return
        more: dict[str, object] = {"left_out": self.left_out} if self.left_out else {}
        more |= {"trace_id": trace_id} if trace_id else {}
        self.left_out = 0
        _log.warning(
            "request refused",
            status=refusal.status,
            reason=reason_of(refusal, known=self._known),
            method=method,
            path=path,
            request_id=request_id,
            **more,
        )


refusals = RefusalLog(now=time.monotonic)
"""Those of this process, whichever protocol they came by."""
