"""Simulated rollouts: cohorts of two arms with known error rates, for exams of the judge and of faces that show it."""

from typing import NamedTuple

import numpy as np

from slipway.deployment.judge import judge
from slipway.deployment.transition import begin, follow
from slipway.records.arm import Arm, ArmKind
from slipway.records.cohort import ArmSums, Cohort, PairSums
from slipway.records.gate import Gate, GateKind
from slipway.records.rollout import Plan, Rollout, RolloutStatus, Stage, StageKind, Verdict
from slipway.records.route import Route, Share

DAY_US = 86_400_000_000
LIVE = Arm(name="live", kind=ArmKind.RULE, rule="x > 1")
CANDIDATE = Arm(name="candidate", kind=ArmKind.RULE, rule="x > 2")
ROUTE = Route(name="main", version=1, salt="s", shares=(Share(arm="live", share=1.0),), arms=(LIVE,))


class Rates(NamedTuple):
    """What the simulated arms are like.

    Attributes:
        live: Live's error rate.
        candidate: The candidate's.
        n: Requests a day.
        swing: Standard deviation of the days' shared swing in both rates.
    """

    live: float = 0.1
    candidate: float = 0.1
    n: int = 600
    swing: float = 0.0


EQUAL = Rates()
"""Two arms that err equally often."""


def plan(
    *,
    days: float = 30.0,
    alpha: float = 0.05,
    margin: float = 0.01,
    unit: str = "day",
    min_units: int = 3,
    maturity_s: float = 0.0,
    pair: bool = True,
) -> Plan:
    """Return a plan of five stages, none of which has a shortest stay; its gates read five sequences of evidence."""
    kinds = (GateKind.SERVICE, GateKind.HARM, GateKind.NOT_WORSE)
    service, harm, not_worse = (
        Gate(
            kind=kind,
            margin=margin if kind is GateKind.NOT_WORSE else 0.0,
            alpha=alpha / 5,
            unit=unit,
            min_units=1 if kind is GateKind.SERVICE else min_units,
        )
        for kind in kinds
    )
    stages = (
        ("shadow", StageKind.SHADOW, 0.0, (not_worse,)),
        ("canary", StageKind.CANARY, 0.05, (service, harm, not_worse)),
        ("ramp", StageKind.RAMP, 0.5, (service, harm, not_worse)),
        ("full", StageKind.FULL, 1.0, (harm, not_worse)),
        ("watch", StageKind.WATCH, 1.0, (harm, not_worse)),
    )
    return Plan(
        stages=tuple(
            Stage(name=name, kind=kind, share=share, gates=gates, min_s=0.0, max_s=days * 86400)
            for name, kind, share, gates in stages
        ),
        alpha=alpha,
        maturity_s=maturity_s,
        pair=pair,
    )


def day(rng: np.random.Generator, rates: Rates = EQUAL, *, start_us: int, version: int, share: float) -> Cohort:
    """Return one day: the arms err together on most requests and apart on some; every entity comes once."""
    swing = rng.normal(0.0, rates.swing) if rates.swing else 0.0
    base = min(max(min(rates.live, rates.candidate) * 0.8 + swing, 0.0), 1.0)
    both = rng.random(rates.n) < base
    wrong = {
        name: both | (rng.random(rates.n) < max(0.0, (rate - 0.8 * min(rates.live, rates.candidate)) / (1 - base)))
        for name, rate in (("candidate", rates.candidate), ("live", rates.live))
    }
    dealt = rng.random(rates.n) < share
    arms = {}
    for name, mask in (("candidate", dealt), ("live", ~dealt)):
        k, m = int(mask.sum()), int(wrong[name][mask].sum())
        arms[name] = ArmSums(n=k, mature=k, labelled=k, errors=m, error_entities=m, loss=float(m), squares=float(m))
    pairs = PairSums(
        seen=rates.n,
        labelled=rates.n,
        n=rates.n,
        only_candidate=int((wrong["candidate"] & ~wrong["live"]).sum()),
        only_live=int((wrong["live"] & ~wrong["candidate"]).sum()),
        candidate_loss=float(wrong["candidate"].sum()),
        live_loss=float(wrong["live"].sum()),
        squares=float((wrong["candidate"] != wrong["live"]).sum()),
    )
    return Cohort(
        start_us=start_us,
        end_us=start_us + DAY_US,
        route_version=version,
        share=share,
        candidate=arms["candidate"],
        live=arms["live"],
        pairs=pairs,
    )


def month(rates: Rates = EQUAL, *, seed: int = 0, share: float = 0.0, version: int = 2, days: int = 25) -> list[Cohort]:
    """Return days in a row under one version of the route, from the epoch on."""
    rng = np.random.default_rng(seed)
    return [day(rng, rates, start_us=t * DAY_US, version=version, share=share) for t in range(days)]


def started(plan: Plan, *, now_us: int = 0) -> tuple[Rollout, Route]:
    """Return a rollout in its first stage, and its route (version 2)."""
    rollout, route = begin("r1", route=ROUTE, candidate=CANDIDATE, plan=plan, now_us=now_us)
    return rollout, route or ROUTE


def simulate(seed: int, rates: Rates = EQUAL, *, plan: Plan, days: int = 150) -> tuple[Rollout, list[Verdict]]:
    """Run a whole rollout with one judgement a day, until it ends or the days are over."""
    rng = np.random.default_rng(seed)
    rollout, route = started(plan)
    cohorts: list[Cohort] = []
    verdicts: list[Verdict] = []
    for t in range(days):
        cohorts.append(day(rng, rates, start_us=t * DAY_US, version=route.version, share=rollout.stage().share))
        verdicts.append(judge(rollout, cohorts, now_us=(t + 1) * DAY_US))
        rollout, changed = follow(verdicts[-1], rollout=rollout, route=route)
        route = changed or route
        if rollout.status is not RolloutStatus.RUNNING:
            break
    return rollout, verdicts


def latency_plan(
    *, margin: float = 0.05, share: float = 0.1, gates: tuple[GateKind, ...] = (GateKind.LATENCY,), unit: str = "hour"
) -> Plan:
    """Return a plan of one canary, whose gates share alpha = 0.05."""
    asked = tuple(
        Gate(kind=kind, margin=margin if kind is GateKind.LATENCY else 0.0, alpha=0.05 / len(gates), unit=unit)
        for kind in gates
    )
    canary = Stage(name="canary", kind=StageKind.CANARY, share=share, gates=asked, min_s=0.0, max_s=7 * 86400.0)
    return Plan(stages=(canary,), maturity_s=0.0, pair=False)
