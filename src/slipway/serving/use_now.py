"""What the processes that hold arms take now, as they left it in the run folder within the last seconds."""

from pathlib import Path

from slipway.records.usage import WorkerUsage
from slipway.serving import metrics
from slipway.serving.run_state import State, is_alive, read_states


def usage_now(run: Path) -> tuple[WorkerUsage, ...]:
    """Return what each worker that runs takes, and the shadow process; empty where one has not said so lately.

    Nobody is left out: what all of them take cannot be told by some.
    """
    names = {s.name for s in read_states(run) if s.state is not State.STOPPED and is_alive(s.pid)}
    left = {counts.worker: counts for counts in metrics.left(run)}
    shadow = metrics.read(metrics.shadow_path(run))
    if shadow is not None:
        left[shadow.worker] = shadow
    holding = sorted(name for name in names if name.startswith("worker-") or name == "shadow")
    if any(name not in left for name in holding):
        return ()
    return tuple(left[name].use.told(name) for name in holding)
