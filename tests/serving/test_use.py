"""What a worker and its arms take: measured while they answer, told by /metrics, held against the scope's budgets."""

import time

import httpx
import numpy as np

from slipway.deployment.budgets import budget_use
from slipway.records.arm import Arm, ArmKind
from slipway.records.route import Route, Share
from slipway.records.scope import Budgets
from slipway.records.usage import ArmUsage, WorkerUsage
from slipway.serving import metrics
from slipway.serving.use import Use
from slipway.testing import models

FUNCTION = """
import numpy as np
held = np.ones(64_000_000 // 8)

def f(x):
    return x["a"] * 0
"""


def told(server):
    lines = httpx.get(f"{server.url}/metrics").text.splitlines()
    return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines if not line.startswith("#")}


def test_metrics_tell_what_each_arm_takes(serve, place):
    (place.root / "arm.py").write_text(FUNCTION)
    package = models.store_package(
        place.blobs, models.matrix_graph(), signature=models.NUMBERS, batch=models.numbers_batch(16)
    )
    model = Arm(name="model", kind=ArmKind.MODEL, package=package)
    function = Arm(name="function", kind=ArmKind.PYTHON, function="arm.py:f", timeout_ms=5000)
    shares = (Share(arm="model", share=0.5), Share(arm="function", share=0.5))
    with serve(Route(name="r", version=1, salt="s", shares=shares, arms=(model, function)), deadline_ms=5000) as server:
        rows = [{"a": 1, "b": 1, "user": f"u{i}"} for i in range(100)]
        answers = httpx.post(f"{server.url}/predict", json={"rows": rows}).json()["predictions"]
        asked = sum(a["arm"] == "model" for a in answers)
        until_s = time.monotonic() + 60
        while 'slipway_arm_memory_bytes{arm="function"}' not in (now := told(server)) and time.monotonic() < until_s:
            time.sleep(0.1)
    assert now['slipway_arm_rows_total{arm="model",worker="worker-0"}'] == asked
    assert now['slipway_arm_rows_total{arm="function",worker="worker-0"}'] == 100 - asked
    assert 0 < now['slipway_arm_seconds_total{arm="model",worker="worker-0"}'] < 1
    assert now['slipway_arm_memory_bytes{arm="function"}'] > 64e6
    assert now['slipway_arm_memory_bytes{arm="model"}'] >= 0
    assert now['slipway_arm_cpu_seconds_total{arm="function",worker="worker-0"}'] > 0
    assert now['slipway_worker_memory_bytes{worker="worker-0"}'] > 50e6
    assert now['slipway_worker_cpu_seconds_total{worker="worker-0"}'] > 0
    (left,) = metrics.left(place.layout.run)
    usage = left.use.told(left.worker)
    (memory,) = budget_use([usage], budgets=Budgets(memory_mb=100))
    assert memory.over
    assert memory.largest == "function"


def test_failures_and_restarts_are_told_by_kind(serve, place):
    (place.root / "arm.py").write_text("import os\n\ndef f(x):\n    os._exit(3)\n")
    dies = Arm(name="dies", kind=ArmKind.PYTHON, function="arm.py:f", timeout_ms=5000)
    old = Arm(name="old", kind=ArmKind.RULE, rule="a > 0.5")
    route = Route(
        name="r", version=1, salt="s", shares=(Share(arm="dies", share=1.0),), fallback="old", arms=(dies, old)
    )
    with serve(route, deadline_ms=5000) as server:
        reply = httpx.post(f"{server.url}/predict", json={"a": 1, "b": 1, "user": "u"}).json()
        assert (reply["arm"], reply["fallback"]) == ("old", True)
        until_s = time.monotonic() + 60
        while 'slipway_arm_restarts_total{arm="dies",why="death",worker="worker-0"}' not in (now := told(server)):
            assert time.monotonic() < until_s
            time.sleep(0.1)
    assert now['slipway_arm_restarts_total{arm="dies",why="death",worker="worker-0"}'] == 1
    assert now['slipway_arm_failures_total{arm="dies",kind="process",worker="worker-0"}'] == 1


def test_cores_are_those_of_the_last_ten_seconds():
    use = Use()
    for second in range(30):
        use.measure({"f": ArmUsage(device="process", cpu_s=0.0 if second < 20 else 0.25 * (second - 20))}, now_s=second)
    cores = use.told("w").cores
    assert len(use.marks) <= 11
    assert cores is not None
    assert 0.2 < cores < 0.6, "the worker of this test itself is in it"
    use.measure({}, now_s=30)
    assert use.told("w").cores is None, "an arm that left took its time with it; nothing may come out below nothing"


def test_a_budget_that_nobody_measured_is_not_kept():
    silent = [WorkerUsage(name="w", memory_bytes=0, cores=None)]
    for workers in ([], silent):
        for use in budget_use(workers, budgets=Budgets(memory_mb=1, cpu_cores=1)):
            assert use.measured is None
            assert "nobody measured" in use.words()
    one = WorkerUsage(name="w", memory_bytes=1 << 20, cores=0.5)
    (cores,) = budget_use([one, one], budgets=Budgets(cpu_cores=0.9))
    assert cores.over, "two workers of half a core each"
    (cores,) = budget_use([one, *silent], budgets=Budgets(cpu_cores=0.9))
    assert cores.measured is None, "a sum without one of its parts is none"
    assert np.isclose(budget_use([one], budgets=Budgets(memory_mb=1))[0].measured, 1)
    assert budget_use([one], budgets=Budgets()) == ()


def test_the_shadow_process_tells_what_its_arms_take(serve_processes, place):
    """A candidate is a shadow first: what it takes is known before it answers anybody."""
    (place.root / "arm.py").write_text(FUNCTION)
    old = Arm(name="old", kind=ArmKind.RULE, rule="a > 0.5")
    beside = Arm(name="beside", kind=ArmKind.PYTHON, function="arm.py:f", timeout_ms=5000)
    shares = (Share(arm="old", share=1.0),)
    route = Route(name="r", version=1, salt="s", shares=shares, shadows=("beside",), arms=(old, beside))
    with serve_processes(route):
        until_s = time.monotonic() + 60
        arms = {}
        while "beside" not in arms and time.monotonic() < until_s:
            time.sleep(0.1)
            left = metrics.read(metrics.shadow_path(place.layout.run))
            arms = left.use.told(left.worker).arms if left else {}
        assert arms["beside"].memory_bytes > 64e6
        assert {c.worker for c in metrics.left(place.layout.run)} == {"worker-0"}, "it is none of the workers"


def test_cores_are_told_by_arm_processes_by_their_processor_and_others_by_their_batches():
    use = Use()
    remote = ArmUsage(device="remote")
    for second in range(3):
        use.spent("model", rows=1, ns=500_000_000)
        use.spent("remote", rows=1, ns=900_000_000)
        arms = {"model": ArmUsage(), "function": ArmUsage(device="process", cpu_s=0.25 * second), "remote": remote}
        use.measure(arms, now_s=float(second))
        assert (use.told("w").arms["model"].cores is None) == (second == 0)
    told = use.told("w").arms
    assert {name: arm.cores for name, arm in told.items()} == {"model": 0.5, "function": 0.25, "remote": 0.0}


def test_what_the_shadow_process_takes_is_in_metrics_beside_the_workers():
    shadow = metrics.Counts(worker="shadow", predictions={"new": 9})
    shadow.use.spent("new", rows=4, ns=1_000_000_000)
    shadow.use.arms, shadow.use.memory_bytes = {"new": ArmUsage(memory_bytes=500)}, 700
    shadow.use.arm_marks = {"new": [(0.0, 0.0), (4.0, 1.0)]}
    lines = metrics.render([metrics.Counts(worker="worker-0")], shadow=shadow).decode().splitlines()
    assert 'slipway_worker_memory_bytes{worker="shadow"} 700' in lines
    assert 'slipway_arm_memory_bytes{arm="new"} 500' in lines
    assert 'slipway_arm_rows_total{arm="new",worker="shadow"} 4' in lines
    assert 'slipway_arm_cores{arm="new"} 0.25' in lines
    assert "slipway_workers 1" in lines
    assert not any(line.startswith("slipway_predictions_total{") for line in lines)  # it answers nobody
