"""People who decide cases: who comes gets one that waits, and what he says is stored before anybody is told of it."""

from collections.abc import Callable, Mapping, Sequence
from itertools import islice

import msgspec

from slipway.control.review_cabinet import Cabinet
from slipway.control.review_intake import Intake, New
from slipway.deployment import reviewing as rules
from slipway.errors import BadInput, Conflict, NotFound
from slipway.ports import ControlStore
from slipway.records.arm import Arm, Reading
from slipway.records.frame import DecisionFrame
from slipway.records.handover import PENDING
from slipway.records.lease import holder_of, until
from slipway.records.review import Decision, ReviewCase
from slipway.records.scoring import Scoring
from slipway.serving.decisions import check_decider
from slipway.serving.refusal import Refusal

MOST_COUNTED = 100
"""So many cases that one may have are counted; where there are more it says the same."""


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

    Attributes:
        intake: Brings the cases in, and takes the decisions out.
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
        self._cabinet = Cabinet(store, people=people, scoring=scoring, names=names, term=term)
        self.intake = Intake(self._cabinet, store=store, write=write)

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
        with self._cabinet.lock:
            mine = self._held_by(by, now_us=now_us)
            if mine and person not in ("", mine[0][1].person):
                raise Conflict(
                    f"case {mine[0][0]}: want it decided or given back before one of {person} is taken, got {by}, who "
                    f"still has it. It is of {mine[0][1].person}."
                )
            for id_, case in mine or list(self._cabinet.cases.open()):
                if person not in ("", case.person) or not self._may_have(case, by, now_us):
                    continue
                most_s = self.reading(case).lease_s
                until_us = until(by, lease_s=min(lease_s or most_s, most_s), now_us=now_us)
                given = rules.handed(case, by=by, now_us=now_us, until_us=until_us, scoring=self._cabinet.scoring)
                try:
                    self._cabinet.cases.change(id_, given, at_us=now_us, by=by, why="has the case")
                except Conflict:
                    continue
                return id_, given
        return None

    def held_by(self, by: str, *, now_us: int) -> New | None:
        """Return the case that somebody has, or None."""
        with self._cabinet.lock:
            return next(iter(self._held_by(by, now_us=now_us)), None)

    def _held_by(self, by: str, *, now_us: int) -> list[New]:
        held = [(id_, self._cabinet.cases.get(id_)) for id_ in self._cabinet.cases.held(by)]
        return [(id_, case) for id_, case in held if holder_of(case, now_us=now_us) == by]

    def waiting(self, *, by: str, now_us: int) -> int:
        """Return how many cases somebody may have now, at most :data:`MOST_COUNTED`."""
        with self._cabinet.lock:
            his = (id_ for id_, case in self._cabinet.cases.open() if self._may_have(case, by, now_us))
            return sum(1 for _ in islice(his, MOST_COUNTED))

    def _may_have(self, case: ReviewCase, by: str, now_us: int) -> bool:
        return rules.may_have(case, by=by, now_us=now_us, scoring=self._cabinet.scoring) and self._is_new_to(case, by)

    def _is_new_to(self, case: ReviewCase, by: str) -> bool:
        """Tell whether somebody has not told the data plane of it either, where his name may stand for a pseudonym."""
        told = [read.by for read in case.valid() if read.told]
        return not told or not by or self._cabinet.names([by])[0] not in told

    def decide(self, id_: str, *, by: str, value: float, why: str, now_us: int) -> ReviewCase:
        """Write down what somebody decides on the case that he has.

        Raises:
            NotFound: No such case.
            Conflict: It is not his, or its time is over.
            BadInput: Y cannot be that.
        """
        with self._cabinet.lock:
            case = self._cabinet.cases.get(id_)
            read = rules.read_once(case, by=by, value=value, why=why, now_us=now_us, scoring=self._cabinet.scoring)
            self._cabinet.cases.change(id_, read, at_us=now_us, by=by, why=why or "decided the case")
            return read

    def undo(self, id_: str, *, by: str, now_us: int) -> ReviewCase:
        """Take back what somebody decided last.

        Raises:
            NotFound: No such case.
            Conflict: Somebody else decided it, it is too late, or the caller has it.
        """
        with self._cabinet.lock:
            case = self._cabinet.cases.get(id_)
            undone = rules.undone(case, by=by, now_us=now_us, undo_s=self.reading(case).undo_s)
            self._cabinet.cases.change(id_, undone, at_us=now_us, by=by, why="took the decision back")
            return undone

    def leave(self, id_: str, *, by: str, now_us: int) -> None:
        """Give a case back undecided.

        Raises:
            NotFound: No such case.
            Conflict: Somebody else has it.
        """
        with self._cabinet.lock:
            case = self._cabinet.cases.get(id_)
            if holder_of(case, now_us=now_us) != by:
                raise Conflict(f"case {id_}: want one that {by} has, got another. There is nothing to give back.")
            self._cabinet.cases.change(id_, rules.left(case), at_us=now_us, by=by, why="gave the case back")

    def decision(self, id_: str, *, now_us: int) -> Decision:
        """Return what was decided, and note that whoever asked knows it now.

        Raises:
            NotFound: No such case, or one that was answered at once.
        """
        with self._cabinet.lock:
            case = self._cabinet.cases.get(id_)
            if case.course not in PENDING:
                raise NotFound(
                    f"case {id_}: want a request that was left to people, got one that was answered at once."
                )
            found = rules.decision_of(id_, case, scoring=self._cabinet.scoring)
            if not found.pending and case.fetched_us is None:
                fetched = msgspec.structs.replace(case, fetched_us=now_us)
                try:
                    self._cabinet.cases.change(id_, fetched, at_us=now_us, by="caller", why="has the decision")
                except Conflict:  # what another process stored may be another decision
                    return self.decision(id_, now_us=now_us)
            kept = found.fallback or found.pending or any(read.told and read.by == found.by for read in case.valid())
            return found if kept else msgspec.structs.replace(found, by=self._cabinet.names([found.by])[0])

    def pressed(self, *, now_us: int) -> Mapping[str, str]:
        """Return the arms with a case that nobody has decided and whose time is nearly over, and what counts then.

        That is: less than a tenth of it is left. An arm that has nothing to step in for it has an empty text.
        """
        with self._cabinet.lock:
            return {
                case.person: case.steps_in or ""
                for _, case in self._cabinet.cases.open()
                if rules.is_pressed(case, now_us=now_us)
            }

    def knows(self, id_: str) -> bool:
        """Tell whether there is a case under an id."""
        with self._cabinet.lock:
            return id_ in self._cabinet.cases

    def case(self, id_: str) -> ReviewCase:
        """Return a case.

        Raises:
            NotFound: There is none under that id.
        """
        with self._cabinet.lock:
            return self._cabinet.cases.get(id_)

    def waits(self, case: ReviewCase, *, by: str = "") -> bool:
        """Tell whether a case waits for somebody, or, where nobody is named, for anybody who comes."""
        return rules.may_read(case, by=by, scoring=self._cabinet.scoring) and self._is_new_to(case, by)

    def cases(self) -> list[New]:
        """Return (id, case) of all, oldest first."""
        with self._cabinet.lock:
            return list(self._cabinet.cases.all())

    def person(self, name: str) -> Arm | None:
        """Return the people of that name, if the scope still has them."""
        return self._cabinet.people.get(name)

    @property
    def scoring(self) -> Scoring:
        """Of the task."""
        return self._cabinet.scoring

    def reading(self, case: ReviewCase) -> Reading:
        """Return how a case is read."""
        return self._cabinet.reading(case)


def _check_name(by: str) -> None:
    try:
        check_decider(by, name="by")
    except Refusal as refusal:
        raise BadInput(str(refusal)) from None
