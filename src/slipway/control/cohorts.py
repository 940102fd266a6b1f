"""From the ledger to cohorts: the sums that the judge reads, a unit of time under one route version at a time.

A day that is over and waited for does not change any more, so it is summed once. First errors of an entity are counted
along the days: what the closed days have seen is remembered, the open ones are looked at afresh each time.

An entity is one toss of the coin that dealt it: in the stage of its first request while both arms answer, and in no
other. What live did to it in the shadow is no toss, and in a later stage its side is no chance any more: a candidate
that errs as often, but on other entities, would look guilty of each new error, for live has made its own before.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from slipway.control.block import Block
from slipway.control.ledger import Ledger
from slipway.control.maturity import in_time
from slipway.control.terms import Terms
from slipway.deployment.dealt import is_dealt
from slipway.deployment.units import unit_length_us
from slipway.records.cohort import ArmSums, Cohort, PairSums
from slipway.records.rollout import Rollout

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


class _Closed(NamedTuple):
    """A day that was summed for good."""

    day: int
    revision: int
    cohorts: tuple[Cohort, ...]


@dataclass
class _Seen:
    """What earlier days of the rollout say of entities.

    Attributes:
        erred: Those whose error was counted.
        failed: Those whose failure was counted.
        home: By entity, the number of the stage that first dealt it, or -1; entities beyond the end were not dealt.
    """

    erred: set[int] = field(default_factory=set)
    failed: set[int] = field(default_factory=set)
    home: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))

    def copy(self) -> "_Seen":
        return _Seen(set(self.erred), set(self.failed), self.home.copy())


class CohortBook:
    """Keeps the cohorts of one rollout up to date.

    Args:
        rollout_id: The rollout.
    """

    def __init__(self, rollout_id: str) -> None:
        self.rollout_id = rollout_id
        self._closed: list[_Closed] = []
        self._seen = _Seen()

    def cohorts(self, rollout: Rollout, *, ledger: Ledger, now_us: int) -> tuple[Cohort, ...]:
        """Return the cohorts at a moment, oldest first: a function of the rollout, the frames read, and the moment."""
        wait_us = round(rollout.plan.maturity_s * 1e6)
        length = unit_length_us(g.unit for s in rollout.plan.stages for g in s.gates)
        blocks = [b for b in ledger.blocks(rollout.route) if b.end_us > rollout.started_us]
        self._forget_changed(blocks, over_us=now_us - wait_us)
        found = [cohort for day in self._closed for cohort in day.cohorts]
        seen = self._seen
        for block in blocks[len(self._closed) :]:
            over = block.end_us + wait_us <= now_us
            if not over and seen is self._seen:
                seen = seen.copy()  # what open days add may change
            made = tuple(_sum(block, rollout=rollout, ledger=ledger, seen=seen, length=length, now_us=now_us))
            found.extend(made)
            if over and seen is self._seen:
                self._closed.append(_Closed(block.day, block.revision, made))
        return tuple(found)

    def _forget_changed(self, blocks: list[Block], *, over_us: int) -> None:
        """Start over if a day that was summed for good has changed after all, or was not over yet at this moment."""
        kept = [(d.day, d.revision) for d in self._closed]
        same = kept == [(b.day, b.revision) for b in blocks[: len(kept)]]
        if not same or (kept and blocks[len(kept) - 1].end_us > over_us):
            self._closed, self._seen = [], _Seen()


class _Rows(NamedTuple):
    """Columns of a day's rows that belong to the rollout; all of shape (rows,)."""

    unit: Ints
    version: Ints
    to_candidate: Bools
    failed: Bools
    mature: Bools
    outcome: Floats
    loss: Floats
    candidate: Floats
    live: Floats
    paired: Bools
    first_error: Bools
    first_failure: Bools


def _sum(block: Block, *, rollout: Rollout, ledger: Ledger, seen: _Seen, length: int, now_us: int) -> Iterator[Cohort]:
    rows = _rows(block, rollout=rollout, ledger=ledger, seen=seen, length=length, now_us=now_us)
    for start, version in sorted(set(zip(rows.unit.tolist(), rows.version.tolist(), strict=True))):
        here = (rows.unit == start) & (rows.version == version)
        candidate, live = here & rows.to_candidate, here & ~rows.to_candidate
        yield Cohort(
            start_us=start * length,
            end_us=(start + 1) * length,
            route_version=version,
            share=_share(rollout, version=version),
            candidate=_arm(rows, here=candidate, terms=ledger.terms),
            live=_arm(rows, here=live, terms=ledger.terms),
            pairs=_pairs(rows, here=here, terms=ledger.terms),
        )


def _share(rollout: Rollout, *, version: int) -> float:
    shares = {s.name: s.share for s in rollout.plan.stages}
    return next(shares[e.stage] for e in reversed(rollout.entries) if e.route_version <= version)


def _rows(block: Block, *, rollout: Rollout, ledger: Ledger, seen: _Seen, length: int, now_us: int) -> _Rows:
    terms, wait_us = ledger.terms, round(rollout.plan.maturity_s * 1e6)
    candidate, live = ledger.arm(rollout.candidate), ledger.arm(rollout.live)
    at_us, version, arm = np.array(block.at_us), np.array(block.version), np.array(block.arm)
    fallback, score = np.array(block.fallback, dtype=bool), np.array(block.score)
    own = (version >= rollout.entries[0].route_version) & np.isin(arm, (candidate, live)) & (at_us <= now_us)
    # Who steps in is live, so a row that live answered as fallback was dealt to the candidate.
    to_candidate = ((arm == candidate) & ~fallback) | ((arm == live) & fallback)
    failed = fallback | ~np.isfinite(score)
    if terms.latency_budget_ms is not None:
        failed |= np.array(block.latency_us) > terms.latency_budget_ms * 1000
    came = np.array(block.outcome_at_us)
    mature = at_us + wait_us <= now_us
    told = in_time(came, at_us=at_us, wait_us=wait_us, now_us=now_us)
    outcome = np.where(told & mature, np.array(block.outcome), np.nan)
    loss = terms.loss(score, outcome=outcome)
    said, asked = block.shadow(candidate)
    live_said, live_asked = block.shadow(live)
    by_candidate = arm == candidate
    entity = np.array(block.entity)
    order = np.lexsort((version, at_us))
    tossed = own & _at_home(entity, stage=_dealt_stage(rollout, version=version), where=own, order=order, seen=seen)
    first_error = _first(entity, where=tossed & terms.binary & (loss > 0), order=order, seen=seen.erred)
    first_failure = _first(entity, where=tossed & failed, order=order, seen=seen.failed)
    return _Rows(
        unit=(at_us // length)[own],
        version=version[own],
        to_candidate=to_candidate[own],
        failed=failed[own],
        mature=mature[own],
        outcome=outcome[own],
        loss=loss[own],
        candidate=np.where(by_candidate, score, said)[own],
        live=np.where(by_candidate, live_said, score)[own],
        paired=np.where(by_candidate, live_asked, asked)[own],
        first_error=first_error[own],
        first_failure=first_failure[own],
    )


def _dealt_stage(rollout: Rollout, *, version: Ints) -> Ints:
    """Return the number of the stage that each row came under, or -1 where that stage deals nothing."""
    shares = {s.name: s.share for s in rollout.plan.stages}
    starts = np.array([e.route_version for e in rollout.entries])
    dealt = np.array([is_dealt(shares[e.stage]) for e in rollout.entries])
    stage = np.searchsorted(starts, version, side="right") - 1
    return np.where((stage >= 0) & dealt[stage], stage, -1)


def _at_home(entity: Ints, *, stage: Ints, where: Bools, order: Ints, seen: _Seen) -> Bools:
    """Tell which rows came in the stage that first dealt their entity; note the stages of those dealt first here."""
    dealt = where & (stage >= 0)
    rows = order[dealt[order]]
    home = np.full(max(len(seen.home), int(entity.max(initial=-1)) + 1), -1, dtype=np.int64)
    home[: len(seen.home)] = seen.home
    fresh = rows[home[entity[rows]] < 0][::-1]  # backwards: of several rows of an entity, the first is written last
    home[entity[fresh]] = stage[fresh]
    seen.home = home
    return np.asarray(dealt & (home[entity] == stage))


def _first(entity: Ints, *, where: Bools, order: Ints, seen: set[int]) -> Bools:
    """Mark each entity's first row of those marked, if it was not seen before; note it as seen."""
    rows = order[where[order]]
    names, first = np.unique(entity[rows], return_index=True)
    out = np.zeros(len(entity), dtype=bool)
    new = [i for name, i in zip(names.tolist(), first.tolist(), strict=True) if name not in seen]
    out[rows[new]] = True
    seen.update(names.tolist())
    return out


def _arm(rows: _Rows, *, here: Bools, terms: Terms) -> ArmSums:
    loss = rows.loss[here]
    loss = loss[np.isfinite(loss)]
    return ArmSums(
        n=int(here.sum()),
        failures=int((here & rows.failed).sum()),
        failure_entities=int((here & rows.first_failure).sum()),
        mature=int((here & rows.mature).sum()),
        labelled=len(loss),
        errors=int((loss > 0).sum()) if terms.binary else 0,
        error_entities=int((here & rows.first_error).sum()),
        loss=math.fsum(loss),
        squares=math.fsum(loss**2),
    )


def _pairs(rows: _Rows, *, here: Bools, terms: Terms) -> PairSums:
    both = here & rows.paired
    no_candidate, no_live = ~np.isfinite(rows.candidate[both]), ~np.isfinite(rows.live[both])
    told = here & np.isfinite(rows.outcome)
    labelled = told & rows.paired
    a, b = (terms.loss_of_all(side[labelled], outcome=rows.outcome[labelled]) for side in (rows.candidate, rows.live))
    known = np.isfinite(a) & np.isfinite(b)
    a, b = a[known], b[known]
    return PairSums(
        seen=int(both.sum()),
        failed_candidate=int((no_candidate & ~no_live).sum()),
        failed_live=int((no_live & ~no_candidate).sum()),
        labelled=int(told.sum()),
        n=len(a),
        only_candidate=int(((a > 0) & (b == 0)).sum()) if terms.binary else 0,
        only_live=int(((b > 0) & (a == 0)).sum()) if terms.binary else 0,
        candidate_loss=math.fsum(a),
        live_loss=math.fsum(b),
        squares=math.fsum((a - b) ** 2),
    )
