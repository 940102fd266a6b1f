"""What one worker and its arms take: time by arm on the hot path, memory and processor once a second."""

import os
from collections.abc import Mapping

import msgspec

from slipway.records.usage import ArmUsage, WorkerUsage
from slipway.runtime.proc import cpu_s, resident_bytes

_WINDOW_S = 10.0


class Use(msgspec.Struct, kw_only=True):
    """What one worker took since it started.

    Attributes:
        rows: Rows that each arm was asked about.
        busy_s: Time that each arm took for them, in seconds. In the tick that is processor time, for it computes there
            and waits for nothing; of an arm that is awaited it is the time waited.
        arms: What each arm of the route in force says that it takes.
        memory_bytes: Resident memory of the worker itself, its models included.
        cpu_s: Processor time of the worker itself, in seconds.
        marks: Moments of the last ten seconds, each with the processor time used until then, processes included.
        arm_marks: The same of each arm.
    """

    rows: dict[str, int] = {}
    busy_s: dict[str, float] = {}
    arms: dict[str, ArmUsage] = {}
    memory_bytes: int = 0
    cpu_s: float = 0.0
    marks: list[tuple[float, float]] = []
    arm_marks: dict[str, list[tuple[float, float]]] = {}

    def spent(self, arm: str, *, rows: int, ns: int) -> None:
        """Count one batch.

        >>> use = Use()
        >>> use.spent("live", rows=3, ns=2_000_000)
        >>> use.spent("live", rows=1, ns=1_000_000)
        >>> use.rows, use.busy_s
        ({'live': 4}, {'live': 0.003})
        """
        self.rows[arm] = self.rows.get(arm, 0) + rows
        self.busy_s[arm] = self.busy_s.get(arm, 0.0) + ns / 1e9

    def measure(self, arms: Mapping[str, ArmUsage], *, now_s: float) -> None:
        """Take what the arms say, and read what this process holds; asked once a second.

        Args:
            arms: What the arms of the route in force take.
            now_s: Monotonic seconds.
        """
        self.arms = dict(arms)
        self.memory_bytes, self.cpu_s = resident_bytes(os.getpid()), cpu_s(os.getpid())
        whole_s = self.cpu_s + sum(a.cpu_s for a in self.arms.values())
        self.marks = _marked(self.marks, now_s, whole_s)
        spent = {name: self._spent_s(name, told) for name, told in self.arms.items()}
        self.arm_marks = {name: _marked(self.arm_marks.get(name, []), now_s, s) for name, s in spent.items()}

    def told(self, worker: str) -> WorkerUsage:
        """Return what the worker takes, with the processes that its arms run in.

        >>> use = Use(memory_bytes=100, arms={"f": ArmUsage(device="process", memory_bytes=50)})
        >>> use.marks = [(0.0, 1.0), (4.0, 3.0)]
        >>> told = use.told("worker-0")
        >>> told.memory_bytes, told.cores
        (150, 0.5)
        """
        arms = {
            name: msgspec.structs.replace(told, cores=_cores(self.arm_marks.get(name, [])))
            for name, told in self.arms.items()
        }
        return WorkerUsage(
            name=worker,
            memory_bytes=self.memory_bytes + sum(a.memory_bytes for a in self.arms.values() if a.device == "process"),
            cores=_cores(self.marks),
            arms=arms,
        )

    def _spent_s(self, name: str, told: ArmUsage) -> float:
        if told.device == "process":
            return told.cpu_s
        return 0.0 if told.device == "remote" else self.busy_s.get(name, 0.0)


def _marked(marks: list[tuple[float, float]], now_s: float, spent_s: float) -> list[tuple[float, float]]:
    """Add a mark; what was spent grows less where an arm left and took its time with it: count anew from there."""
    return [*(m for m in marks if m[0] > now_s - _WINDOW_S and m[1] <= spent_s), (now_s, spent_s)]


def _cores(marks: list[tuple[float, float]]) -> float | None:
    (begun_s, before_s), (now_s, spent_s) = (marks[0], marks[-1]) if marks else ((0.0, 0.0), (0.0, 0.0))
    return (spent_s - before_s) / (now_s - begun_s) if now_s > begun_s else None
