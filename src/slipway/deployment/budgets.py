"""Is what the workers take within the scope's budgets? Pure; who asks decides what follows from the answer."""

from collections.abc import Sequence

from slipway.records.base import Record
from slipway.records.scope import Budgets
from slipway.records.usage import BudgetKey, ServingCost, WorkerUsage

SHADOW = "shadow"
"""Name of the process that is no worker: it answers nobody, but holds arms."""

_MB = 1 << 20


class BudgetUse(Record, frozen=True, kw_only=True):
    """One budget, and what is taken of it.

    Attributes:
        key: The budget's key in ``slipway.toml``.
        budget: What it allows.
        measured: What is taken, in the budget's unit; None where nobody measured: that is not within the budget.
        who: The worker that takes most, or empty where all are added up.
        largest: The arm that holds most memory there, or empty.
    """

    key: str
    budget: float
    measured: float | None
    who: str = ""
    largest: str = ""

    @property
    def over(self) -> bool:
        """Whether more is taken than the budget allows."""
        return self.measured is not None and self.measured > self.budget

    def words(self) -> str:
        """Return one sentence for people."""
        if self.measured is None:
            return f"budgets.{self.key}: want at most {self.budget:g}, and nobody measured it."
        of = f"{self.who}: " if self.who else ""
        most = f" Arm {self.largest} holds most of it." if self.largest else ""
        return f"{of}budgets.{self.key}: want at most {self.budget:g}, got {self.measured:.3g}.{most}"


def budget_use(workers: Sequence[WorkerUsage], *, budgets: Budgets) -> tuple[BudgetUse, ...]:
    """Return what is taken of each budget that the scope has for memory and processor.

    Memory is each worker's own, the largest counts; cores are those of all workers together.

    Args:
        workers: All that run.
        budgets: What the scope allows.

    >>> from slipway.records.usage import ArmUsage
    >>> arms = {"trees": ArmUsage(memory_bytes=400 << 20), "rule": ArmUsage()}
    >>> workers = [WorkerUsage(name="worker-0", memory_bytes=600 << 20, cores=0.8, arms=arms)]
    >>> use = budget_use(workers, budgets=Budgets(memory_mb=512, cpu_cores=1))
    >>> [(u.key, u.measured, u.over) for u in use]
    [('memory_mb', 600.0, True), ('cpu_cores', 0.8, False)]
    >>> use[0].words()
    'worker-0: budgets.memory_mb: want at most 512, got 600. Arm trees holds most of it.'
    >>> budget_use([], budgets=Budgets(memory_mb=512))[0].measured is None
    True
    """
    found = []
    if budgets.memory_mb is not None:
        found.append(_memory(workers, budgets.memory_mb))
    if budgets.cpu_cores is not None:
        cores = [w.cores for w in workers if w.cores is not None]
        whole = sum(cores) if cores and len(cores) == len(workers) else None
        found.append(BudgetUse(key="cpu_cores", budget=budgets.cpu_cores, measured=whole))
    return tuple(found)


def serving_costs(
    usage: Sequence[WorkerUsage], *, budgets: Budgets, candidate: str, live: str
) -> tuple[ServingCost, ...]:
    """Return what serving takes of each budget with a candidate alone, and with live alone.

    That is what the workers take without their arms, and the arm. Of an arm that is in several processes, the shadow
    process among them, the largest memory and all cores count: where each arm shadows the other's requests, those are
    what it takes to answer everybody.

    Args:
        usage: What every worker and the shadow process take; none of them may be left out.
        budgets: What the scope allows.
        candidate: Name of a rollout's candidate.
        live: Name of its live arm.

    >>> from slipway.records.usage import ArmUsage
    >>> arms = {"old": ArmUsage(memory_bytes=50 << 20), "new": ArmUsage(memory_bytes=400 << 20)}
    >>> workers = [WorkerUsage(name="worker-0", memory_bytes=600 << 20, cores=0.8, arms=arms)]
    >>> (cost,) = serving_costs(workers, budgets=Budgets(memory_mb=512), candidate="new", live="old")
    >>> cost.candidate, cost.live, cost.over
    (550.0, 200.0, True)
    """
    of = {BudgetKey.MEMORY: (budgets.memory_mb, _memory_with), BudgetKey.CORES: (budgets.cpu_cores, _cores_with)}
    return tuple(
        ServingCost(key=key, budget=budget, candidate=take(usage, candidate), live=take(usage, live))
        for key, (budget, take) in of.items()
        if budget is not None
    )


def _memory_with(usage: Sequence[WorkerUsage], arm: str) -> float | None:
    workers = [w for w in usage if w.name != SHADOW]
    held = [w.arms[arm] for w in usage if arm in w.arms]
    known = all(w.memory_bytes for w in workers) and all(a.memory_bytes or a.device != "process" for a in held)
    if not workers or not held or not known:
        return None
    bare = max(max(0, w.memory_bytes - sum(a.memory_bytes for a in w.arms.values())) for w in workers)
    return round((bare + max(a.memory_bytes for a in held)) / _MB, 1)


def _cores_with(usage: Sequence[WorkerUsage], arm: str) -> float | None:
    workers = [w for w in usage if w.name != SHADOW]
    own = [w.arms[arm].cores for w in usage if arm in w.arms]
    every = [a.cores for w in workers for a in w.arms.values()]
    whole = [w.cores for w in workers]
    if not workers or not own or None in (*own, *every, *whole):
        return None
    bare = max(0.0, _sum(whole) - _sum(every))
    return round(bare + _sum(own), 3)


def _sum(cores: Sequence[float | None]) -> float:
    return sum(c for c in cores if c is not None)


def _memory(workers: Sequence[WorkerUsage], budget: float) -> BudgetUse:
    if not workers or not all(w.memory_bytes for w in workers):
        return BudgetUse(key="memory_mb", budget=budget, measured=None)
    most = max(workers, key=lambda w: w.memory_bytes)
    arm = max(most.arms, key=lambda a: most.arms[a].memory_bytes, default="")
    held = arm if arm and most.arms[arm].memory_bytes else ""
    return BudgetUse(
        key="memory_mb", budget=budget, measured=round(most.memory_bytes / _MB, 1), who=most.name, largest=held
    )
