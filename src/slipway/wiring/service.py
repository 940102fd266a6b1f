"""Who keeps book of how a project's service does, with its concrete parts."""

from collections.abc import Callable

from slipway.control.service_look import snapshot
from slipway.control.service_watch import ServiceWatch
from slipway.records.rollout import Rollout, RolloutStatus
from slipway.wiring.parts import Parts


def service_of(parts: Parts, *, writes: Callable[[], bool] = lambda: False, replays: bool = False) -> ServiceWatch:
    """Return who keeps book of how the service does."""
    scope, layout = parts.scope, parts.layout

    def candidate() -> str:
        running = (r.candidate for _, r, _ in parts.store.all(Rollout) if r.status is RolloutStatus.RUNNING)
        return next(running, "")

    return ServiceWatch(
        layout.service,
        snapshot=lambda now_us: snapshot(layout.run, now_us=now_us),
        budgets=scope.budgets,
        route=scope.project.name,
        now_us=parts.clock.now_us,
        writes=writes,
        candidate=candidate,
        replays=replays,
    )
