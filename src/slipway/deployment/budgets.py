"""Is what the workers take within the scope's budgets? Pure; who asks decides what follows from the answer."""

from collections.abc import Sequence

from slipway.records.base import Record
from slipway.records.scope import Budgets
from slipway.records.usage import WorkerUsage

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


def _memory(workers: Sequence[WorkerUsage], budget: float) -> BudgetUse:
    if not workers or not all(w.memory_bytes for w in workers):
        return BudgetUse(key="memory_mb", budget=budget, measured=None)
    most = max(workers, key=lambda w: w.memory_bytes)
    arm = max(most.arms, key=lambda a: most.arms[a].memory_bytes, default="")
    held = arm if arm and most.arms[arm].memory_bytes else ""
    return BudgetUse(
        key="memory_mb", budget=budget, measured=round(most.memory_bytes / _MB, 1), who=most.name, largest=held
    )
