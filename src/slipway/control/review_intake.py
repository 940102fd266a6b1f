"""From the journal into the queue and back: requests become cases, and decisions that are final are written down.

A case is stored before anybody can have it. A decision goes into the journal once it can no longer be taken back;
killed between the two, the next step writes it again, and of one decider's decisions on a case the first counts.
"""

from collections.abc import Callable

import msgspec

from slipway.control.callers import of_callers
from slipway.control.ledger import Ledger
from slipway.control.review_cabinet import Cabinet
from slipway.control.review_cases import cases_of
from slipway.control.review_told import Told, closed_by, told_of
from slipway.deployment import reviewing as rules
from slipway.errors import SlipwayError
from slipway.ports import ControlStore
from slipway.records.frame import DecisionFrame
from slipway.records.review import ReviewCase
from slipway.records.route import Route
from slipway.storage.journal.stretches import Stretch

BY = "controller"
MOST_NEW = 10_000
"""From so many new cases on it is looked whether another process has stored them."""

New = tuple[str, ReviewCase]


class Intake:
    """Brings cases in, and takes decisions out. For any number of threads.

    Args:
        cabinet: Holds the cases.
        store: Control store, for the routes.
        write: Appends what people decided to the journal.
    """

    def __init__(self, cabinet: Cabinet, *, store: ControlStore, write: Callable[[DecisionFrame], object]) -> None:
        self._cabinet, self._store, self._write = cabinet, store, write
        self._new: list[New] = []
        self._told: list[Told] = []

    @property
    def unkept(self) -> int:
        """What was read and is not stored yet, cases and decisions; the journal's place must not be kept before."""
        return len(self._new) + sum(not told.looks for told in self._told)

    def take(self, stretch: Stretch, *, after: int) -> None:
        """Note the cases of a piece of the journal, and what was decided without the queue; :meth:`step` stores them.

        Args:
            stretch: The piece.
            after: Byte offset in its segment behind which it begins.
        """
        if any(given.people is not None for given in stretch.predictions):
            with self._cabinet.lock:
                for given in of_callers(stretch)[0].predictions:
                    if given.people is not None:
                        route, place = self._store.get(Route, id=given.route)[0], (stretch.position.segment, after)
                        self._new += cases_of(given, given.people, place=place, route=route, arms=self._cabinet.people)
                if len(self._new) > MOST_NEW:  # as where this process stands by, and the controller has stored them
                    self._cabinet.forget()
                    self._new = [(id_, case) for id_, case in self._new if id_ not in self._cabinet.cases]
        if self._cabinet.people and (told := told_of(stretch.decisions)):
            with self._cabinet.lock:
                self._told = (self._told + told)[-MOST_NEW:]  # who stands by keeps the newest; the others are stored

    def forget(self) -> None:
        """Be as if nothing had been read; what is stored stays."""
        with self._cabinet.lock:
            self._new, self._told = [], []
            self._cabinet.forget()

    def step(self, ledger: Ledger, *, now_us: int) -> list[str]:
        """Store new cases, end those whose time is over, write down what is final; return what does not work."""
        problems: list[str] = []
        with self._cabinet.lock:
            for chore in (self._store_new, self._close, self._hear, self._end, self._write_final):
                try:
                    chore(ledger, now_us)
                except SlipwayError as error:
                    problems.append(f"reviews: {error}")
        return problems

    def _store_new(self, _: Ledger, now_us: int) -> None:
        self._cabinet.cases.add(self._new, at_us=now_us, by=BY)
        self._new = []

    def _close(self, _: Ledger, now_us: int) -> None:
        """Take up what people told the data plane of cases that wait here."""
        told = sorted(self._told, key=lambda one: one.at_us)
        cases, missing = closed_by(told, find=self._cabinet.cases.find, scoring=self._cabinet.scoring)
        self._change(cases, now_us=now_us, why="somebody told what he decided")
        self._told = missing

    def _hear(self, ledger: Ledger, now_us: int) -> None:
        """Take up what arms said beside the requests meanwhile."""
        waiting = [(id_, case) for id_, case in self._cabinet.cases.open() if _unheard(case)]
        told = ledger.beside([id_ for id_, _ in waiting]) if waiting else []
        heard = []
        for (id_, case), said in zip(waiting, told, strict=True):
            new = tuple((arm, said[arm]) for arm in _unheard(case) if arm in said)
            if new:
                heard.append((id_, msgspec.structs.replace(case, said=(*case.said, *new))))
        self._change(heard, now_us=now_us, why="arms have answered beside the request")

    def _end(self, _: Ledger, now_us: int) -> None:
        ended = [
            (id_, msgspec.structs.replace(rules.left(case), ended_us=now_us))
            for id_, case in self._cabinet.cases.open()
            if rules.over(case, now_us=now_us)
        ]
        self._change(ended, now_us=now_us, why="the time to decide is over: the declared fallback answers")

    def _write_final(self, _: Ledger, now_us: int) -> None:
        final = []
        for id_, case in self._cabinet.cases.open():
            reads = rules.to_write(case, now_us=now_us, undo_s=self._cabinet.reading(case).undo_s)
            if reads:
                final.append((id_, case, reads))
        rows = [(id_, read) for id_, _, reads in final for read in reads if read.undone_us is None and not read.told]
        if rows:
            self._write(
                DecisionFrame(
                    at_us=[now_us] * len(rows),
                    id=[id_ for id_, _ in rows],
                    value=[read.value for _, read in rows],
                    by=self._cabinet.names([read.by for _, read in rows]),
                    decided_us=[read.at_us for _, read in rows],
                    saw=[read.saw for _, read in rows],
                    part=[read.part.value for _, read in rows],
                )
            )
        done = [(id_, rules.with_written(case, count=len(reads), now_us=now_us)) for id_, case, reads in final]
        self._change(done, now_us=now_us, why="the decision is in the journal")

    def _change(self, cases: list[New], *, now_us: int, why: str) -> None:
        if cases:
            self._cabinet.cases.change_all(cases, at_us=now_us, by=BY, why=why)


def _unheard(case: ReviewCase) -> tuple[str, ...]:
    heard = {arm for arm, _ in case.said}
    return tuple(arm for arm in case.beside if arm not in heard)
