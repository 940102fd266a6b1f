"""Small records of several kinds, for tests of what keeps them."""

import math

from slipway.records.arm import Arm, ArmKind
from slipway.records.gate import Gate, GateKind
from slipway.records.rollout import Action, Decision, GateResult, Verdict
from slipway.records.route import Route, Share
from slipway.stats.evidence import AnytimeInterval


def arm(name: str = "live", *, timeout_ms: float = 100.0) -> Arm:
    """Return an arm that is a rule."""
    return Arm(name=name, kind=ArmKind.RULE, rule="dep_delay > 15", timeout_ms=timeout_ms)


def route(version: int = 1, *, name: str = "main", share: float = 0.05) -> Route:
    """Return a route that gives a candidate a share and live the rest."""
    return Route(
        name=name,
        version=version,
        salt="salt",
        shares=(Share(arm="candidate", share=share), Share(arm="live", share=1 - share)),
        arms=(arm("candidate"), arm("live")),
        fallback="live",
    )


def verdict(*, at_us: int = 0) -> Verdict:
    """Return a verdict that holds on an interval that is still without bounds: infinite, and NaN in the middle."""
    interval = AnytimeInterval(low=-math.inf, high=math.inf, estimate=math.nan, alpha=0.05, n=0)
    gate = Gate(kind=GateKind.HARM)
    held = GateResult(gate=gate, decision=Decision.HOLD, reason="nothing yet", interval=interval, counts={"live": 0.0})
    return Verdict(
        rollout="r1",
        stage="canary",
        at_us=at_us,
        decision=Decision.HOLD,
        action=Action.STAY,
        reason="nothing yet",
        gates=(held,),
    )
