"""Requests that wait for a tick, and groups of their rows that are asked of one arm together."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from slipway.runtime.batch import Batch, BatchPlan
from slipway.serving.caller import Caller
from slipway.serving.decode import Asked
from slipway.serving.live_route import LiveRoute

if TYPE_CHECKING:
    from slipway.errors import SlipwayError
    from slipway.ports import Floats


class Waiting:
    """One request for predictions, from its receipt to its reply. One list entry a row.

    Attributes:
        request: Where the reply goes.
        asked: What was asked.
        ids: Prediction ids.
        entities: What the rows are dealt and journalled by.
        at_us: When it was received, by the server's clock.
        start_ns: The same, monotonic.
        encode: Makes the body of the reply.
        places: Indices of the rows.
        left: Rows whose answers are not in the journal yet.
        score: Answers.
        arm: Who gave them.
        fallback: Whether in place of another.
        trouble: Why a row was not answered, if one was not.
    """

    __slots__ = (
        "arm", "asked", "at_us", "encode", "entities", "fallback", "ids", "left", "places", "request", "score",
        "start_ns", "trouble",
    )  # fmt: skip

    def __init__(
        self,
        request: Caller,
        asked: Asked,
        *,
        entities: list[str],
        ids: list[str],
        at_us: int,
        start_ns: int,
        encode: "Callable[[Waiting], bytes]",
    ) -> None:
        rows = len(ids)
        self.request, self.asked, self.encode = request, asked, encode
        self.entities, self.ids, self.at_us, self.start_ns = entities, ids, at_us, start_ns
        self.left = rows
        self.places = range(rows)
        self.score = [0.0] * rows
        self.arm = [""] * rows
        self.fallback = [False] * rows
        self.trouble: SlipwayError | None = None


class Group:
    """Rows of one or more requests under one route, asked together; their answers once there are any.

    Attributes:
        live: Route when the rows were dealt.
        owners: Request and index in it, a row.
        columns: X.
        arms: Who is to answer, or did.
        fallback: Whether in place of another.
        score: Answers; NaN where there is none.
        latency_us: From receipt to answer.
        trouble: Why rows of an arm were not answered.
        wants_fallback: Whether the arm itself has failed already.
    """

    __slots__ = ("arms", "columns", "fallback", "latency_us", "live", "owners", "score", "trouble", "wants_fallback")

    def __init__(self, live: LiveRoute, owners: list[tuple[Waiting, int]], columns: Batch, arms: list[str]) -> None:
        self.live, self.owners, self.columns, self.arms = live, owners, columns, arms
        self.fallback = [False] * len(owners)
        self.score: Floats = np.full(len(owners), np.nan)
        self.latency_us: list[int] = []
        self.trouble: SlipwayError | None = None
        self.wants_fallback = False

    @classmethod
    def of(cls, waiting: Sequence[Waiting], *, live: LiveRoute, plan: BatchPlan) -> "Group":
        """Deal the rows of some requests."""
        owners = [(w, i) for w in waiting for i in w.places]
        rows: list[Any] = []
        entities: list[str] = []
        for w in waiting:
            rows += w.asked.rows
            entities += w.entities
        if len(rows) < len(owners):  # some came as columns
            asked = [w.asked for w in waiting]
            batch = plan.join([plan.of(a.rows) if a.batch is None else a.batch for a in asked])
        else:
            batch = plan.of(rows)
        return cls(live, owners, batch, live.deal(entities))

    def part(self, index: npt.NDArray[np.intp]) -> "Group":
        """Return some of the rows as a group of its own."""
        at = index.tolist()
        part = Group(self.live, [self.owners[i] for i in at], self.columns.take(index), [self.arms[i] for i in at])
        part.fallback = [self.fallback[i] for i in at]
        part.score = self.score[index]
        part.trouble = self.trouble
        return part

    def of_one_arm(self) -> bool:
        """Tell whether all rows go to one arm."""
        return self.arms.count(self.arms[0]) == len(self.arms)

    def age_ns(self, now_ns: int) -> int:
        """Return how long the row that came first has waited."""
        return now_ns - min([w.start_ns for w, _ in self.owners])
