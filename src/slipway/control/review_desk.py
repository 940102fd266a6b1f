"""What a reviewer can ask: plain calls that return what he may know, and nothing else.

He is not told why he has a case, whether somebody read it before, nor what a model said of it, unless its route shows
suggestions for it. What the privacy classes of the scope keep out of clear sight is not shown to him either.
"""

import math
import threading
import time
from collections.abc import Callable
from typing import Any

from slipway.control.review_forms import (
    Accepted,
    ClaimRequest,
    DecideRequest,
    Handed,
    Listed,
    Reader,
    Shown,
    Stats,
)
from slipway.control.reviews import Reviews
from slipway.control.step import Controller
from slipway.deployment.review_progress import progress
from slipway.errors import NotFound
from slipway.records.field import FieldKind, Privacy
from slipway.records.frame import PredictionFrame
from slipway.records.lease import holder_of
from slipway.records.review import Decision, Part, ReviewCase
from slipway.records.scope import Scope
from slipway.records.task import TaskKind
from slipway.storage.columns import decode_column

_KEPT = 20_000
_LOOK_S = 1.0


class ReviewDesk:
    """Answers reviewers, and callers who ask for what was decided; blocking, for any number of threads.

    Args:
        controller: The controller, which keeps the queue.
        scope: The project's scope.
        now_us: Tells the moment by the clock that counts.
        monotonic: Tells seconds, for how often the journal is looked into.

    Attributes:
        now_us: As given.
        monotonic: As given.
        looked_s: When the journal was last looked into for an id that is not known, by that.
    """

    def __init__(
        self,
        controller: Controller,
        *,
        scope: Scope,
        now_us: Callable[[], int],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._controller, self._scope, self.now_us, self.monotonic = controller, scope, now_us, monotonic
        self.looked_s = -math.inf
        self._looking = threading.Lock()
        self._fields = {f.name: f for f in scope.fields if f.privacy is Privacy.CLEAR}
        self._known: dict[str, tuple[Shown, ...]] = {}

    def next(self, request: ClaimRequest) -> Handed | None:
        """Hand out a case; None where none waits.

        Raises:
            BadInput: Nobody is named.
            Unavailable: The journal cannot be read.
        """
        now_us = self.now_us()
        with self._controller.guarded():
            found = self._reviews.next(by=request.by, now_us=now_us, lease_s=request.lease_s, person=request.person)
        return None if found is None else self._handed(*found, now_us=now_us)

    def mine(self, by: str) -> Handed | None:
        """Return the case that somebody has, or None."""
        now_us = self.now_us()
        with self._controller.guarded():
            found = self._reviews.held_by(by, now_us=now_us)
        return None if found is None else self._handed(*found, now_us=now_us)

    def decide(self, id_: str, *, request: DecideRequest) -> Accepted:
        """Write down what somebody decides.

        Raises:
            NotFound: No such case.
            Conflict: It is not his, or its time is over.
            BadInput: Y cannot be that.
        """
        now_us = self.now_us()
        with self._controller.guarded():
            case = self._reviews.decide(id_, by=request.by, value=request.value, why=request.why, now_us=now_us)
        return Accepted(id=id_, undo_until_us=now_us + round(self._reviews.reading(case).undo_s * 1e6))

    def undo(self, id_: str, *, request: ClaimRequest) -> Accepted:
        """Take a decision back.

        Raises:
            NotFound: No such case.
            Conflict: It is another's, too late, or the caller has it.
        """
        with self._controller.guarded():
            self._reviews.undo(id_, by=request.by, now_us=self.now_us())
        return Accepted(id=id_, undo_until_us=0)

    def leave(self, id_: str, *, request: ClaimRequest) -> Accepted:
        """Give a case back undecided.

        Raises:
            NotFound: No such case.
            Conflict: It is another's.
        """
        with self._controller.guarded():
            self._reviews.leave(id_, by=request.by, now_us=self.now_us())
        return Accepted(id=id_, undo_until_us=0)

    def cases(self, by: str = "") -> tuple[Listed, ...]:
        """Return the cases that wait for somebody, oldest first; where nobody is named, for anybody who comes."""
        now_us = self.now_us()
        with self._controller.guarded():
            cases = self._reviews.cases()
        listed = (
            Listed(
                id=id_,
                person=case.person,
                at_us=case.at_us,
                due_us=case.due_us,
                holder=holder_of(case, now_us=now_us) or "",
                waits=True,
            )
            for id_, case in cases
            if self._reviews.waits(case, by=by)
        )
        return tuple(listed)

    def stats(self, by: str = "") -> Stats:
        """Return where the queue stands for who asks, and who did what, settling left out."""
        with self._controller.guarded():
            cases = self._reviews.cases()
        counts = progress(cases, scoring=self._reviews.scoring, now_us=self.now_us(), by=by)
        took: dict[str, list[float]] = {}
        undone: dict[str, int] = {}
        for _, case in cases:
            for read in (read for read in case.reads if read.part is not Part.SETTLING):
                took.setdefault(read.by, [])
                if read.undone_us is None:
                    took[read.by] += [] if read.told else [read.took_s]
                else:
                    undone[read.by] = undone.get(read.by, 0) + 1
        readers = tuple(
            Reader(by=by, decided=len(times), undone=undone.get(by, 0), median_s=_median(times))
            for by, times in sorted(took.items())
        )
        return Stats(counts=counts, readers=readers)

    def decision(self, id_: str) -> Decision:
        """Return what was decided on a request; what is not known is looked for in the journal, once a second for all.

        Raises:
            NotFound: Nobody asked so, or it was answered at once.
        """
        with self._controller.guarded():
            if not self._reviews.knows(id_) and self._may_look():
                self._controller.catch_up([])
                self._controller.review(self.now_us(), [])
            return self._reviews.decision(id_, now_us=self.now_us())

    def _may_look(self) -> bool:
        with self._looking:
            now_s = self.monotonic()
            if now_s < self.looked_s + _LOOK_S:
                return False
            self.looked_s = now_s
            return True

    @property
    def _reviews(self) -> Reviews:
        if self._controller.reviews is None:
            raise NotFound("reviews: want the control process of a server, got another. Start 'slipway serve'.")
        return self._controller.reviews

    def _handed(self, id_: str, case: ReviewCase, *, now_us: int) -> Handed:
        arm, task = self._reviews.person(case.person), self._scope.task
        return Handed(
            id=id_,
            people=arm.people if arm else case.person,
            question=task.y,
            fields=self._shown(id_, case),
            answers=(0.0, 1.0) if task.kind is TaskKind.BINARY else None,
            suggestion=case.suggestion if case.showing else None,
            due_us=case.due_us,
            until_us=case.until_us,
            open=self._reviews.waiting(by=case.holder, now_us=now_us),
            undo_s=self._reviews.reading(case).undo_s,
        )

    def _shown(self, id_: str, case: ReviewCase) -> tuple[Shown, ...]:
        if id_ not in self._known:
            if len(self._known) >= _KEPT:
                self._known.clear()
            self._known[id_] = self._read(id_, case)
        return self._known[id_]

    def _read(self, id_: str, case: ReviewCase) -> tuple[Shown, ...]:
        upto = {**self._controller.ledger.upto, case.segment: case.after}
        for frame, position in self._controller.journal.read(upto):
            if position.segment != case.segment or id_ not in frame.id:
                continue
            if isinstance(frame, PredictionFrame):
                row = frame.id.index(id_)
                return tuple(
                    self._one(name, decode_column(frame.x[name])[row]) for name in self._fields if name in frame.x
                )
        return ()  # retention took it

    def _one(self, name: str, value: Any) -> Shown:
        field = self._fields[name]
        if field.kind is FieldKind.CATEGORY:
            return Shown(name=name, value=value)
        number = float(value)
        if math.isnan(number):
            return Shown(name=name, value=None, unit=field.unit)
        return Shown(name=name, value=bool(number) if field.kind is FieldKind.BOOLEAN else number, unit=field.unit)


def _median(times: list[float]) -> float:
    ordered = sorted(times)
    return ordered[(len(ordered) - 1) // 2] if ordered else 0.0
