"""What serving takes with each arm of a rollout, and for how long it has been too much."""

import time
from collections.abc import Callable, Sequence

import msgspec

from slipway.deployment.budgets import serving_costs
from slipway.records.rollout import Rollout
from slipway.records.scope import Budgets
from slipway.records.usage import ServingCost, WorkerUsage


class Costs:
    """Measures what the scope has a budget for; asked at each step, by one thread.

    Args:
        usage: Returns what every worker and the shadow process take now, or nothing.
        budgets: What the scope allows.
        replays: Whether rows of the past are replayed: faster than life, so that cores say nothing about it, and only
            memory is asked for.
        monotonic: Tells seconds since any moment.
    """

    def __init__(
        self,
        usage: Callable[[], Sequence[WorkerUsage]],
        *,
        budgets: Budgets,
        replays: bool = False,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._usage, self._monotonic = usage, monotonic
        self._budgets = msgspec.structs.replace(budgets, cpu_cores=None) if replays else budgets
        self._over_since_s: dict[tuple[str, str], float] = {}

    def __call__(self, rollout: Rollout) -> tuple[ServingCost, ...]:
        """Return the cost of each budget; empty where the scope has none for memory and processor."""
        if self._budgets.memory_mb is None and self._budgets.cpu_cores is None:
            return ()
        try:
            usage = self._usage()
        except OSError:  # who cannot be asked was not measured, which holds
            usage = ()
        found = serving_costs(usage, budgets=self._budgets, candidate=rollout.candidate, live=rollout.live)
        return tuple(self._lasting(rollout.id, cost) for cost in found)

    def _lasting(self, rollout_id: str, cost: ServingCost) -> ServingCost:
        key, now_s = (rollout_id, cost.key), self._monotonic()
        if not cost.over:  # nor measured, which interrupts as well
            self._over_since_s.pop(key, None)
            return cost
        return msgspec.structs.replace(cost, over_s=now_s - self._over_since_s.setdefault(key, now_s))
