"""Counts rows that are refused because they do not fit the signature: by reason and field, in words of ours.

A caller who sends the same body again and again is counted as often in :attr:`Refusals.requests`, but its rows once, as
long as it is among the newest bodies: a loop of retries says no more about the feed than the first of them did.
"""

from collections.abc import Iterable

from slipway.records.misfit import ELSEWHERE, Reason, key
from slipway.serving.refusal import Refusal

MOST = 100
"""Pairs of reason and field that are told apart; further ones count for other fields."""

REMEMBERED = 1024
"""Bodies that are known again, by a hash that no other process can make."""


class Refusals:
    """What one worker refused since it started; of bounded size, whatever callers send.

    Args:
        names: What may be named: the fields of the signature, the entity, the prediction id.
        requests: Where requests are counted.
        rows: Where rows are counted, but not those of a body that came before.
    """

    def __init__(self, names: Iterable[str], *, requests: dict[str, int], rows: dict[str, int]) -> None:
        self._names, self._requests, self._rows = frozenset(names), requests, rows
        self._bodies: dict[int, None] = {}

    def note(self, refusal: Refusal, *, body: bytes) -> None:
        """Count a request that was refused; only one whose rows do not fit, which is told by 400, is counted."""
        if refusal.status != 400:
            return
        reason, field = refusal.misfit or (Reason.OTHER, ELSEWHERE)
        counted = key(reason, field if field in self._names else ELSEWHERE)
        if counted not in self._requests and len(self._requests) >= MOST:
            counted = key(reason, ELSEWHERE)
        self._requests[counted] = self._requests.get(counted, 0) + 1
        known = hash(body)
        new = known not in self._bodies
        self._bodies[known] = self._bodies.pop(known, None)
        if new:
            self._rows[counted] = self._rows.get(counted, 0) + refusal.rows
        if len(self._bodies) > REMEMBERED:
            del self._bodies[next(iter(self._bodies))]
