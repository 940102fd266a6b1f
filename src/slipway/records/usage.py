"""What an arm and a worker take, as they were measured last: memory, processor, failures."""

from slipway.records.base import Record


class ArmUsage(Record, frozen=True, kw_only=True):
    """What one arm holds and has done in one worker.

    Attributes:
        device: Where it computes: ``cpu``, ``cuda``, ``process`` or ``remote``.
        memory_bytes: Resident memory that it holds: of a model what loading and answering its examples added in its
            trial, of a function all its processes now. 0 where nothing is held.
        cpu_s: Processor time of its own processes, in seconds; 0 for what runs inside the worker.
        row_s: Time for one row alone, measured in the trial, in seconds; 0 where it was not measured.
        restarts: How often its process was started again, by why the last one ended.
        failures: Batches that it did not answer, by kind.
        note: What is not as it was asked for, though it answers; empty if nothing.
    """

    device: str = "cpu"
    memory_bytes: int = 0
    cpu_s: float = 0.0
    row_s: float = 0.0
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
