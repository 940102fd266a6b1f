"""Roll back by command: somebody knows better than the evidence, or sooner."""

from slipway.control.publish import RouteFiles, publish_all
from slipway.control.ways_back import WaysBack
from slipway.deployment.transition import is_as_left, roll_back, withdraw
from slipway.ports import Change, ControlStore
from slipway.records.rollout import Rollout, RolloutStatus
from slipway.records.route import Route


def roll_back_now(
    rollout_id: str, *, store: ControlStore, files: RouteFiles, ways: WaysBack, now_us: int, by: str, why: str
) -> Rollout:
    """Put the last good arm in force and end the rollout: one transaction, then the route file follows.

    Args:
        rollout_id: A rollout that runs, or one that completed and whose candidate still answers or steps in.
        store: Control store.
        files: Route files.
        ways: Finds where it leads.
        now_us: The moment.
        by: Who asked for it.
        why: Their reason, for the audit trail.

    Raises:
        NotFound: No such rollout.
        Conflict: It is rolled back already, or its route has gone another way since.
    """
    rollout, version = store.get(Rollout, id=rollout_id)
    present, route_version = store.get(Route, id=rollout.route)
    back, arms = ways.find(rollout, present=present)
    after = _after(rollout, route=present, store=store)
    changes = []
    if after is None:
        done = roll_back(rollout, route=present, now_us=now_us, back=back, arms=arms)
    else:
        later, later_version = after
        done, stopped = withdraw(rollout, after=later, route=present, now_us=now_us, back=back, arms=arms)
        changes = [Change(stopped, later.id, later_version)] if stopped != later else []
    changes.append(Change(done.rollout, rollout_id, version))
    if done.route is not None:
        changes.append(Change(done.route, rollout.route, route_version))
    store.commit(changes, at_us=now_us, by=by, why=f"rolled back by command: {why} {back.why}".rstrip())
    publish_all(store, files=files)
    return done.rollout


def _after(rollout: Rollout, *, route: Route, store: ControlStore) -> tuple[Rollout, int] | None:
    """Return the newest rollout that found this one's candidate live, and its version, or None where there is none."""
    if rollout.status is not RolloutStatus.COMPLETED or is_as_left(route, rollout=rollout):
        return None
    later = [
        (r, version)
        for _, r, version in store.all(Rollout)
        if (r.route, r.live) == (rollout.route, rollout.candidate)
        and r.status is not RolloutStatus.ROLLED_BACK
        and r.started_us >= rollout.started_us
    ]
    return max(later, key=lambda found: found[0].started_us, default=None)
