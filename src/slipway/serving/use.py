"""What one worker and its arms take: time by arm on the hot path, memory and processor once a second."""

import os
from collections.abc import Mapping

import msgspec

from slipway.records.usage import ArmUsage
from slipway.runtime.proc import cpu_s, resident_bytes


class Use(msgspec.Struct, kw_only=True):
    """What one worker took since it started.

    Attributes:
        rows: Rows that each arm was asked about.
        busy_s: Time that each arm took for them, in seconds. In the tick that is processor time, for it computes there
            and waits for nothing; of an arm that is awaited it is the time waited.
        arms: What each arm of the route in force says that it takes.
        memory_bytes: Resident memory of the worker itself, its models included.
        cpu_s: Processor time of the worker itself, in seconds.
    """

    rows: dict[str, int] = {}
    busy_s: dict[str, float] = {}
    arms: dict[str, ArmUsage] = {}
    memory_bytes: int = 0
    cpu_s: float = 0.0

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

    def measure(self, arms: Mapping[str, ArmUsage]) -> None:
        """Take what the arms say, and read what this process holds: about 50 us, once a second."""
        self.arms = dict(arms)
        self.memory_bytes, self.cpu_s = resident_bytes(os.getpid()), cpu_s(os.getpid())

    @property
    def whole_bytes(self) -> int:
        """Resident memory of the worker and of the processes that its arms run in."""
        return self.memory_bytes + sum(a.memory_bytes for a in self.arms.values() if a.device == "process")

    @property
    def whole_cpu_s(self) -> float:
        """Processor time of the worker and of the processes that its arms run in, in seconds."""
        return self.cpu_s + sum(a.cpu_s for a in self.arms.values())
