"""Roll back by command: somebody knows better than the evidence, or sooner."""

from slipway.control.publish import RouteFiles, publish_all
from slipway.deployment.transition import roll_back
from slipway.ports import Change, ControlStore
from slipway.records.rollout import Rollout
from slipway.records.route import Route


def roll_back_now(
    rollout_id: str, *, store: ControlStore, files: RouteFiles, now_us: int, by: str, why: str
) -> Rollout:
    """Put live in force and end the rollout: one transaction, then the route file follows.

    Args:
        rollout_id: A rollout that runs, or the last one that completed on its route.
        store: Control store.
        files: Route files.
        now_us: The moment.
        by: Who asked for it.
        why: Their reason, for the audit trail.

    Raises:
        NotFound: No such rollout.
        Conflict: It is rolled back already, or its route has gone another way since.
    """
    rollout, version = store.get(Rollout, id=rollout_id)
    present, route_version = store.get(Route, id=rollout.route)
    ended = roll_back(rollout, route=present, now_us=now_us)
    changes = [Change(ended.rollout, rollout_id, version), Change(ended.route, rollout.route, route_version)]
    store.commit(changes, at_us=now_us, by=by, why=f"rolled back by command: {why}")
    publish_all(store, files=files)
    return ended.rollout
