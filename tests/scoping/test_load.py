"""A budget holds by a load test only where the test shows it."""

import math

import msgspec
import pytest

from slipway.records.load_test import Arrivals, Hold, Limits, LoadTest, Rung, Usage
from slipway.records.scope import Budgets
from slipway.scoping.load import judge_load
from slipway.scoping.parse import parse
from slipway.stats.log_counts import count_log

PAGE = (__import__("pathlib").Path(__file__).parent / "hearts.toml").read_bytes()


def rung(qps, *, ms=4.0, endless=0, hold=Hold.HOLDS, mb=60, cores=0.5, usage=True):
    latency = count_log([*[ms * 1000] * (2000 - endless), *[math.inf] * endless], error=0.01)
    taken = (Usage(name="worker-0", cpu_cores=cores, memory_bytes=mb * 1_000_000),) if usage else ()
    return Rung(
        qps=qps, for_s=2.0, answered_qps=qps, latency=latency, outcomes={"200": 2000 - endless}, late=latency,
        generator_cores=0.2, usage=taken, hold=hold, reason="why",
    )  # fmt: skip


def judged(budgets, *rungs, held=0.0, tested=True):
    scope = msgspec.structs.replace(parse(PAGE, path="hearts.toml"), budgets=Budgets(**budgets))
    test = LoadTest(
        id="slipway-bench-1", at_us=0, url="u", route="r", route_version=3, arms=("a",), arrivals=Arrivals.POISSON,
        connections=8, rows=1, entities=10, generators=1, seed=0, limits=Limits(latency_p99_ms=20.0), searched=True,
        rungs=rungs, held_qps=held, machine="m",
    )  # fmt: skip
    return {j.promise: str(j.standing) for j in judge_load(scope, test=test if tested else None)}


ALL = {"qps": 500, "latency_p99_ms": 20, "memory_mb": 100, "cpu_cores": 1}


def test_without_a_test_nobody_knows():
    assert set(judged(ALL, tested=False).values()) == {"unknown"}
    assert judged({}, tested=False) == {}


def test_what_was_shown_holds():
    shown = judged(ALL, rung(250), rung(500), rung(1000, ms=90, hold=Hold.BREAKS), held=500)
    assert shown == dict.fromkeys(("throughput", "latency", "memory", "processor"), "holds")


def test_what_was_shown_to_be_too_much_is_broken():
    shown = judged(ALL, rung(600, mb=150, cores=1.5), held=600)
    assert shown == {"throughput": "holds", "latency": "holds", "memory": "does not hold", "processor": "does not hold"}


@pytest.mark.parametrize(
    ("rungs", "held", "standing"),
    [
        ((rung(100), rung(400, hold=Hold.BREAKS)), 100, "does not hold"),
        ((rung(100), rung(400, hold=Hold.VOID)), 100, "unknown"),
        ((rung(100), rung(900, hold=Hold.BREAKS)), 100, "unknown"),
        ((rung(400),), 400, "unknown"),
        ((), 0, "unknown"),
    ],
)
def test_throughput_between_two_rates_is_unknown(rungs, held, standing):
    assert judged({"qps": 500}, *rungs, held=held) == {"throughput": standing}


def test_resources_are_read_at_the_rate_that_was_promised_not_at_the_highest():
    assert judged(ALL, rung(500), rung(4000, mb=900, cores=1.9), held=4000)["memory"] == "holds"


def test_a_latency_that_was_never_an_answer_does_not_hold():
    assert judged({"latency_p99_ms": 20}, rung(100, endless=100, hold=Hold.BREAKS)) == {"latency": "does not hold"}
    assert judged({"latency_p99_ms": 20}, rung(100, hold=Hold.VOID)) == {"latency": "unknown"}


def test_what_could_not_be_read_is_unknown():
    assert judged({"memory_mb": 100, "cpu_cores": 1}, rung(500, usage=False), held=500) == {
        "memory": "unknown",
        "processor": "unknown",
    }
