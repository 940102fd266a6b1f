"""Find the way back of a rollout: who was live before, who before that, and whether their packages are whole."""

from collections.abc import Callable, Iterable

from slipway.deployment.way_back import WayBack, way_back
from slipway.ports import ControlStore
from slipway.records.arm import Arm
from slipway.records.rollout import Rollout
from slipway.records.route import Route

Whole = Callable[[Arm], str]
"""Arm to what is wrong with its package, or nothing; quick, for a rollback waits for it."""


class WaysBack:
    """Answers where a rollback leads.

    Args:
        store: Control store.
        stated: Arms of the scope.
        whole: Tells what is wrong with an arm's package.
    """

    def __init__(self, store: ControlStore, *, stated: tuple[Arm, ...] = (), whole: Whole = lambda _: "") -> None:
        self._store, self._stated, self._whole = store, stated, whole

    def damaged(self, running: Iterable[tuple[Rollout, int]]) -> list[str]:
        """Say of rollouts that run whose way back is damaged; what is whole is looked at again only when it changed."""
        stated = {a.name: a for a in self._stated} | {a.name: a for _, a, _ in self._store.all(Arm)}
        found = ((r, self._whole(stated[r.live])) for r, _ in running if r.live in stated)
        return [f"way back of {r.id}: {trouble}" for r, trouble in found if trouble]

    def find(self, rollout: Rollout, *, present: Route) -> tuple[WayBack, tuple[Arm, ...]]:
        """Return the way back, and the arms that it names."""
        arms = {a.name: a for a in self._stated} | {a.name: a for _, a, _ in self._store.all(Arm)}
        arms |= {a.name: a for a in present.arms}

        def trouble(name: str) -> str:
            return self._whole(arms[name]) if name in arms else f"arm {name} is not known any more"

        found = way_back(rollout, known=[r for _, r, _ in self._store.all(Rollout)], trouble=trouble)
        return found, tuple(arms[name] for name in (found.arm, found.fallback) if name in arms)
