"""What workers and arms take, in the text format of Prometheus."""

from collections.abc import Mapping

from slipway.serving.prometheus import family
from slipway.serving.use import Use

_Values = dict[tuple[str, ...], float]


def use_lines(workers: Mapping[str, Use]) -> list[str]:
    """Return the lines about the processes that hold arms, and those arms, by process's name.

    What grows is told by process, for a sum would fall when one starts anew; memory and cores of an arm are sums.

    >>> use = Use(memory_bytes=1000, cpu_s=2.5)
    >>> use.spent("live", rows=3, ns=2_000_000)
    >>> [line for line in use_lines({"worker-0": use}) if not line.startswith("#")]  # doctest: +NORMALIZE_WHITESPACE
    ['slipway_worker_memory_bytes{worker="worker-0"} 1000', 'slipway_worker_cpu_seconds_total{worker="worker-0"} 2.5',
     'slipway_arm_rows_total{arm="live",worker="worker-0"} 3',
     'slipway_arm_seconds_total{arm="live",worker="worker-0"} 0.002']
    """
    rows: _Values = {}
    seconds: _Values = {}
    memory: _Values = {}
    cpu: _Values = {}
    cores: _Values = {}
    restarts: _Values = {}
    failures: _Values = {}
    for name, use in workers.items():
        known = {arm: told.cores for arm, told in use.told(name).arms.items()}
        _add(cores, {(arm,): in_use for arm, in_use in known.items() if in_use is not None})
        rows |= {(arm, name): n for arm, n in use.rows.items()}
        seconds |= {(arm, name): s for arm, s in use.busy_s.items()}
        _add(memory, {(arm,): told.memory_bytes for arm, told in use.arms.items()})
        cpu |= {(arm, name): told.cpu_s for arm, told in use.arms.items() if told.device == "process"}
        restarts |= {(arm, why, name): n for arm, told in use.arms.items() for why, n in told.restarts.items()}
        failures |= {(arm, kind, name): n for arm, told in use.arms.items() for kind, n in told.failures.items()}
    of_workers: _Values = {(name,): float(use.memory_bytes) for name, use in workers.items()}
    cpu_of_workers: _Values = {(name,): use.cpu_s for name, use in workers.items()}
    return [
        *family(
            "worker_memory_bytes", "Resident memory of a process with arms, itself.", of_workers, labels=("worker",)
        ),
        *family(
            "worker_cpu_seconds_total", "Processor time of such a process itself.", cpu_of_workers, labels=("worker",)
        ),
        *family("arm_rows_total", "Rows that an arm was asked about.", rows, labels=("arm", "worker")),
        *family("arm_seconds_total", "Time that an arm took for them.", seconds, labels=("arm", "worker")),
        *family("arm_memory_bytes", "Memory that an arm holds, in all processes.", memory, labels=("arm",)),
        *family("arm_cpu_seconds_total", "Processor time of an arm's own processes.", cpu, labels=("arm", "worker")),
        *family("arm_cores", "Cores that an arm has in use, over ten seconds.", cores, labels=("arm",)),
        *family(
            "arm_restarts_total", "Processes of an arm that ended, by why.", restarts, labels=("arm", "why", "worker")
        ),
        *family(
            "arm_failures_total",
            "Batches that an arm did not answer, by kind.",
            failures,
            labels=("arm", "kind", "worker"),
        ),
    ]


def _add(to: _Values, values: Mapping[tuple[str, ...], float]) -> None:
    for key, value in values.items():
        to[key] = to.get(key, 0) + value
