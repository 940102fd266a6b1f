"""Open a route, and start a rollout on it: one transaction each, then the route file follows."""

from slipway.control.arms import find_arm
from slipway.control.publish import RouteFiles, publish_all
from slipway.deployment.transition import begin
from slipway.errors import BadInput, Conflict
from slipway.ports import Change, ControlStore
from slipway.records.arm import NOBODY, Arm, ArmKind
from slipway.records.baseline import measured, with_levels
from slipway.records.dataset import DatasetVersion
from slipway.records.gate import Baseline
from slipway.records.rollout import Plan, Rollout, RolloutStatus
from slipway.records.route import Route, Share
from slipway.records.scoring import Scoring


def open_route(
    name: str,
    *,
    arm: Arm,
    salt: str,
    store: ControlStore,
    files: RouteFiles,
    now_us: int,
    by: str,
    stated: tuple[Arm, ...] = (),
) -> Route:
    """Make the first version of a route, with one arm that answers everyone.

    Args:
        name: A checked word.
        arm: Who answers.
        salt: Key of the deal; make it of secret chance.
        store: Control store.
        files: Route files.
        now_us: The moment.
        by: Who asked for it.
        stated: Arms of the scope; where people answer, what counts once their time is over is among them.

    Raises:
        Conflict: The route exists; a rollout changes it.
        NotFound: Nobody has the name of what counts once the people's time is over.
    """
    steps_in = arm.fallback if arm.kind is ArmKind.PERSON and arm.fallback != NOBODY else None
    arms = (arm,) if steps_in is None else (arm, find_arm(steps_in, store=store, stated=stated))
    route = Route(name=name, version=1, salt=salt, shares=(Share(arm=arm.name, share=1.0),), arms=arms)
    store.commit([Change(route, name, 0)], at_us=now_us, by=by, why=f"route {name} opened with {arm.name}")
    publish_all(store, files=files)
    return route


def start(
    route: str,
    *,
    candidate: Arm,
    plan: Plan,
    scoring: Scoring,
    store: ControlStore,
    files: RouteFiles,
    now_us: int,
    by: str,
) -> Rollout:
    """Start a rollout on a route, in its plan's first stage.

    Args:
        route: Name of the route.
        candidate: The arm on its way in.
        plan: Its stages; a gate that names a baseline gets what the newest dataset version measured of it.
        scoring: The loss that control sums up.
        store: Control store.
        files: Route files.
        now_us: The moment.
        by: Who asked for it.

    Raises:
        Conflict: Another rollout runs on the route, or the route is divided.
        BadInput: The plan asks what cannot be answered, or for a loss that is not the one summed.
        NotFound: No such route.
    """
    plan = with_levels(plan, levels=known_levels(store, metric=plan.metric))
    _check_loss(plan, scoring=scoring)
    present, version = store.get(Route, id=route)
    known = [rollout for _, rollout, _ in store.all(Rollout)]
    for other in known:
        if other.route == route and other.status is RolloutStatus.RUNNING:
            raise Conflict(
                f"route {route}: want one rollout at a time, but {other.id} of {other.candidate} runs. "
                f"Wait for its end, or roll it back first."
            )
    number = sum(r.candidate == candidate.name for r in known) + 1
    made = begin(f"{candidate.name}-{number}", route=present, candidate=candidate, plan=plan, now_us=now_us, by=by)
    changes = [Change(made.rollout, made.rollout.id, 0), Change(made.route, route, version)]
    why = f"rollout of {candidate.name} on {route} started in stage {made.rollout.stage().name}"
    store.commit(changes, at_us=now_us, by=by, why=why)
    publish_all(store, files=files)
    return made.rollout


def known_levels(store: ControlStore, *, metric: str) -> dict[Baseline, float]:
    """Return the mean loss of each baseline of the newest dataset version, in units of the metric."""
    known = [version for _, version, _ in store.all(DatasetVersion)]
    newest = max(known, key=lambda v: v.created_us, default=None)
    return {} if newest is None else measured(newest.baselines, metric=metric)


def _check_loss(plan: Plan, *, scoring: Scoring) -> None:
    if plan.metric != scoring.metric:
        raise BadInput(f"plan.metric: want '{scoring.metric}', which this task has, got '{plan.metric}'.")
    if plan.metric == "error" and plan.errors_cost_one != scoring.errors_cost_one:
        raise BadInput(
            f"plan.errors_cost_one: want {scoring.errors_cost_one}, for a false positive costs "
            f"{scoring.false_positive_cost:g} and a false negative {scoring.false_negative_cost:g} in this project, "
            f"got {plan.errors_cost_one}. Take the plan from the project's scope, or say so in yours."
        )
