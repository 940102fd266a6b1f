"""Slipway: the product's own judge, on the cohorts that control would make of the stream.

Plan: an hour of shadow, of which nothing is used but how long live's callers usually wait; then one canary at 10 %,
gates `service`, `harm`, `not-worse` (margin 1 point) and `latency` (margin 5 %), unit `hour`, alpha 5 % for all of
them, each arm shadowing the other's requests. It looks every 3 minutes from the sixth on, after the first hour every
10, and after the second at each whole hour; a server looks every second. Outcomes are waited for as long as they take.

Pairs are more than the others have: the candidate answers every request, ten times as many as the tenth that it is
dealt. *No pairs* is the same judge without shadows: the plan has no gate `not-worse`, and what is known of errors is
what the arms were dealt.
"""

from functools import cache, partial

import numpy as np

from slipway.deployment.judge import judge
from slipway.deployment.transition import follow
from slipway.records.cohort import ArmSums, Cohort, PairSums
from slipway.records.gate import GateKind
from slipway.records.plan_drafts import GateDraft, PlanTerms, StageDraft
from slipway.records.plan_template import complete
from slipway.records.rollout import Decision, StageKind
from slipway.stats.crossings import ERROR, Crossings
from slipway.stats.log_counts import LogCounts
from slipway.testing.rollouts import started

from .streams import CELL_S, EDGES_US, FIRST, HOURS, SHARE

TITLE = "Slipway"
ALPHA = 0.05
HOUR_US = 3_600_000_000
AN_HOUR = 3600 // CELL_S
LOOKS = (
    *(m * 60 // CELL_S - 1 for m in (*range(6, 61, 3), *range(70, 120, 10))),
    *(AN_HOUR * h - 1 for h in range(2, HOURS + 1)),
)
"""Cells at whose end it looks; all tests that peek do so too."""


def plan(delay_h, *, pairs=True, margin=0.05):
    """Return the plan, made as `slipway.toml` makes it; the margin is that of the gate `latency`."""
    gates = (
        GateDraft(kind=GateKind.SERVICE),
        GateDraft(kind=GateKind.HARM),
        *((GateDraft(kind=GateKind.NOT_WORSE),) if pairs else ()),
        GateDraft(kind=GateKind.LATENCY, margin=margin),
    )
    day = HOURS * 3600.0
    shadow = StageDraft(name="shadow", kind=StageKind.SHADOW, gates=(), min_s=3600.0, max_s=day)
    canary = StageDraft(name="canary", kind=StageKind.CANARY, share=SHARE, gates=gates, min_s=day, max_s=4 * day)
    terms = PlanTerms(metric="error", margin=0.01, alpha=ALPHA, unit="hour", maturity_s=delay_h * 3600)
    return complete((shadow, canary), terms=terms)


def stop(stream, *, pairs=True, margin=0.05):
    """Return (the cell after which it rolls back, or None; the gates that fail)."""
    rollout, route = started(plan(stream.family.delay_h, pairs=pairs, margin=margin))
    before = _before(stream, version=route.version)
    rollout, route = follow(judge(rollout, [before], now_us=HOUR_US), rollout=rollout, route=route)
    make = cache(partial(_cohort, stream, version=route.version, pairs=pairs))
    for cell in LOOKS:
        cohorts = [before, *(make(*_known(stream, hour, cell)) for hour in range(cell // AN_HOUR + 1))]
        verdict = judge(rollout, cohorts, now_us=HOUR_US + (cell + 1) * CELL_S * 1_000_000)
        if verdict.decision is Decision.FAIL:
            return cell, tuple(g.gate.kind.value for g in verdict.gates if g.decision is Decision.FAIL)
    return None, ()


def _known(stream, hour, cell):
    """Return (hour, where what was asked in it ends, where what is labelled in it ends) after a cell."""
    first = hour * AN_HOUR
    end = min(first + AN_HOUR, cell + 1)
    return hour, end, max(first, min(end, stream.known(cell)))


def _cohort(stream, hour, end, labelled_end, *, version, pairs=True):
    here, told = slice(hour * AN_HOUR, end), slice(hour * AN_HOUR, labelled_end)
    sums = {"candidate": slice(0, 1), "live": stream.live}
    arms = {name: _arm(stream, which, here, told) for name, which in sums.items()}
    both = _pairs(stream, here, told) if pairs else PairSums()
    start_us = (hour + 1) * HOUR_US
    return Cohort(start_us=start_us, end_us=start_us + HOUR_US, route_version=version, share=SHARE, pairs=both, **arms)


def _before(stream, *, version):
    """Return the hour of the shadow: live's requests, of which the judge uses the waits."""
    n = int(stream.before.sum())
    live = ArmSums(n=n, mature=n, labelled=n, waits=_waits(stream.before))
    return Cohort(start_us=0, end_us=HOUR_US, route_version=version, share=0.0, live=live)


def _pairs(stream, here, told):
    only_candidate, only_live = int(stream.only_candidate[:, told].sum()), int(stream.only_live[:, told].sum())
    labelled = int(stream.labelled[:, told].sum())
    both = int(stream.errors[:, told].sum()) - int(stream.only_candidate[:1, told].sum())
    both -= int(stream.only_live[1:, told].sum())
    return PairSums(
        seen=int(stream.n[:, here].sum()),
        labelled=labelled,
        n=labelled,
        only_candidate=only_candidate,
        only_live=only_live,
        candidate_loss=float(both + only_candidate),
        live_loss=float(both + only_live),
        squares=float(only_candidate + only_live),
    )


def _arm(stream, which, here, told):
    levels = stream.waits[which, here].sum(axis=(0, 1))
    high = np.flatnonzero(levels).max(initial=-1) + 1
    longer = np.cumsum(levels[:high][::-1])[::-1]  # every user comes once and first reaches all levels up to its own
    errors = int(stream.errors[which, told].sum())
    return ArmSums(
        n=int(stream.n[which, here].sum()),
        failures=int(stream.failures[which, here].sum()),
        failure_entities=int(stream.failed_users[which, here].sum()),
        mature=int(stream.n[which, told].sum()),
        labelled=int(stream.labelled[which, told].sum()),
        errors=errors,
        error_entities=errors,
        loss=float(errors),
        squares=float(errors),
        waits=_waits(levels),
        slower=Crossings(first=FIRST, counts=tuple(longer.tolist())),
        first_waits=Crossings(first=1, counts=(int(levels.sum()),) * (FIRST - 1) + tuple(longer.tolist())),
    )


def _waits(levels):
    seen = np.flatnonzero(levels)
    low, high = (int(seen[0]), int(seen[-1]) + 1) if len(seen) else (0, 0)
    largest = float(EDGES_US[high - 1]) if high else 0.0
    return LogCounts(error=ERROR, first=FIRST + low, counts=tuple(levels[low:high].tolist()), largest=largest)
