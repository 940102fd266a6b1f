"""People who decide cases: what the journal says of them becomes a queue, and what they say becomes a decision.

A case is stored before anybody can have it, and a decision is stored before anybody is told of it. It goes into the
journal once it can no longer be taken back; killed between the two, the next step writes it again, and of one decider's
decisions on a case the first counts.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from itertools import islice

import msgspec

from slipway.control.callers import of_callers
from slipway.control.ledger import Ledger
from slipway.control.review_cases import cases_of
from slipway.control.review_shelf import Shelf
from slipway.control.review_told import Told, closed_by, told_of
from slipway.deployment import reviewing as rules
from slipway.errors import BadInput, Conflict, NotFound, SlipwayError
from slipway.ports import ControlStore
from slipway.records.arm import Arm, ArmKind, Reading
from slipway.records.frame import DecisionFrame
from slipway.records.handover import PENDING
from slipway.records.lease import holder_of, until
from slipway.records.review import Decision, ReviewCase
from slipway.records.route import Route
from slipway.records.scoring import Scoring
from slipway.serving.decisions import check_decider
from slipway.serving.refusal import Refusal
from slipway.storage.journal.stretches import Stretch

BY = "controller"
MOST_COUNTED = 100
"""So many cases that one may have are counted; where there are more it says the same."""
MOST_NEW = 10_000
"""From so many new cases on it is looked whether another process has stored them."""

New = tuple[str, ReviewCase]


class Reviews:
    """Keeps the queue. For any number of threads.

    Args:
        store: Control store.
        people: Arms of the scope; those of kind ``person`` say how their cases are read.
        scoring: Of the task.
        write: Appends what people decided to the journal.
        names: Who decided, as the journal may hold it.
        term: Tells which time this is that this process is the controller: another number for each. What the store
            holds is read anew then, for another process may have changed it meanwhile.
    """

    def __init__(
        self,
        store: ControlStore,
        *,
        people: Sequence[Arm],
        scoring: Scoring,
        write: Callable[[DecisionFrame], object],
        names: Callable[[list[str]], list[str]] = lambda by: by,
        term: Callable[[], int] = lambda: 0,
    ) -> None:
        self._store, self._scoring, self._write, self._names = store, scoring, write, names
        self._people = {arm.name: arm for arm in people if arm.kind is ArmKind.PERSON}
        self._one = threading.RLock()
        self._new: list[New] = []
        self._told: list[Told] = []
        self._shelf: Shelf | None = None
        self._term, self._shelf_of = term, 0

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
            with self._one:
                for given in of_callers(stretch)[0].predictions:
                    if given.people is not None:
                        route, place = self._store.get(Route, id=given.route)[0], (stretch.position.segment, after)
                        self._new += cases_of(given, given.people, place=place, route=route, arms=self._people)
                if len(self._new) > MOST_NEW:  # as where this process stands by, and the controller has stored them
                    self._shelf = None
                    self._new = [(id_, case) for id_, case in self._new if id_ not in self._cases]
        if self._people and (told := told_of(stretch.decisions)):
            with self._one:
                self._told = (self._told + told)[-MOST_NEW:]  # who stands by keeps the newest; the others are stored

    def forget(self) -> None:
        """Be as if nothing had been read; what is stored stays."""
        with self._one:
            self._new, self._told, self._shelf = [], [], None

    def step(self, ledger: Ledger, *, now_us: int) -> list[str]:
        """Store new cases, end those whose time is over, write down what is final; return what does not work."""
        problems: list[str] = []
        with self._one:
            for chore in (self._store_new, self._close, self._hear, self._end, self._write_final):
                try:
                    chore(ledger, now_us)
                except SlipwayError as error:
                    problems.append(f"reviews: {error}")
        return problems

    def next(self, *, by: str, now_us: int, lease_s: float | None = None, person: str = "") -> New | None:
        """Hand out the first case that waits and nobody else has; the same again to who has one.

        Args:
            by: Who asks.
            now_us: The moment.
            lease_s: How long it is his, at most as long as the arm says; None takes that.
            person: Only cases of this arm; empty takes any.

        Returns:
            (id, case); None where none waits.

        Raises:
            BadInput: This names nobody, or the lease is no time.
            Conflict: He has a case of another arm.
        """
        until(by, lease_s=1.0 if lease_s is None else min(lease_s, 1.0), now_us=now_us)
        _check_name(by)
        with self._one:
            mine = self._held_by(by, now_us=now_us)
            if mine and person not in ("", mine[0][1].person):
                raise Conflict(
                    f"case {mine[0][0]}: want it decided or given back before one of {person} is taken, got {by}, who "
                    f"still has it. It is of {mine[0][1].person}."
                )
            for id_, case in mine or list(self._cases.open()):
                if person not in ("", case.person) or not self._may_have(case, by, now_us):
                    continue
                most_s = self.reading(case).lease_s
                until_us = until(by, lease_s=min(lease_s or most_s, most_s), now_us=now_us)
                given = rules.handed(case, by=by, now_us=now_us, until_us=until_us, scoring=self._scoring)
                try:
                    self._cases.change(id_, given, at_us=now_us, by=by, why="has the case")
                except Conflict:
                    continue
                return id_, given
        return None

    def held_by(self, by: str, *, now_us: int) -> New | None:
        """Return the case that somebody has, or None."""
        with self._one:
            return next(iter(self._held_by(by, now_us=now_us)), None)

    def _held_by(self, by: str, *, now_us: int) -> list[New]:
        held = [(id_, self._cases.get(id_)) for id_ in self._cases.held(by)]
        return [(id_, case) for id_, case in held if holder_of(case, now_us=now_us) == by]

    def waiting(self, *, by: str, now_us: int) -> int:
        """Return how many cases somebody may have now, at most :data:`MOST_COUNTED`."""
        with self._one:
            his = (id_ for id_, case in self._cases.open() if self._may_have(case, by, now_us))
            return sum(1 for _ in islice(his, MOST_COUNTED))

    def _may_have(self, case: ReviewCase, by: str, now_us: int) -> bool:
        return rules.may_have(case, by=by, now_us=now_us, scoring=self._scoring) and self._is_new_to(case, by)

    def _is_new_to(self, case: ReviewCase, by: str) -> bool:
        """Tell whether somebody has not told the data plane of it either, where his name may stand for a pseudonym."""
        told = [read.by for read in case.valid() if read.told]
        return not told or not by or self._names([by])[0] not in told

    def decide(self, id_: str, *, by: str, value: float, why: str, now_us: int) -> ReviewCase:
        """Write down what somebody decides on the case that he has.

        Raises:
            NotFound: No such case.
            Conflict: It is not his, or its time is over.
            BadInput: Y cannot be that.
        """
        with self._one:
            case = self._cases.get(id_)
            read = rules.read_once(case, by=by, value=value, why=why, now_us=now_us, scoring=self._scoring)
            self._cases.change(id_, read, at_us=now_us, by=by, why=why or "decided the case")
            return read

    def undo(self, id_: str, *, by: str, now_us: int) -> ReviewCase:
        """Take back what somebody decided last.

        Raises:
            NotFound: No such case.
            Conflict: Somebody else decided it, it is too late, or the caller has it.
        """
        with self._one:
            case = self._cases.get(id_)
            undone = rules.undone(case, by=by, now_us=now_us, undo_s=self.reading(case).undo_s)
            self._cases.change(id_, undone, at_us=now_us, by=by, why="took the decision back")
            return undone

    def leave(self, id_: str, *, by: str, now_us: int) -> None:
        """Give a case back undecided.

        Raises:
            NotFound: No such case.
            Conflict: Somebody else has it.
        """
        with self._one:
            case = self._cases.get(id_)
            if holder_of(case, now_us=now_us) != by:
                raise Conflict(f"case {id_}: want one that {by} has, got another. There is nothing to give back.")
            self._cases.change(id_, rules.left(case), at_us=now_us, by=by, why="gave the case back")

    def decision(self, id_: str, *, now_us: int) -> Decision:
        """Return what was decided, and note that whoever asked knows it now.

        Raises:
            NotFound: No such case, or one that was answered at once.
        """
        with self._one:
            case = self._cases.get(id_)
            if case.course not in PENDING:
                raise NotFound(
                    f"case {id_}: want a request that was left to people, got one that was answered at once."
                )
            found = rules.decision_of(id_, case, scoring=self._scoring)
            if not found.pending and case.fetched_us is None:
                fetched = msgspec.structs.replace(case, fetched_us=now_us)
                try:
                    self._cases.change(id_, fetched, at_us=now_us, by="caller", why="has the decision")
                except Conflict:  # what another process stored may be another decision
                    return self.decision(id_, now_us=now_us)
            kept = found.fallback or found.pending or any(read.told and read.by == found.by for read in case.valid())
            return found if kept else msgspec.structs.replace(found, by=self._names([found.by])[0])

    def pressed(self, *, now_us: int) -> Mapping[str, str]:
        """Return the arms with a case that nobody has decided and whose time is nearly over, and what counts then.

        That is: less than a tenth of it is left. An arm that has nothing to step in for it has an empty text.
        """
        with self._one:
            return {
                case.person: case.steps_in or ""
                for _, case in self._cases.open()
                if rules.is_pressed(case, now_us=now_us)
            }

    def knows(self, id_: str) -> bool:
        """Tell whether there is a case under an id."""
        with self._one:
            return id_ in self._cases

    def case(self, id_: str) -> ReviewCase:
        """Return a case.

        Raises:
            NotFound: There is none under that id.
        """
        with self._one:
            return self._cases.get(id_)

    def waits(self, case: ReviewCase, *, by: str = "") -> bool:
        """Tell whether a case waits for somebody, or, where nobody is named, for anybody who comes."""
        return rules.may_read(case, by=by, scoring=self._scoring) and self._is_new_to(case, by)

    def cases(self) -> list[New]:
        """Return (id, case) of all, oldest first."""
        with self._one:
            return list(self._cases.all())

    def person(self, name: str) -> Arm | None:
        """Return the people of that name, if the scope still has them."""
        return self._people.get(name)

    @property
    def scoring(self) -> Scoring:
        """Of the task."""
        return self._scoring

    @property
    def _cases(self) -> Shelf:
        term = self._term()
        if self._shelf is None or term != self._shelf_of:
            self._shelf_of = term
            self._shelf = Shelf(
                self._store,
                rank=lambda case: rules.rank(case, reading=self.reading(case)),
                is_open=lambda case: not rules.is_done(case, scoring=self._scoring),
            )
        return self._shelf

    def reading(self, case: ReviewCase) -> Reading:
        """Return how a case is read."""
        arm = self._people.get(case.person)
        return (arm.reading if arm else None) or Reading()

    def _store_new(self, _: Ledger, now_us: int) -> None:
        self._cases.add(self._new, at_us=now_us, by=BY)
        self._new = []

    def _close(self, _: Ledger, now_us: int) -> None:
        """Take up what people told the data plane of cases that wait here."""
        told = sorted(self._told, key=lambda one: one.at_us)
        cases, missing = closed_by(told, find=self._cases.find, scoring=self._scoring)
        self._change(cases, now_us=now_us, why="somebody told what he decided")
        self._told = missing

    def _hear(self, ledger: Ledger, now_us: int) -> None:
        """Take up what arms said beside the requests meanwhile."""
        waiting = [(id_, case) for id_, case in self._cases.open() if _unheard(case)]
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
            for id_, case in self._cases.open()
            if rules.over(case, now_us=now_us)
        ]
        self._change(ended, now_us=now_us, why="the time to decide is over: the declared fallback answers")

    def _write_final(self, _: Ledger, now_us: int) -> None:
        final = []
        for id_, case in self._cases.open():
            reads = rules.to_write(case, now_us=now_us, undo_s=self.reading(case).undo_s)
            if reads:
                final.append((id_, case, reads))
        rows = [(id_, read) for id_, _, reads in final for read in reads if read.undone_us is None and not read.told]
        if rows:
            self._write(
                DecisionFrame(
                    at_us=[now_us] * len(rows),
                    id=[id_ for id_, _ in rows],
                    value=[read.value for _, read in rows],
                    by=self._names([read.by for _, read in rows]),
                    decided_us=[read.at_us for _, read in rows],
                    saw=[read.saw for _, read in rows],
                    part=[read.part.value for _, read in rows],
                )
            )
        done = [(id_, msgspec.structs.replace(c, written=c.written + len(reads))) for id_, c, reads in final]
        self._change(done, now_us=now_us, why="the decision is in the journal")

    def _change(self, cases: list[New], *, now_us: int, why: str) -> None:
        if cases:
            self._cases.change_all(cases, at_us=now_us, by=BY, why=why)


def _check_name(by: str) -> None:
    try:
        check_decider(by, name="by")
    except Refusal as refusal:
        raise BadInput(str(refusal)) from None


def _unheard(case: ReviewCase) -> tuple[str, ...]:
    heard = {arm for arm, _ in case.said}
    return tuple(arm for arm in case.beside if arm not in heard)
