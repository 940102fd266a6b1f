"""How a plan reads: what each stage does and asks, how long it takes, and where a rollout that follows it stands."""

import msgspec

from slipway.cli.screen import Screen
from slipway.deployment.forecast import Forecast, forecast, traffic_of
from slipway.deployment.outlook import Traffic
from slipway.deployment.plan import explain
from slipway.records.base import Record
from slipway.records.rollout import Plan, Rollout, RolloutStatus
from slipway.words import count, moment, number, percent

UNKNOWN = (
    "How much traffic comes is not known, so how long the stages take is not either: no rollout has seen a whole day "
    "with errors in it. Say it: --per-day 10000."
)


class PlanPage(Record, frozen=True, kw_only=True):
    """A plan, told.

    Attributes:
        plan: The plan.
        sentences: One a stage, and what it promises.
        forecasts: How long each stage takes.
        traffic: On which traffic that rests, in a sentence.
        stands: Where the rollout that follows it stands, or empty.
        toml: The plan as a page of TOML.
    """

    plan: Plan
    sentences: tuple[str, ...]
    forecasts: tuple[Forecast, ...]
    traffic: str
    stands: str
    toml: str


def stated_traffic(
    seen: Traffic | None, *, per_day: float | None, error: float | None, target: float
) -> Traffic | None:
    """Return the traffic to reckon with: what is stated, else what was seen; None where neither says how much comes.

    Args:
        seen: What the newest rollout saw.
        per_day: Requests a day, as somebody says.
        error: Live's error rate, as somebody says.
        target: The metric's target, which stands in where nobody knows the error rate.

    Raises:
        BadInput: A rate or share out of range.
    """
    if per_day is None and seen is None:
        return None
    known = target if seen is None else seen.error
    made = traffic_of(
        per_day=seen.requests_s * 86400 if per_day is None and seen is not None else per_day or 0.0,
        error=(known if 0 < known <= 0.5 else 0.5) if error is None else error,
    )
    return made if seen is None else msgspec.structs.replace(made, discordance=seen.discordance)


def plan_page(plan: Plan, *, rollout: Rollout | None, traffic: Traffic | None, toml: str) -> PlanPage:
    """Return the page.

    Args:
        plan: The plan.
        rollout: One that follows it, or None.
        traffic: As far as it is known.
        toml: The plan as a page of TOML.
    """
    return PlanPage(
        plan=plan,
        sentences=explain(plan),
        forecasts=forecast(plan, traffic=traffic),
        traffic=UNKNOWN if traffic is None else _of(traffic),
        stands="" if rollout is None else _stands(rollout),
        toml=toml,
    )


def told_plan(screen: Screen, told: PlanPage) -> None:
    """Print each stage with its time, then the promise."""
    if told.stands:
        screen.line(told.stands)
        screen.line()
    for sentence, ahead in zip(told.sentences, told.forecasts, strict=False):
        screen.line(sentence)
        screen.line(f"  {' '.join(ahead.words)}")
    for sentence in (*told.sentences[len(told.forecasts) :], told.traffic):
        screen.line(sentence)


def _of(traffic: Traffic) -> str:
    day = count(round(traffic.requests_s * 86400), "request")
    return (
        f"Reckoned with {day} a day, of which live errs on {percent(traffic.error)} and the two arms differ on "
        f"{percent(traffic.discordance)}; real days differ, which takes longer."
    )


def _stands(rollout: Rollout) -> str:
    if rollout.status is not RolloutStatus.RUNNING:
        return f"Rollout {rollout.id} is {rollout.status} since {moment(rollout.ended_us)}."
    entry, stage = rollout.entries[-1], rollout.stage()
    end_us = entry.at_us + round(stage.max_s * 1e6)
    place = number([s.name for s in rollout.plan.stages].index(stage.name) + 1)
    return (
        f"Rollout {rollout.id} is in stage {stage.name} ({place} of {len(rollout.plan.stages)}) since "
        f"{moment(entry.at_us)}; without a verdict it rolls back at {moment(end_us)}."
    )
