"""From the ledger to cohorts: the sums that the judge reads, a unit of time under one route version at a time.

A day that is over and waited for does not change any more, so it is summed once. First errors of an entity are counted
along the days (:mod:`slipway.control.seen`): what the closed days have seen is remembered, and of the open ones only
what becomes of entities that erred or failed in them is looked at afresh each time.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from slipway.control.block import Block
from slipway.control.exact import exact_sum
from slipway.control.fact_book import FactBook
from slipway.control.ledger import Ledger
from slipway.control.look import Look
from slipway.control.maturity import in_time
from slipway.control.seen import Firsts, Seen, Stages, Tosses, distinct
from slipway.control.terms import Terms
from slipway.control.told_people import PENDING
from slipway.deployment.dealt import is_dealt
from slipway.records.cohort import DELAYS, ArmSums, Cohort, PairSums
from slipway.records.rollout import Rollout
from slipway.stats.crossings import ERROR, Crossings, Levels, count_crossings, levels_of
from slipway.stats.log_counts import LogCounts, count_log

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


class Closed(NamedTuple):
    """A day that was summed for good.

    Attributes:
        day: Days since the epoch.
        revision: Of the block that was summed.
        cohorts: Its sums.
    """

    day: int
    revision: int
    cohorts: tuple[Cohort, ...]


class CohortBook:
    """Keeps the cohorts of one rollout up to date.

    Args:
        rollout_id: The rollout.
        fixed: Days that were summed and cannot change any more, oldest first.
        seen: What they say of entities.
        facts: Sums beside the cohorts that some gates ask for.
    """

    def __init__(
        self,
        rollout_id: str,
        *,
        fixed: Iterable[Closed] = (),
        seen: Seen | None = None,
        facts: FactBook | None = None,
    ) -> None:
        self.rollout_id, self.facts = rollout_id, facts or FactBook()
        self.fixed, self.fixed_seen = list(fixed), seen or Seen.nothing()
        self._closed, self._seen = list[Closed](), self.fixed_seen.copy()

    def cohorts(self, rollout: Rollout, *, ledger: Ledger, now_us: int) -> tuple[Cohort, ...]:
        """Return the cohorts at a moment, oldest first: a function of the rollout, the frames read, and the moment.

        Days that were fixed are as they were then.
        """
        look = Look(rollout, ledger, now_us)
        blocks = look.blocks()
        self._forget_changed(blocks, look=look)
        for block in blocks[len(self._closed) :]:
            if not look.is_over(block):
                break
            self._closed.append(_close(block, look=look, seen=self._seen))
        found = [cohort for closed in (*self.fixed, *self._closed) for cohort in closed.cohorts]
        days = [_day(block, look=look) for block in blocks[len(self._closed) :]]
        suspects = distinct(np.concatenate([np.empty(0, np.uint64), *(day.tosses.suspects for day in days)]))
        seen = self._seen.only(suspects)
        for day in days:
            found.extend(_sums(day, seen.add(day.tosses, only=suspects), look=look))
        return tuple(found)

    def fix(self, rollout: Rollout, *, ledger: Ledger, day: int, now_us: int) -> None:
        """Sum all days up to one for good, before the ledger lets them go.

        Args:
            rollout: The rollout.
            ledger: It still holds them.
            day: The last of them; it is over, and waited for.
            now_us: The moment.
        """
        look = Look(rollout, ledger, now_us)
        going = [b for b in look.blocks() if b.day <= day]
        self.facts.fix(look, blocks=going)
        for block in going:
            self.fixed.append(_close(block, look=look, seen=self.fixed_seen))
        self._closed = [c for c in self._closed if c.day > day]

    def _forget_changed(self, blocks: list[Block], *, look: Look) -> None:
        """Start over if a day that was summed has changed after all, or was not over yet at this moment."""
        kept = [(d.day, d.revision) for d in self._closed]
        same = kept == [(b.day, b.revision) for b in blocks[: len(kept)]]
        if not same or (kept and not look.is_over(blocks[len(kept) - 1])):
            self._closed, self._seen = [], self.fixed_seen.copy()


def _close(block: Block, *, look: Look, seen: Seen) -> Closed:
    day = _day(block, look=look)
    return Closed(day=block.day, revision=block.revision, cohorts=tuple(_sums(day, seen.add(day.tosses), look=look)))


class _Rows(NamedTuple):
    """Columns of rows that belong to the rollout; all of shape (rows,)."""

    to_candidate: Bools
    failed: Bools
    mature: Bools
    outcome: Floats
    loss: Floats
    candidate: Floats
    live: Floats
    paired: Bools
    took_us: Floats
    wait: Levels
    first_error: Bools
    first_failure: Bools
    waited: Levels
    late_us: Floats

    def of(self, rows: Ints | Bools) -> "_Rows":
        """Return some of the rows."""
        return _Rows._make(column[rows] for column in self)


class _Day(NamedTuple):
    """A day's rows that belong to the rollout; which of its errors are an entity's first is not known yet."""

    unit: Ints
    rows: _Rows
    tosses: Tosses


def _day(block: Block, *, look: Look) -> _Day:
    (rollout, ledger, now_us), wait_us, terms = look, look.wait_us, look.ledger.terms
    candidate, live = ledger.arm(rollout.candidate), ledger.arm(rollout.live)
    own, to_candidate = look.own(block)
    by_candidate = block.arm[own] == candidate
    at_us, version, score, fallback = block.at_us[own], block.version[own], block.score[own], block.fallback[own]
    course = block.course[own]
    failed = fallback | ~(np.isfinite(score) | np.isin(course, PENDING))
    if terms.latency_budget_ms is not None:
        failed |= block.latency_us[own] > terms.latency_budget_ms * 1000
    asked_us = look.by_now(at_us)
    mature = asked_us + wait_us <= now_us
    came_us = look.by_now(block.outcome_at_us[own])
    told = in_time(came_us, at_us=asked_us, wait_us=wait_us, now_us=now_us)
    outcome = np.where(told & mature, block.outcome[own], np.nan)
    loss = terms.loss(score, outcome=outcome)
    took_us = np.where(np.isfinite(score), np.maximum(block.latency_us[own], 1.0), np.inf)
    wait = levels_of(took_us) if look.asks_latency else np.zeros(len(score), dtype=np.uint16)
    (said, asked), (live_said, live_asked) = block.shadow(candidate), block.shadow(live)
    tosses = Tosses(
        entity=block.entity[own],
        at_us=at_us,
        version=version,
        stage=_dealt_stage(rollout, version=version),
        erred=(loss > 0) if terms.binary else np.zeros(len(loss), dtype=bool),
        failed=failed,
        wait=wait,
    )
    rows = _Rows(
        to_candidate=to_candidate,
        failed=failed,
        mature=mature,
        outcome=outcome,
        loss=loss,
        candidate=np.where(by_candidate, score, said[own]),
        live=np.where(by_candidate, live_said[own], score),
        paired=np.where(by_candidate, live_asked[own], asked[own]),
        took_us=took_us,
        wait=wait,
        first_error=tosses.erred,
        first_failure=failed,
        waited=wait,
        late_us=np.where(told & mature, np.maximum(came_us - asked_us, 1), np.inf),
    )
    return _Day(at_us // look.length_us, rows, tosses)


def _dealt_stage(rollout: Rollout, *, version: npt.NDArray[np.int32]) -> Stages:
    """Return the number of the stage that each row came under, or -1 where that stage deals nothing."""
    shares = {s.name: s.share for s in rollout.plan.stages}
    starts = np.array([e.route_version for e in rollout.entries])
    dealt = np.array([is_dealt(shares[e.stage]) for e in rollout.entries])
    stage = np.searchsorted(starts, version, side="right") - 1
    return np.where((stage >= 0) & dealt[stage], stage, -1).astype(np.int16)


def _sums(day: _Day, firsts: Firsts, *, look: Look) -> Iterator[Cohort]:
    terms, length, version = look.ledger.terms, look.length_us, day.tosses.version
    if not len(version):
        return
    first, versions = int(day.unit.min()), int(version.max()) + 1
    group = (day.unit - first) * versions + version
    rows = day.rows._replace(first_error=firsts.error, first_failure=firsts.failure, waited=firsts.waited)
    ends = np.cumsum(np.bincount(group))
    order = np.argsort(group, kind="stable")
    for number in np.flatnonzero(np.diff(ends, prepend=0)).tolist():
        own = order[ends[number - 1] if number else 0 : ends[number]]
        here = rows.of(own)
        asked_us = day.tosses.at_us[own][here.to_candidate | here.paired]
        start, of_version = first + number // versions, number % versions
        yield Cohort(
            start_us=start * length,
            end_us=(start + 1) * length,
            route_version=of_version,
            share=look.share(of_version),
            candidate=_arm(here.of(here.to_candidate), terms=terms),
            live=_arm(here.of(~here.to_candidate), terms=terms),
            pairs=_pairs(here, terms=terms),
            last_us=int(asked_us.max()) if len(asked_us) else None,
            delays=DELAYS if look.wait_us else count_log(here.late_us[np.isfinite(here.outcome)], error=DELAYS.error),
        )


def _arm(rows: _Rows, *, terms: Terms) -> ArmSums:
    loss = rows.loss[np.isfinite(rows.loss)]
    new = rows.waited == 0
    return ArmSums(
        n=len(rows.loss),
        failures=int(rows.failed.sum()),
        failure_entities=int(rows.first_failure.sum()),
        mature=int(rows.mature.sum()),
        labelled=len(loss),
        errors=int((loss > 0).sum()) if terms.binary else 0,
        error_entities=int(rows.first_error.sum()),
        loss=exact_sum(loss),
        squares=exact_sum(loss**2),
        waits=count_log(rows.took_us, error=ERROR) if rows.wait.any() else LogCounts(error=ERROR),
        slower=count_crossings(rows.waited, rows.wait) if rows.wait.any() else Crossings(),
        first_waits=count_crossings(rows.waited[new], rows.wait[new]),
    )


def _pairs(rows: _Rows, *, terms: Terms) -> PairSums:
    no_candidate, no_live = (rows.paired & ~np.isfinite(side) for side in (rows.candidate, rows.live))
    told = np.isfinite(rows.outcome)
    labelled = told & rows.paired
    a, b = (terms.loss_of_all(side[labelled], outcome=rows.outcome[labelled]) for side in (rows.candidate, rows.live))
    known = np.isfinite(a) & np.isfinite(b)
    a, b = a[known], b[known]
    return PairSums(
        seen=int(rows.paired.sum()),
        failed_candidate=int((no_candidate & ~no_live).sum()),
        failed_live=int((no_live & ~no_candidate).sum()),
        labelled=int(told.sum()),
        n=len(a),
        only_candidate=int(((a > 0) & (b == 0)).sum()) if terms.binary else 0,
        only_live=int(((b > 0) & (a == 0)).sum()) if terms.binary else 0,
        candidate_loss=exact_sum(a),
        live_loss=exact_sum(b),
        squares=exact_sum((a - b) ** 2),
    )
