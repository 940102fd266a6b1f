"""Control beside people as it can be killed: requests that reach them, what outlives a process, and what it left.

One :class:`Side` is killed, its twin is not; both are asked the same, and what both have stored is compared.
"""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
import numpy as np

from slipway.control.reviews import Reviews
from slipway.control.step import Controller
from slipway.control.terms import Terms
from slipway.errors import SlipwayError
from slipway.records.arm import Arm, ArmKind, Reading
from slipway.records.frame import DecisionFrame
from slipway.records.review import ReviewCase
from slipway.records.rollout import Rollout, Verdict
from slipway.records.route import Route, assign
from slipway.testing.crash import Crash
from slipway.testing.memory import MemoryJournal, MemoryStore
from slipway.testing.rollouts import LIVE
from slipway.testing.traffic import MemoryRoutes

DESK = Arm(
    name="desk",
    kind=ArmKind.PERSON,
    people="the desk",
    answer_s=3600.0,
    fallback="live",
    reading=Reading(lease_s=600, undo_s=60, second=0.2, settle=0.5),
)


class Rows:
    """As much of a group of requests as :class:`People` settles."""

    def __init__(self, route: Route, *, at_us: int, first: int, said: Mapping[str, np.ndarray]) -> None:
        self.ids = [f"p{first + i}" for i in range(len(said["candidate"]))]
        self.entities = [f"e{first + i}" for i in range(len(self))]
        self.arms = [assign(route, entity) for entity in self.entities]
        self.at_us, self.fallback = [at_us] * len(self), [False] * len(self)
        self.score = [float(said[arm][i]) if arm in said else float("nan") for i, arm in enumerate(self.arms)]
        self.people: Any = None
        self.pending_us: Any = None

    def __len__(self) -> int:
        return len(self.ids)


class Side:
    """A world, and the one control process in charge of it."""

    def __init__(self) -> None:
        self.kept, self.journal, self.files, self.starts = MemoryStore(), MemoryJournal(), MemoryRoutes(), 0
        self.worker, self.shadow = self.journal.writer("worker"), self.journal.writer("shadow")
        self.begin(Crash())

    def begin(self, crash: Crash) -> None:
        """Put a process in charge that dies when the crash says so; who was in charge stores nothing more."""
        self.starts += 1
        client, people = self.kept.another(), self.journal.writer(f"people-{self.starts:04}")
        client.token = client.take_lease(client.lease(), holder=f"{self.starts}", lock="")
        store = crash.part(client)
        write = crash.through(lambda frame: people.append([frame]), name="append")
        self.reviews = Reviews(store, people=(DESK, LIVE), scoring=Terms().scoring, write=write)
        self.control = Controller(
            store=store, journal=crash.part(self.journal), files=crash.part(self.files), terms=Terms(),
            reviews=self.reviews,
        )  # fmt: skip

    def seen(self) -> tuple[Any, ...]:
        """Return what is stored, but for how far which segment was read."""
        entries = [(e.kind, e.id, e.version, e.at_us, e.by, e.why) for e in self.kept.audit()]
        cases = [(name, _case(case)) for name, case, _ in self.kept.all(ReviewCase)]
        return entries, cases, [self.kept.all(kind) for kind in (Rollout, Route, Verdict)]

    def decided(self) -> set[tuple[Any, ...]]:
        """Return who said what, by the journal; what came twice counts once."""
        frames = [frame for frame, _ in self.journal.read({}) if isinstance(frame, DecisionFrame)]
        return {row for f in frames for row in zip(f.id, f.by, f.value, f.decided_us, f.saw, strict=True)}


def told_by(do: Callable[[Side], Any], side: Side) -> Any:
    """Do it and return what came of it, or in words why it was refused."""
    try:
        found = do(side)
        return (found[0], _case(found[1])) if isinstance(found, tuple) else _case(found)
    except SlipwayError as error:
        return str(error)


def _case(found: Any) -> Any:
    """Return a case but for where its row is looked for: who reads the journal from its beginning finds it there."""
    return msgspec.structs.replace(found, after=0) if isinstance(found, ReviewCase) else found
