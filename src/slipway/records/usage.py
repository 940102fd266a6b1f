"""What an arm and a worker take, as they were measured last: memory, processor, failures."""

from enum import StrEnum

from slipway.records.base import Record


class ArmUsage(Record, frozen=True, kw_only=True):
    """What one arm holds and has done in one worker.

    Attributes:
        device: Where it computes: ``cpu``, ``cuda``, ``process`` or ``remote``.
        memory_bytes: Resident memory that it holds: of a model what loading and answering its examples added in its
            trial, of a function all its processes now. 0 where nothing is held.
        cpu_s: Processor time of its own processes, in seconds; 0 for what runs inside the worker.
        row_s: Time for one row alone, measured in the trial, in seconds; 0 where it was not measured.
        cores: Processor cores that it has in use, over the last ten seconds: of its own processes what they took, of
            what runs inside the worker the time that its batches took, of a remote service 0. None before there are
            two measurements.
        restarts: How often its process was started again, by why the last one ended.
        failures: Batches that it did not answer, by kind.
        note: What is not as it was asked for, though it answers; empty if nothing.
    """

    device: str = "cpu"
    memory_bytes: int = 0
    cpu_s: float = 0.0
    row_s: float = 0.0
    cores: float | None = None
    restarts: dict[str, int] = {}
    failures: dict[str, int] = {}
    note: str = ""


class WorkerUsage(Record, frozen=True, kw_only=True):
    """What one worker takes, with the processes that its arms run in.

    Attributes:
        name: Such as ``worker-0``.
        memory_bytes: Resident memory.
        cores: Processor cores in use over the last ten seconds, or None before there are two measurements.
        arms: What each arm of the route in force says that it takes.
    """

    name: str
    memory_bytes: int
    cores: float | None
    arms: dict[str, ArmUsage] = {}


class BudgetKey(StrEnum):
    """What serving may cost, by its key in ``[budgets]``."""

    MEMORY = "memory_mb"
    CORES = "cpu_cores"


class ServingCost(Record, frozen=True, kw_only=True):
    """What serving would take of one budget with one arm alone: the workers without their arms, and that arm.

    Attributes:
        key: Which budget; memory is that of the worker that takes most, cores are those of all workers.
        budget: What the scope allows, in the budget's unit.
        candidate: What it takes with a rollout's candidate; None where that was not measured.
        live: The same with the live arm.
        over_s: For how long every measurement with the candidate has been above the budget, in seconds.
    """

    key: BudgetKey
    budget: float
    candidate: float | None
    live: float | None
    over_s: float = 0.0

    @property
    def over(self) -> bool:
        """Whether it takes more with the candidate than the budget allows."""
        return self.candidate is not None and self.candidate > self.budget
