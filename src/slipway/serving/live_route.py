"""A route in force with its arms loaded: what one tick sees, from its beginning to its end."""

from collections.abc import Callable, Mapping

from slipway.ports import Floats, Runtime
from slipway.records.arm import ArmKind
from slipway.records.route import Deal, Route
from slipway.runtime.batch import Immediate
from slipway.serving.people import People
from slipway.serving.use import Use

_SLOW_NS = 50_000_000
Score = Callable[..., Floats]
"""``score(columns, *, rows)`` of a runtime that answers at once."""


class LiveRoute:
    """A snapshot; a swap replaces it whole, between two ticks. All that changes is which arms are awaited.

    Args:
        route: The route.
        runtimes: Every arm that may answer: those with a share, and the fallback.
        use: Where the time that each arm takes is counted, or None: nowhere.

    Attributes:
        route: As given.
        runtimes: As given.
        deal: Returns the arm of each of some entities.
        shadows: Arms that are asked about its rows beside the requests.
        people: The part that people have in it; None where they have none.
        immediate: Arms that answer inside the tick; the others are awaited. An arm that proves slow leaves it.
    """

    def __init__(self, route: Route, runtimes: Mapping[str, Runtime], *, use: Use | None = None) -> None:
        self.route, self.runtimes, self._use = route, dict(runtimes), use
        self.immediate: dict[str, Score] = {
            n: r.score for n, r in runtimes.items() if isinstance(r, Immediate) and r.at_once
        }
        self.shadows, self.people = route.followers, People.of(route)
        self.deal = Deal(route).of

    def spent(self, arm: str, *, rows: int, ns: int) -> None:
        """Count what one batch of an arm took; one that turns out slow is awaited from now on."""
        if self._use is not None:
            self._use.spent(arm, rows=rows, ns=ns)
        if ns > _SLOW_NS and arm in self.immediate and not getattr(self.runtimes[arm], "at_once", True):
            del self.immediate[arm]


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
    people = {a.name for a in route.arms if a.kind is ArmKind.PERSON}
    return {s.arm for s in route.shares} - people | ({route.fallback} if route.fallback else set())
