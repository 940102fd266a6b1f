"""How long will it take? The shortest stay in a stage, when harm would be found, when equality would be proven."""

import math

import msgspec

from slipway.deployment.dealt import is_dealt
from slipway.deployment.gate_not_worse import N_STAR
from slipway.deployment.units import LENGTH_US
from slipway.errors import BadInput
from slipway.records.gate import Gate, GateKind
from slipway.records.rollout import Plan, Stage
from slipway.stats.asymptotic import MeanSequence
from slipway.stats.event_split import EventSplit
from slipway.stats.power import MeanEffect, RateEffect, expected_time
from slipway.words import amount, count, duration

_AT_ONCE = (GateKind.SERVICE, GateKind.LATENCY, GateKind.AGREEMENT, GateKind.DRIFT)
"""Gates that wait for no outcome."""


class Traffic(msgspec.Struct, frozen=True):
    """What is known of the traffic before a rollout.

    Attributes:
        requests_s: Requests a second, all arms together.
        error: Live's error rate, a share.
        discordance: Share of requests on which exactly one arm would be wrong, a guess; 0.05 where nothing is known.

    Raises:
        BadInput: A rate or share out of range.
    """

    requests_s: float
    error: float
    discordance: float = 0.05

    def __post_init__(self) -> None:
        if not 0 < self.requests_s < math.inf:
            raise BadInput(f"requests_s: want a rate above 0, got {self.requests_s}.")
        if not 0 < self.error <= 0.5:
            raise BadInput(f"error: want 0 < error <= 0.5, got {self.error}. For 2 % write 0.02.")
        if not 0 < self.discordance <= 1:
            raise BadInput(f"discordance: want 0 < discordance <= 1, got {self.discordance}. For 5 % write 0.05.")


def outlook(plan: Plan, *, traffic: Traffic) -> tuple[str, ...]:
    """Return sentences on how long each stage takes; for errors, and only as good as the guess at the traffic.

    It supposes that an entity comes once and that days are alike; real days differ, which takes longer.
    """
    return tuple(
        sentence
        for stage in plan.stages
        for sentence in (
            f"{stage.name}: {duration(shortest_s(stage, plan=plan))} at least.",
            *power(stage, plan=plan, traffic=traffic),
        )
    )


def shortest_s(stage: Stage, *, plan: Plan) -> float:
    """Return the shortest stay in a stage: its minimum, and its gates' units with the wait for their outcomes.

    A person's word takes no unit, and what is seen in the answers themselves waits for no outcome.

    >>> from slipway.records.rollout import StageKind
    >>> gate = Gate(kind=GateKind.HARM, min_units=3)
    >>> canary = Stage(name="canary", kind=StageKind.CANARY, share=0.05, gates=(gate,), min_s=0, max_s=1e9)
    >>> shortest_s(canary, plan=Plan(stages=(canary,), maturity_s=86400.0)) / 86400  # 3 days, and one to wait
    4.0
    """
    waits = [
        gate.min_units * LENGTH_US[gate.unit] / 1e6 + (0.0 if gate.kind in _AT_ONCE else plan.maturity_s)
        for gate in stage.gates
        if gate.unit != "row" and gate.kind is not GateKind.APPROVAL
    ]
    return max([stage.min_s, *waits])


def power(stage: Stage, *, plan: Plan, traffic: Traffic) -> list[str]:
    """Return when the gates of a stage would find doubled errors, and when they would prove equality."""
    found = []
    for gate in stage.gates:
        if gate.kind is GateKind.HARM and is_dealt(stage.share):
            found.append(_harm(gate, share=stage.share, traffic=traffic, maturity_s=plan.maturity_s))
        if gate.kind is GateKind.NOT_WORSE and gate.unit != "row" and gate.margin > 0:
            found.append(_not_worse(gate, traffic=traffic))
    return found


def _harm(gate: Gate, *, share: float, traffic: Traffic, maturity_s: float) -> str:
    effect = RateEffect(live_rate=traffic.error, ratio=2.0)
    known = expected_time(EventSplit(share=share), effect=effect, alpha=gate.alpha, per_s=traffic.requests_s)
    doubled = amount(2 * traffic.error, metric="error")
    if known.median_s is None or not math.isfinite(known.median_s):
        return f"A candidate that errs on {doubled} would not be found by the deal."
    return (
        f"A candidate that errs on {doubled} instead of {amount(traffic.error, metric='error')} is found in "
        f"{duration(known.median_s + maturity_s)} (half of the time; the wait for outcomes included)."
    )


def _not_worse(gate: Gate, *, traffic: Traffic) -> str:
    length_s = LENGTH_US[gate.unit] / 1e6
    sd = math.sqrt(traffic.discordance / max(1.0, traffic.requests_s * length_s))
    test = MeanSequence(alpha=gate.passes_at, n_star=N_STAR[gate.unit])
    known = expected_time(test, effect=MeanEffect(distance=gate.margin, sd=sd))
    if not math.isfinite(known.median):
        return "Equal arms would not be proven to keep the margin."
    return f"Arms that are equal are proven to keep the margin in {count(math.ceil(known.median), gate.unit)} or more."
