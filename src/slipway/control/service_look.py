"""Reads what the workers leave in the run folder, for whoever keeps book of the service."""

import math
from pathlib import Path

from slipway.records.service import ServiceCounts
from slipway.records.service_book import Snapshot, WorkerSaid
from slipway.runtime.gpu import gpus
from slipway.serving import metrics
from slipway.serving.metrics import Counts
from slipway.serving.run_state import State, is_alive, read_states


def snapshot(run: Path, *, now_us: int) -> Snapshot:
    """Return what each worker and the shadow process said within the last seconds, and who should have.

    Args:
        run: The run folder.
        now_us: The moment, by the machine's clock.
    """
    begun = {s.name: s for s in read_states(run) if s.state is not State.STOPPED}
    serves = "supervisor" in begun and is_alive(begun["supervisor"].pid)
    shadow = metrics.read(metrics.shadow_path(run))
    left = [*metrics.left(run), *([shadow] if shadow else [])]
    return Snapshot(
        at_us=now_us,
        said=tuple(_said(counts) for counts in left if counts.worker),
        expected=tuple(name for name in begun if name.startswith("worker-")) if serves else (),
        gpus=gpus(),
    )


def _said(counts: Counts) -> WorkerSaid:
    limited = math.isfinite(counts.slow_over_us)
    usage = counts.use.told(counts.worker)
    own_s = {f"{counts.worker} {name}": arm.cpu_s for name, arm in usage.arms.items() if arm.device == "process"}
    return WorkerSaid(
        name=counts.worker,
        since_s=counts.since_s,
        counts=ServiceCounts(
            answered=sum(counts.predictions.values()),
            fallback=sum(counts.stepped_in.values()),
            slow=counts.slow,
            judged=sum(counts.latency) if limited else 0,
            latency=tuple(counts.latency),
            latency_sum_s=counts.latency_sum_s,
            errors=dict(counts.errors),
            refused=dict(counts.refused_rows),
            arm_rows=dict(counts.use.rows),
            arm_busy_s=dict(counts.use.busy_s),
            arm_failures={name: sum(arm.failures.values()) for name, arm in usage.arms.items() if arm.failures},
            cpu_s={counts.worker: counts.use.cpu_s} | own_s,
        ),
        slow_over_ms=counts.slow_over_us / 1e3 if limited else None,
        waiting=counts.waiting,
        usage=usage,
    )
