"""Requests that wait for a tick, and groups of their rows that are asked of one arm together."""

from collections.abc import Callable, Sequence
from math import isnan
from typing import TYPE_CHECKING, Any

import msgspec

from slipway.runtime.batch import Batch, BatchPlan
from slipway.serving.caller import Caller
from slipway.serving.decode import Asked
from slipway.serving.live_route import LiveRoute

if TYPE_CHECKING:
    from slipway.errors import SlipwayError
    from slipway.records.handover import People
    from slipway.serving.tracing.trace import Trace

_NAN = float("nan")


class Waiting(msgspec.Struct, eq=False, gc=False):
    """One request for predictions, from its receipt to its reply. One list entry a row.

    A struct, because one is made for each request and this is the class of ours that is made fastest.

    Attributes:
        request: Where the reply goes.
        asked: What was asked.
        ids: Prediction ids.
        entities: What the rows are dealt and journalled by.
        at_us: When it was received, by the server's clock.
        encode: Makes the body of the reply.
        left: Rows whose answers are not in the journal yet; below 0 once an error was told.
        score: Answers.
        arm: Who gave them.
        fallback: Whether in place of another.
        trouble: Why a row was not answered, if one was not.
        pending_us: Until when a person answers each row, 0 where one is answered; empty where no person has to.
        trace: What is noted of the request, where it is traced.
    """

    request: Caller
    asked: Asked
    ids: list[str]
    entities: Sequence[str]
    at_us: int
    encode: "Callable[[Waiting], bytes]"
    left: int
    score: list[float] = []
    arm: list[str] = []
    fallback: list[bool] = []
    trouble: Any = None
    pending_us: list[int] = []
    trace: Any = None

    @property
    def open_rows(self) -> int:
        """Rows that nothing answers, now or later."""
        return sum(map(isnan, self.score)) - sum(map(bool, self.pending_us))


Owner = tuple[Waiting, int]
"""A request, and which of its rows."""


class Group:
    """Rows of one or more requests under one route, asked together; their answers once there are any.

    Most groups are whole: all rows of some requests, in order. Rows of arms that must be awaited are a part of one.

    Args:
        live: Route when the rows were dealt.
        waiting: The requests.
        batch: X.
        arms: Who is to answer each row.
        since_ns: When the first of the rows came, monotonic.

    Attributes:
        live: As given.
        waiting: As given.
        owners: Whose row each one is, where the group is a part; None where it is whole.
        batch: As given.
        ids: Prediction ids.
        entities: What the rows are dealt and journalled by.
        at_us: When each row was received.
        arms: Who is to answer, or did.
        fallback: Whether in place of another.
        score: Answers; NaN where there is none.
        since_ns: As given.
        latency_us: From receipt to answer.
        trouble: Why rows of an arm were not answered.
        wants_fallback: Whether the arm itself has failed already.
        people: What people have to do with the rows, once that is settled; None where they have no part in the route.
        pending_us: Until when a person answers each row, 0 where one is answered.
        traces: What is noted of those requests that are traced.
    """

    __slots__ = (
        "arms", "at_us", "batch", "entities", "fallback", "ids", "latency_us", "live", "owners", "pending_us", "people",
        "score", "since_ns", "traces", "trouble", "waiting", "wants_fallback",
    )  # fmt: skip

    def __init__(
        self,
        live: LiveRoute,
        waiting: list[Waiting],
        *,
        batch: Batch,
        ids: list[str],
        entities: list[str],
        at_us: list[int],
        arms: list[str],
        since_ns: int,
    ) -> None:
        self.live, self.waiting, self.batch, self.since_ns = live, waiting, batch, since_ns
        self.ids, self.entities, self.at_us, self.arms = ids, entities, at_us, arms
        self.owners: list[Owner] | None = None
        self.fallback = [False] * len(ids)
        self.score = [_NAN] * len(ids)
        self.latency_us = 0
        self.trouble: SlipwayError | None = None
        self.wants_fallback = False
        self.people: People | None = None
        self.pending_us: list[int] = []
        self.traces: Sequence[Trace] = ()

    @classmethod
    def of(cls, waiting: list[Waiting], *, live: LiveRoute, plan: BatchPlan, since_ns: int) -> "Group":
        """Deal the rows of some requests."""
        rows: list[Any] = []
        ids: list[str] = []
        entities: list[str] = []
        at_us: list[int] = []
        for w in waiting:
            rows += w.asked.rows
            ids += w.ids
            entities += w.entities
            at_us += [w.at_us] * len(w.ids)
        if len(rows) < len(ids):  # some came as columns
            asked = [w.asked for w in waiting]
            batch = plan.join([plan.of(a.rows) if a.batch is None else a.batch for a in asked])
        else:
            batch = plan.of(rows)
        arms = live.deal(entities)
        return cls(live, waiting, batch=batch, ids=ids, entities=entities, at_us=at_us, arms=arms, since_ns=since_ns)

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def open_rows(self) -> int:
        """Rows that nothing answers, now or later."""
        return 0 if self.trouble is None else sum(map(isnan, self.score)) - sum(map(bool, self.pending_us))

    def answered(self) -> tuple[list[str], list[bool]]:
        """Return of each row that is answered, now or later: (who does, whether in place of another)."""
        if not self.open_rows:
            return self.arms, self.fallback
        pending = self.pending_us or [0] * len(self)
        told = [i for i, score in enumerate(self.score) if pending[i] or not isnan(score)]
        return [self.arms[i] for i in told], [self.fallback[i] for i in told]

    def part(self, index: Sequence[int]) -> "Group":
        """Return some of the rows as a group of its own."""
        owners = self.owners or _owners(self.waiting)
        part = Group(
            self.live,
            list({id(owners[i][0]): owners[i][0] for i in index}.values()),
            batch=self.batch.take(index),
            ids=[self.ids[i] for i in index],
            entities=[self.entities[i] for i in index],
            at_us=[self.at_us[i] for i in index],
            arms=[self.arms[i] for i in index],
            since_ns=self.since_ns,
        )
        part.owners = [owners[i] for i in index]
        part.fallback = [self.fallback[i] for i in index]
        part.score = [self.score[i] for i in index]
        part.trouble = self.trouble
        if self.traces:
            part.traces = [w.trace for w in part.waiting if w.trace is not None]
        return part

    def settle(self) -> list[Waiting]:
        """Give the answers to the requests; return those that have all of theirs now."""
        return self._settle_whole() if self.owners is None else self._settle_part(self.owners)

    def _settle_whole(self) -> list[Waiting]:
        at = 0
        for w in self.waiting:
            end = at + w.left
            w.score, w.arm, w.fallback = self.score[at:end], self.arms[at:end], self.fallback[at:end]
            if self.pending_us:
                w.pending_us = self.pending_us[at:end]
            at, w.left = end, 0
            if self.trouble is not None and w.open_rows:
                w.trouble = self.trouble
        return self.waiting

    def _settle_part(self, owners: list[Owner]) -> list[Waiting]:
        settled = []
        pending = self.pending_us or [0] * len(owners)
        rows = zip(owners, self.score, self.arms, self.fallback, pending, strict=True)
        for (w, i), score, arm, fallback, due_us in rows:
            w.score[i], w.arm[i], w.fallback[i] = score, arm, fallback
            w.left -= 1
            if due_us:
                w.pending_us = w.pending_us or [0] * len(w.ids)
                w.pending_us[i] = due_us
            elif isnan(score):
                w.trouble = self.trouble
            if not w.left:
                settled.append(w)
        return settled


def _owners(waiting: Sequence[Waiting]) -> list[Owner]:
    """Return whose row each one is; from now on the answers of these requests come one by one."""
    for w in waiting:
        rows = len(w.ids)
        w.score, w.arm, w.fallback = [_NAN] * rows, [""] * rows, [False] * rows
    return [(w, i) for w in waiting for i in range(len(w.ids))]
