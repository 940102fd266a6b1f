"""Whether the workers answer by the route in force: they look for a new one every 50 ms."""

from collections.abc import Callable, Iterable

from slipway.records.route import Route
from slipway.serving.run_state import RunState, State


def taken_over(route: Route, *, states: Iterable[RunState], alive: Callable[[int], bool]) -> bool:
    """Tell whether every worker that runs and is ready has this version of the route, or a newer one.

    Args:
        route: The route as stored.
        states: What the processes last said of themselves.
        alive: Tells whether a process still runs.

    >>> from slipway.records.arm import Arm, ArmKind
    >>> from slipway.records.route import Share
    >>> arm = Arm(name="rule", kind=ArmKind.RULE, rule="a > 1")
    >>> route = Route(name="r", version=2, salt="s", shares=(Share(arm="rule", share=1.0),), arms=(arm,))
    >>> said = {"state": State.READY, "route": "r", "at_us": 0}
    >>> new = RunState(name="worker-0", pid=7, route_version=2, **said)
    >>> old = RunState(name="worker-1", pid=8, route_version=1, **said)
    >>> [taken_over(route, states=[new, old], alive=alive) for alive in (lambda pid: True, lambda pid: pid == 7)]
    [False, True]
    """
    return all(s.route_version >= route.version for s in workers_of(states, alive=alive) if s.route == route.name)


def workers_of(states: Iterable[RunState], *, alive: Callable[[int], bool]) -> list[RunState]:
    """Return the workers that run and are ready, as they last said."""
    return [s for s in states if s.name.startswith("worker-") and s.state is State.READY and alive(s.pid)]
