"""What the requests of a tick went through together: they wait for it, are asked of an arm in one batch, journalled.

Each request that is traced gets a span of its own for the call that it shares with others. The call itself is made
once, in the name of the first of them, and the spans of the others are linked with that one's: what a remote system
says of the call stands in the first one's trace.
"""

import time
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from slipway.records.arm import ArmKind
from slipway.serving.tracing.context import Context
from slipway.serving.tracing.trace import Piece, Role, Trace, Words

if TYPE_CHECKING:
    from slipway.serving.waiting import Group, Waiting

_ELSEWHERE = frozenset({ArmKind.HTTP})


def dealt(asked: "Iterable[Waiting]", *, route: str, version: int) -> list[Trace]:
    """Return the traces of some requests whose tick has come."""
    traces = [w.trace for w in asked if w.trace is not None]
    for trace in traces:
        trace.since_mark("wait for the tick")
        trace.words |= {"slipway.route": route, "slipway.route_version": version}
    return traces


def journalled(groups: "Iterable[Group]", *, begun_ns: int) -> None:
    """Note that the journal has taken the rows, or refused them."""
    for group in groups:
        for trace in group.traces:
            trace.part("journal", begun_ns=begun_ns)


def told(group: "Group") -> dict[str, str] | None:
    """Return what shadows are told of the traces of a group: the header of each prediction's, by its id."""
    if not group.traces or not group.live.shadows:
        return None
    return {name: w.trace.context.written for w in group.waiting if w.trace is not None for name in w.ids}


def links_of(traces: "Iterable[dict[str, str] | None]", *, ids: Sequence[str]) -> list[Context]:
    """Return the spans that some predictions were answered in, those that were traced.

    Args:
        traces: What :func:`told` returned, a frame each.
        ids: The predictions.
    """
    known: dict[str, str] = {}
    for some in traces:
        known |= some or {}
    if not known:
        return []
    written = dict.fromkeys(known[name] for name in ids if name in known)
    return [Context(w[3:35], w[36:52]) for w in written]


class Calls:
    """One call of an arm, in the traces of all requests whose rows it is about.

    Args:
        group: Whose rows are asked.
        arm: Who is asked.
        index: Which rows; None is all.
    """

    def __init__(self, group: "Group", arm: str, *, index: Sequence[int] | None = None) -> None:
        chosen = range(len(group)) if index is None else index
        kind = group.live.route.arm(arm).kind
        self._name, self._role = f"ask {arm}", Role.CLIENT if kind in _ELSEWHERE else Role.INTERNAL
        self._words: Words = {"slipway.arm": arm, "slipway.arm.kind": kind.value, "slipway.batch.rows": len(chosen)}
        self._words["slipway.fallback"] = any(group.arms[i] != arm for i in chosen)
        self._rows = _rows(group, chosen)
        self._places = [trace.place() for trace in self._rows]
        self._begun_ns = time.monotonic_ns()

    @property
    def traceparent(self) -> str:
        """What the arm is told of the trace that it is asked in."""
        return self._places[0].written if self._places else ""

    def end(self, *, error: Exception | None) -> None:
        """Note how it ended."""
        now_ns, why = time.monotonic_ns(), type(error).__name__ if error else ""
        for (trace, rows), place in zip(self._rows.items(), self._places, strict=True):
            shared = () if place is self._places[0] else (self._places[0],)
            words: Words = {**self._words, "slipway.rows": rows}
            trace.pieces.append(
                Piece(self._name, place, self._begun_ns, now_ns, words, error=why, links=shared, role=self._role)
            )


def _rows(group: "Group", chosen: Sequence[int]) -> Counter[Trace]:
    """Return the traces that some rows belong to, and how many rows each has."""
    owners = [w for w, _ in group.owners] if group.owners else [w for w in group.waiting for _ in w.ids]
    return Counter(trace for i in chosen if (trace := owners[i].trace) is not None)
