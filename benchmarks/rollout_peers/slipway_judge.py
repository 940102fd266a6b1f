"""Slipway: the product's own judge, on the cohorts that control would make of the stream.

Plan: one canary at 10 %, gates `service`, `harm`, `not-worse` (margin 1 point) and `latency` (margin 5 %), unit `hour`,
alpha 5 % shared by all of them, each arm shadowing the other's requests. It looks after 6, 10, 20, 30 and 40 minutes
and then at each whole hour. Outcomes are waited for as long as they take.
"""

import numpy as np

from slipway.deployment.judge import judge
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
LOOKS = (2, 4, 9, 14, 19, *(AN_HOUR * hour - 1 for hour in range(1, HOURS + 1)))
"""Cells at whose end it looks; all tests that peek do so too."""


def plan(delay_h):
    """Return the plan, made as `slipway.toml` makes it."""
    gates = (
        GateDraft(kind=GateKind.SERVICE),
        GateDraft(kind=GateKind.HARM),
        GateDraft(kind=GateKind.NOT_WORSE),
        GateDraft(kind=GateKind.LATENCY, margin=0.05),
    )
    day = HOURS * 3600.0
    canary = StageDraft(name="canary", kind=StageKind.CANARY, share=SHARE, gates=gates, min_s=day, max_s=4 * day)
    terms = PlanTerms(metric="error", margin=0.01, alpha=ALPHA, unit="hour", maturity_s=delay_h * 3600)
    return complete((canary,), terms=terms)


def stop(stream, _tuned=None):
    """Return (the cell after which it rolls back, or None; the gates that fail)."""
    rollout, route = started(plan(stream.family.delay_h))
    for cell in LOOKS:
        cohorts = [_cohort(stream, hour, cell, version=route.version) for hour in range(cell // AN_HOUR + 1)]
        verdict = judge(rollout, cohorts, now_us=(cell + 1) * CELL_S * 1_000_000)
        if verdict.decision is Decision.FAIL:
            return cell, tuple(g.gate.kind.value for g in verdict.gates if g.decision is Decision.FAIL)
    return None, ()


def _cohort(stream, hour, cell, *, version):
    here = slice(hour * AN_HOUR, min((hour + 1) * AN_HOUR, cell + 1))
    told = slice(here.start, max(here.start, min(here.stop, stream.known(cell))))
    sums = {"candidate": slice(0, 1), "live": stream.live}
    arms = {name: _arm(stream, which, here, told) for name, which in sums.items()}
    only_candidate, only_live = int(stream.only_candidate[:, told].sum()), int(stream.only_live[:, told].sum())
    labelled = int(stream.labelled[:, told].sum())
    both = int(stream.errors[:, told].sum()) - int(stream.only_candidate[:1, told].sum())
    both -= int(stream.only_live[1:, told].sum())
    pairs = PairSums(
        seen=int(stream.n[:, here].sum()),
        labelled=labelled,
        n=labelled,
        only_candidate=only_candidate,
        only_live=only_live,
        candidate_loss=float(both + only_candidate),
        live_loss=float(both + only_live),
        squares=float(only_candidate + only_live),
    )
    return Cohort(
        start_us=hour * HOUR_US, end_us=(hour + 1) * HOUR_US, route_version=version, share=SHARE, pairs=pairs, **arms
    )


def _arm(stream, which, here, told):
    levels = stream.waits[which, here].sum(axis=(0, 1))
    longer = np.cumsum(levels[::-1])[::-1]  # every user comes once, so each first reaches all levels up to its own
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
        waits=LogCounts(error=ERROR, first=FIRST, counts=tuple(levels.tolist()), largest=float(EDGES_US[-1])),
        slower=Crossings(first=FIRST, counts=tuple(longer.tolist())),
    )
