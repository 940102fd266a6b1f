"""A route in force with its arms loaded: what one tick sees, from its beginning to its end."""

from collections.abc import Callable, Mapping

from slipway.ports import Floats, Runtime
from slipway.records.route import Route, assign
from slipway.runtime.batch import Immediate

Score = Callable[..., Floats]
"""``score(columns, *, rows)`` of a runtime that answers at once."""


class LiveRoute:
    """An immutable snapshot; a swap replaces it whole, between two ticks.

    Args:
        route: The route.
        runtimes: Every arm that may answer: those with a share, and the fallback.

    Attributes:
        route: As given.
        runtimes: As given.
        immediate: Arms that answer inside the tick; the others are awaited.
    """

    def __init__(self, route: Route, runtimes: Mapping[str, Runtime]) -> None:
        self.route, self.runtimes = route, dict(runtimes)
        self.immediate: dict[str, Score] = {n: r.score for n, r in runtimes.items() if isinstance(r, Immediate)}
        self._only = next((s.arm for s in route.shares if s.share == 1.0), None)

    def deal(self, entities: list[str]) -> list[str]:
        """Return the arm of each entity, as :func:`slipway.records.route.assign` says."""
        if self._only is not None:
            return [self._only] * len(entities)
        route = self.route
        return [assign(route, entity) for entity in entities]


def answering_arms(route: Route) -> set[str]:
    """Return the names of the arms that a worker must have loaded before the route may be in force.

    >>> from slipway.records.arm import Arm, ArmKind
    >>> from slipway.records.route import Share
    >>> arms = tuple(Arm(name=n, kind=ArmKind.RULE, rule="a > 1") for n in ("old", "new", "beside"))
    >>> shares = (Share(arm="new", share=0.05), Share(arm="old", share=0.95))
    >>> route = Route(name="r", version=1, salt="s", shares=shares, shadows=("beside",), fallback="old", arms=arms)
    >>> sorted(answering_arms(route))
    ['new', 'old']
    """
    return {s.arm for s in route.shares} | ({route.fallback} if route.fallback else set())
