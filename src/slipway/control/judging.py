"""One rollout, one moment: ask the judge, and store verdict, inputs, rollout and route in one transaction.

Judging takes long where there are many rows, and changes nothing, so whoever rolls back meanwhile does not wait for it.
What follows is stored afterwards, and only where the rollout and its route still are as they were judged.
"""

from collections.abc import Callable
from typing import NamedTuple

import msgspec

from slipway.control.block import DAY_US
from slipway.control.cohorts import CohortBook
from slipway.control.facts import approvals, attempt, gather
from slipway.control.fault import Fault
from slipway.control.gone import refuse_gone
from slipway.control.ledger import Ledger
from slipway.control.look import Look
from slipway.control.verdicts import VerdictLog, says_more
from slipway.control.watching import Watching
from slipway.control.ways_back import WaysBack
from slipway.deployment.deadline import unjudged
from slipway.deployment.readiness import asks
from slipway.deployment.replay import differences, judge_again, replay
from slipway.deployment.transition import follow, is_as_left
from slipway.errors import Conflict, Unavailable
from slipway.ports import Change, ControlStore, JournalReader
from slipway.records.cohort import Cohort, VerdictInputs
from slipway.records.rollout import Action, Rollout, RolloutStatus, Verdict
from slipway.records.route import Route
from slipway.records.usage import ServingCost

Costs = Callable[[Rollout], tuple[ServingCost, ...]]
"""Rollout to what serving takes now with each of its arms."""

Ready = Callable[[Rollout, int], float]
"""Rollout and moment to the ML Test Score of its candidate."""

SPARE_DAYS = 2
"""Of so many days before a rollout a replay reads the rows: an id of theirs may come again on its first day."""


class Judged(NamedTuple):
    """What the judge says of a rollout.

    Attributes:
        verdict: What it says.
        inputs: What it was made from; None where it says no more than the last one, and is not stored.
        version: Of the rollout in the store, when it was judged.
        problems: What could not be had for it, each in a sentence.
    """

    verdict: Verdict
    inputs: VerdictInputs | None
    version: int
    problems: tuple[str, ...] = ()


class Judging:
    """Keeps the cohorts of the rollouts and stores what the judge says of them.

    Args:
        store: Control store.
        ledger: What was read of the journal.
        by: Whom the audit trail names.
        ready: Reckons a candidate's readiness at a moment, where a plan asks for one; None knows of none.
        costs: Tells what serving takes now with each arm of a rollout, of the budgets that the scope has.
        ways: Finds where a rollback leads; None knows nothing of packages.
        watching: Monitors of the models on the routes, or None.

    Attributes:
        books: Rollout to its cohorts.
    """

    def __init__(
        self,
        store: ControlStore,
        *,
        ledger: Ledger,
        by: str,
        ready: Ready | None = None,
        ways: WaysBack | None = None,
        costs: Costs = lambda _: (),
        watching: Watching | None = None,
    ) -> None:
        self._costs, self._watching = costs, watching
        self._store, self._ledger, self._by, self._ready = store, ledger, by, ready
        self._ways = ways or WaysBack(store)
        self.books: dict[str, CohortBook] = {}
        self._log = VerdictLog(store)

    def cohorts(self, rollout: Rollout, *, now_us: int) -> tuple[Cohort, ...]:
        """Return what the judge would see."""
        return self._book(rollout).cohorts(rollout, ledger=self._ledger, now_us=now_us)

    def fix(self, rollout: Rollout, *, day: int, now_us: int) -> None:
        """Sum all days of a rollout up to one for good, before the ledger lets them go."""
        self._book(rollout).fix(rollout, ledger=self._ledger, day=day, now_us=now_us)

    def judge(self, rollout: Rollout, *, version: int, now_us: int) -> Judged | None:
        """Return what the judge says, or None if this moment was judged before; nothing is stored.

        Where judging itself breaks, the deadline still holds: past it, what is said is to roll back.

        Args:
            rollout: A running rollout, or a completed one that is audited.
            version: Its version in the store.
            now_us: The moment.

        Raises:
            Unavailable: The store does not answer.
            Exception: It cannot be judged, and its deadline is not over.
        """
        number, last = self._log.last(rollout.id)
        if now_us < rollout.entered_us or (last is not None and _counted(now_us, rollout) <= _judged_us(last)):
            return None
        inputs = VerdictInputs(
            verdict=f"{rollout.id}-{number + 1}",
            now_us=now_us,
            upto=dict(self._ledger.upto),
            cohorts=(),
            rollout=rollout,
        )
        problems: list[str] = []
        try:
            inputs = self._gathered(inputs, problems=problems)
            verdict = judge_again(inputs)
        except (Unavailable, Conflict):
            raise
        except Exception as error:
            inputs = msgspec.structs.replace(inputs, broken=Fault(error, since_s=0.0).words)
            overdue = unjudged(rollout, now_us=now_us, why=inputs.broken)
            if overdue is None:
                raise
            return Judged(overdue, inputs, version)
        return Judged(verdict, inputs if says_more(verdict, than=last) else None, version, tuple(problems))

    def _gathered(self, inputs: VerdictInputs, *, problems: list[str]) -> VerdictInputs:
        """Return the inputs with all that the judge asks for; what cannot be had is left out, so that its gate holds.

        Raises:
            Exception: The cohorts or the costs cannot be had, without which nothing can be judged.
        """
        rollout, now_us, ready = inputs.rollout, inputs.now_us, self._ready
        return msgspec.structs.replace(
            inputs,
            cohorts=self.cohorts(rollout, now_us=now_us),
            readiness=attempt(lambda: ready(rollout, now_us), nothing=None, what="readiness", problems=problems)
            if ready and asks(rollout)
            else None,
            costs=self._costs(rollout),
            facts=gather(
                rollout,
                store=self._store,
                ledger=self._ledger,
                watching=self._watching,
                book=self._book(rollout).facts,
                now_us=now_us,
                problems=problems,
            ),
        )

    def store(self, judged: Judged) -> str | None:
        """Store a verdict and what follows from it, and return its id; None if what was judged is no longer so.

        To be called by whoever alone changes the store meanwhile.

        Args:
            judged: With inputs.

        Raises:
            Conflict: Another process is the controller, or changed the rollout or its route; nothing was stored.
        """
        verdict, inputs, version, _ = judged
        if inputs is None:
            return None
        rollout, name = inputs.rollout, inputs.verdict
        present, route_version = self._store.get(Route, id=rollout.route)
        left = rollout.status is not RolloutStatus.RUNNING and not is_as_left(present, rollout=rollout)
        if left or self._store.get(Rollout, id=rollout.id)[1] != version:
            return None
        back, arms = self._ways.find(rollout, present=present) if verdict.action is Action.ROLL_BACK else (None, ())
        after = follow(verdict, rollout=rollout, route=present, back=back, arms=arms)
        changes = [Change(verdict, name, 0), Change(inputs, name, 0)]
        if after.route is not None:
            changes += [Change(after.rollout, rollout.id, version), Change(after.route, present.name, route_version)]
        why = f"{verdict.reason} {back.why}".rstrip() if back else verdict.reason
        self._store.commit(changes, at_us=inputs.now_us, by=self._by, why=why)
        return name

    def _book(self, rollout: Rollout) -> CohortBook:
        return self.books.setdefault(rollout.id, CohortBook(rollout.id))


def _counted(now_us: int, rollout: Rollout) -> int:
    """Return the moment as if the clock had never been set: by it, time only goes on."""
    return now_us - rollout.clock_set_us


def _judged_us(verdict: Verdict) -> int:
    return verdict.at_us - verdict.clock_set_us


def replay_from_journal(
    verdict_id: str, *, store: ControlStore, journal: JournalReader, ledger: Ledger
) -> tuple[str, ...]:
    """Make a stored verdict again from the journal alone, and return every difference; empty if there is none.

    Args:
        verdict_id: Id of the verdict.
        store: Where the verdict and its inputs are.
        journal: The journal, with the segments that were there.
        ledger: A fresh one, or one that an earlier verdict was made again with; it is filled up to where the journal
            had been read.

    Raises:
        NotFound: No such verdict, or retention removed rows that it was made from.
        Corrupt: The journal is damaged.
    """
    verdict, _ = store.get(Verdict, id=verdict_id)
    inputs, _ = store.get(VerdictInputs, id=verdict_id)
    if any(offset > inputs.upto.get(segment, -1) for segment, offset in ledger.upto.items()):
        return ("it was made from less of the journal than the verdict before it",)
    if inputs.broken:
        return replay(verdict, inputs=inputs)
    rollout = inputs.rollout
    ledger.leave_out(rollout.route, before_day=rollout.since_us // DAY_US - SPARE_DAYS)
    ledger.catch_up(journal, upto=inputs.upto)
    refuse_gone(inputs, read=ledger.upto, store=store)
    book, look = CohortBook(rollout.id), Look(rollout, ledger, inputs.now_us)
    cohorts = book.cohorts(rollout, ledger=ledger, now_us=inputs.now_us)
    metrics = book.facts.metrics(look) if inputs.facts.metrics else ()
    agreement = book.facts.agreement(look) if inputs.facts.agreement else ()
    people = book.facts.people(look) if inputs.facts.people else ()
    spoken = approvals(rollout, store=store) if inputs.facts.approvals else ()
    return (
        *(f"what {a.by} said of {a.stage}: not in the store." for a in inputs.facts.approvals if a not in spoken),
        *replay(verdict, inputs=inputs, cohorts=cohorts),
        *differences(inputs.facts, metrics=metrics, agreement=agreement, people=people),
    )
