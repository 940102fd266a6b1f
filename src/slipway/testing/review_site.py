"""A control with a review queue, for exams of it: callers ask, people decide, all in memory."""

import numpy as np

from slipway.control.reviews import Reviews
from slipway.control.step import Controller
from slipway.control.terms import Terms
from slipway.ports import Change
from slipway.records.arm import Arm, ArmKind, Reading
from slipway.records.frame import DecisionFrame, PredictionFrame, ShadowFrame
from slipway.records.handover import Course, Handover, People
from slipway.records.held import Held
from slipway.records.review import ReviewCase
from slipway.records.route import Route, Share
from slipway.storage.columns import encode_columns
from slipway.testing.memory import MemoryJournal, MemoryStore
from slipway.testing.traffic import MemoryRoutes

_S = 1_000_000
_NAN = float("nan")


class Desk:
    """The claims desk: a route whose model hands over to people, and the control that keeps their queue.

    Journal and store outlive :meth:`start`, which is what a kill and a restart leave.

    Args:
        answer_s: Within which time people decide.
        fallback: What counts afterwards: ``rule``, or ``none``.
        reading: How cases are read.
        x: Columns of the one row that is asked.
    """

    def __init__(
        self,
        *,
        answer_s: float = 600.0,
        fallback: str = "rule",
        reading: Reading | None = None,
        x: dict[str, float | str] | None = None,
    ) -> None:
        rules = [Arm(name=name, kind=ArmKind.RULE, rule="x > 1") for name in ("model", "rule")]
        self.people = Arm(
            name="desk",
            kind=ArmKind.PERSON,
            people="the desk",
            answer_s=answer_s,
            fallback=fallback,
            reading=reading or Reading(lease_s=60, undo_s=10),
        )
        self.journal, self.store = MemoryJournal(), MemoryStore()
        self._worker, self._shadow = self.journal.writer("w0"), self.journal.writer("shadow")
        self.route = Route(
            name="r",
            version=1,
            salt="s",
            shares=(Share(arm="model", share=1.0),),
            arms=(self.people, *rules),
            handovers=(Handover(arm="model", person="desk", threshold=0.9, suggest=True, hidden=0.5),),
        )
        self.store.commit([Change(self.route, "r", 0)], at_us=0, by="test", why="test")
        columns = x or {"x": 1.5}
        self._x = {k: np.array([v], dtype=object if isinstance(v, str) else float) for k, v in columns.items()}
        self.asked, self._starts, self.now_us = 0, 0, _S
        self.start()

    def start(self) -> None:
        """Begin with a control of its own, as a process does."""
        self._starts += 1
        writer = self.journal.writer(f"people-{self._starts}")
        self.reviews = Reviews(
            self.store, people=self.route.arms, scoring=Terms().scoring, write=lambda frame: writer.append([frame])
        )
        self.control = Controller(
            store=self.store, journal=self.journal, files=MemoryRoutes(), terms=Terms(), reviews=self.reviews
        )

    def ask(
        self,
        *,
        course: Course = Course.HANDED_OVER,
        suggestion: float = 0.7,
        shown: bool = True,
        beside: float | None = None,
    ) -> str:
        """Journal a request as a worker would, and return its id.

        Args:
            course: What became of it.
            suggestion: What the model answered.
            shown: Whether a person may see it.
            beside: What the rule said beside the request, or None: it has not yet.
        """
        self.asked += 1
        name, audited, handed = f"c{self.asked}", course is Course.AUDITED, course is Course.HANDED_OVER
        frame = PredictionFrame(
            route="r",
            route_version=1,
            at_us=[self.now_us],
            id=[name],
            entity=["e"],
            arm=["model" if audited else "desk"],
            fallback=[False],
            score=[suggestion if audited else _NAN],
            latency_us=[9],
            shadows=("rule",),
            x=Held(encode_columns(self._x)),
            people=People(
                course=[course.value],
                asked=["model" if handed else ""],
                suggestion=[suggestion if handed else _NAN],
                shown=[shown and handed],
                due_us=[self.now_us + round((self.people.answer_s or 0) * _S)],
            ),
        )
        place = self._worker.append([frame])
        if beside is not None:
            answer = ShadowFrame(arm="rule", id=[name], score=[beside], segment=place.segment, offset=place.offset)
            self._shadow.append([answer])
        return name

    def tell(self, name: str, by: str, value: float = 1.0, *, saw: bool | None = None) -> None:
        """Journal what somebody decided and told a worker, as ``POST /outcomes`` does."""
        us = [self.now_us]
        self._worker.append([DecisionFrame(at_us=us, id=[name], value=[value], by=[by], decided_us=us, saw=[saw])])

    def step(self, *, later_s: float = 0.0) -> tuple[str, ...]:
        """Let time pass and control make a step; return what did not work."""
        self.now_us += round(later_s * _S)
        return self.control.step(self.now_us).problems

    def next(self, by: str) -> str | None:
        """Return the id of the case that somebody is handed, or None."""
        found = self.reviews.next(by=by, now_us=self.now_us)
        return None if found is None else found[0]

    def decide(self, name: str, by: str, value: float = 1.0) -> ReviewCase:
        """Decide a case."""
        return self.reviews.decide(name, by=by, value=value, why="", now_us=self.now_us)

    def decisions(self) -> list[tuple[str, float, str, bool | None, str]]:
        """Return (id, value, by, saw, part) of each decision in the journal."""
        frames = [frame for frame, _ in self.journal.read({}) if isinstance(frame, DecisionFrame)]
        parts = [f.part or [""] * len(f.id) for f in frames]
        return [
            row
            for f, part in zip(frames, parts, strict=True)
            for row in zip(f.id, f.value, f.by, f.saw, part, strict=True)
        ]
