"""Which rollouts people are told of: rolled back, near the deadline of a hold, or with a world that changed."""

from collections.abc import Collection, Iterable

from slipway.records.rollout import Action, Rollout, RolloutStatus, StageKind, Verdict
from slipway.records.trouble import AlertKind, Severity, Trouble
from slipway.words import moment

NEAR_SHARE, NEAR_S = 0.2, 86_400.0
"""A deadline is near in the last fifth of a stay, at most in its last day."""

RECENT_US = 7 * 86_400_000_000
"""For how long a rollback is told of, unless somebody resolves it or another rollout starts."""


def rollout_troubles(
    rollouts: Iterable[tuple[Rollout, Verdict | None]], *, now_us: int, told: Collection[str] = ()
) -> list[Trouble]:
    """Return what is wrong with the newest rollout of each route, and which before it were rolled back unnoticed.

    Between two looks one may be rolled back and another started; who is told has to hear of the first all the same.

    Args:
        rollouts: All rollouts, oldest first, each with the last verdict that was stored of it.
        now_us: The moment.
        told: Ids of those whose rollback people were told of.
    """
    every = tuple(rollouts)
    newest = {rollout.route: (rollout, verdict) for rollout, verdict in every}
    found: list[Trouble] = []
    for rollout, verdict in newest.values():
        if rollout.status is RolloutStatus.RUNNING:
            found += _running(rollout, verdict, now_us=now_us)
        elif was_rolled_back(rollout, now_us=now_us):
            found.append(_rolled_back(rollout, verdict, now=f"{rollout.live} answers on route {rollout.route}"))
    for rollout, verdict in every:
        last = newest[rollout.route][0]
        if rollout.id != last.id and rollout.id not in told and was_rolled_back(rollout, now_us=now_us):
            found.append(_rolled_back(rollout, verdict, now=f"the newest on route {rollout.route} is {last.id}"))
    return found


def was_rolled_back(rollout: Rollout, *, now_us: int) -> bool:
    """Tell whether it was rolled back so lately that people are told of it."""
    return rollout.status is RolloutStatus.ROLLED_BACK and now_us - (rollout.ended_us or 0) <= RECENT_US


def _running(rollout: Rollout, verdict: Verdict | None, *, now_us: int) -> list[Trouble]:
    found, stage, entered_us = [], rollout.stage(), rollout.entered_us
    of_stage = verdict if verdict is not None and verdict.stage == stage.name else None
    if of_stage is not None and of_stage.alert:
        found.append(
            Trouble(
                kind=AlertKind.WORLD_CHANGED,
                about=f"{rollout.id} {stage.name}",
                severity=Severity.CRITICAL,
                sentence=f"Rollout {rollout.id}, stage {stage.name}: {of_stage.alert} The rollout is held.",
                evidence=f"rollout {rollout.id}",
                command=f"slipway rollout show {rollout.id}",
            )
        )
    end_us = entered_us + round(stage.max_s * 1e6)
    near_us = end_us - round(min(NEAR_SHARE * stage.max_s, NEAR_S) * 1e6)
    if stage.kind is not StageKind.WATCH and now_us >= near_us:
        found.append(
            Trouble(
                kind=AlertKind.DEADLINE,
                about=f"{rollout.id} {stage.name}",
                severity=Severity.WARNING,
                sentence=(
                    f"Rollout {rollout.id} of {rollout.candidate} has been held in stage {stage.name} since "
                    f"{moment(entered_us)}; without a verdict it is rolled back at {moment(end_us)}."
                ),
                evidence=f"rollout {rollout.id}",
                command=f"slipway rollout show {rollout.id}",
            )
        )
    return found


def _rolled_back(rollout: Rollout, verdict: Verdict | None, *, now: str) -> Trouble:
    judged = verdict is not None and verdict.action is Action.ROLL_BACK
    by = "by a verdict" if judged else "by command"
    return Trouble(
        kind=AlertKind.ROLLED_BACK,
        about=rollout.id,
        severity=Severity.CRITICAL if judged else Severity.WARNING,
        sentence=(
            f"Rollout {rollout.id} of {rollout.candidate} was rolled back {by} in stage {rollout.entries[-1].stage} at "
            f"{moment(rollout.ended_us)}; {now}."
        ),
        evidence=f"rollout {rollout.id}",
        command=f"slipway rollout show {rollout.id}",
    )
