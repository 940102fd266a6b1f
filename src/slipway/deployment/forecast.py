"""When will each stage end, at today's traffic, if the candidate is as good as live? A plan, not a promise.

A stage lasts at least its shortest stay and what its gates count. ``not-worse`` sums its pairs from the rollout's
start, so what the shadow has shown the canary need not show again: the days that a proof needs are counted over all
stages. What waits for people, monitors or numbers that only users know has no forecast, and is named.
"""

import math
from collections.abc import Sequence

from slipway.deployment.gate_not_worse import N_STAR
from slipway.deployment.outlook import Traffic, power, shortest_s
from slipway.deployment.units import LENGTH_US
from slipway.errors import BadInput
from slipway.records.base import Record
from slipway.records.cohort import Cohort
from slipway.records.gate import Gate, GateKind
from slipway.records.rollout import Plan, Stage
from slipway.stats.asymptotic import MeanSequence
from slipway.stats.power import MeanEffect, expected_time
from slipway.words import duration

_KNOWN = (GateKind.NOT_WORSE, GateKind.HARM, GateKind.SERVICE)


class Forecast(Record, frozen=True, kw_only=True):
    """How long one stage takes.

    Attributes:
        stage: Its name.
        shortest_s: Shortest stay, in seconds: its own minimum, and what its gates count.
        longest_s: After which a hold rolls back.
        expected_s: At today's traffic, for a candidate as good as live; None where the traffic is not known, or no
            end is in sight.
        waits: Gates that wait for what no traffic foretells, such as people.
        words: The same in sentences.
    """

    stage: str
    shortest_s: float
    longest_s: float
    expected_s: float | None
    waits: tuple[GateKind, ...]
    words: tuple[str, ...]


def forecast(plan: Plan, *, traffic: Traffic | None) -> tuple[Forecast, ...]:
    """Return one forecast a stage.

    Args:
        plan: The plan.
        traffic: Today's; None says that it is not known.
    """
    found, spent_s = [], 0.0
    errors = plan.metric == "error"
    for stage in plan.stages:
        expected = None if traffic is None else _expected_s(stage, plan=plan, traffic=traffic, spent_s=spent_s)
        found.append(_tell(stage, plan=plan, expected_s=expected, traffic=traffic if errors else None))
        spent_s += shortest_s(stage, plan=plan) if expected is None else expected
    return tuple(found)


def seen_traffic(cohorts: Sequence[Cohort]) -> Traffic | None:
    """Return the traffic that cohorts saw, or None where they saw no request, no error, or no day to its end.

    The newest cohort may still go on, so it is left out of the rate.

    >>> from slipway.records.cohort import ArmSums
    >>> days = [
    ...     Cohort(
    ...         start_us=t * 86_400_000_000,
    ...         end_us=(t + 1) * 86_400_000_000,
    ...         route_version=1,
    ...         share=0.0,
    ...         live=ArmSums(n=864, mature=864, labelled=864, errors=86),
    ...     )
    ...     for t in range(3)
    ... ]
    >>> seen = seen_traffic(days)
    >>> seen.requests_s, round(seen.error, 3)
    (0.01, 0.1)
    """
    newest = max((c.start_us for c in cohorts), default=0)
    whole = [c for c in cohorts if c.start_us < newest]
    requests = sum(c.candidate.n + c.live.n for c in whole)
    labelled, errors = (sum(getattr(c.live, name) for c in cohorts) for name in ("labelled", "errors"))
    pairs, apart = sum(c.pairs.n for c in cohorts), sum(c.pairs.only_candidate + c.pairs.only_live for c in cohorts)
    if not requests or not 0 < errors <= labelled / 2:
        return None
    seconds = (max(c.end_us for c in whole) - min(c.start_us for c in whole)) / 1e6
    discordance = apart / pairs if apart else Traffic.__struct_defaults__[0]
    return Traffic(requests_s=requests / seconds, error=errors / labelled, discordance=discordance)


def _tell(stage: Stage, *, plan: Plan, expected_s: float | None, traffic: Traffic | None) -> Forecast:
    waits = tuple(dict.fromkeys(g.kind for g in stage.gates if g.kind not in _KNOWN))
    shortest = shortest_s(stage, plan=plan)
    words = [f"At least {duration(shortest)}, at most {duration(stage.max_s)}."]
    if expected_s is not None:
        words.append(f"At today's traffic about {duration(expected_s)}, if the candidate is as good as live.")
        if expected_s > stage.max_s:
            words.append(
                f"That is longer than the {duration(stage.max_s)} after which a hold rolls back: state a longer 'max', "
                "a wider margin, or get more traffic."
            )
    if waits:
        words.append(f"Besides it waits for {', '.join(waits)}, which traffic does not foretell.")
    if traffic is not None:
        words += power(stage, plan=plan, traffic=traffic)
    return Forecast(
        stage=stage.name,
        shortest_s=shortest,
        longest_s=stage.max_s,
        expected_s=expected_s,
        waits=waits,
        words=tuple(words),
    )


def _expected_s(stage: Stage, *, plan: Plan, traffic: Traffic, spent_s: float) -> float | None:
    """Return the stay in a stage, so many seconds after the rollout's start; None where no end is in sight."""
    longest = shortest_s(stage, plan=plan)
    for gate in stage.gates:
        needed = _needed_s(gate, stage=stage, plan=plan, traffic=traffic)
        if needed is None:
            return None
        before_s = max(0.0, spent_s - plan.maturity_s) if gate.kind is GateKind.NOT_WORSE else 0.0
        longest = max(longest, needed - before_s)
    return longest


def _needed_s(gate: Gate, *, stage: Stage, plan: Plan, traffic: Traffic) -> float | None:
    """Return how long evidence for a pass is gathered, the wait for outcomes included."""
    if gate.kind not in _KNOWN:
        return 0.0
    wait_s = 0.0 if gate.kind is GateKind.SERVICE else plan.maturity_s
    if gate.kind is not GateKind.NOT_WORSE:
        if gate.unit != "row":
            return 0.0
        share = stage.share if 0 < stage.share < 1 else 1.0
        return gate.min_units / (traffic.requests_s * share) + wait_s
    if plan.metric != "error" or not gate.margin > 0:
        return None
    length_s = 1.0 / traffic.requests_s if gate.unit == "row" else LENGTH_US[gate.unit] / 1e6
    sd = math.sqrt(traffic.discordance / max(1.0, traffic.requests_s * length_s))
    test = MeanSequence(alpha=gate.passes_at, n_star=N_STAR[gate.unit])
    units = expected_time(test, effect=MeanEffect(distance=gate.margin, sd=sd)).median
    return math.ceil(units) * length_s + wait_s if math.isfinite(units) else None


def traffic_of(*, per_day: float, error: float, discordance: float | None = None) -> Traffic:
    """Return the traffic that a person states.

    Raises:
        BadInput: A rate or share out of range.
    """
    if not 0 < per_day < math.inf:
        raise BadInput(f"per day: want more than 0 requests a day, got {per_day:g}.")
    stated = {} if discordance is None else {"discordance": discordance}
    return Traffic(requests_s=per_day / 86400, error=error, **stated)
