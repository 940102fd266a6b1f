"""Real generators against a real server."""

import os
import signal
import threading
import time

import httpx
import msgspec
import pytest

from slipway.bench.run import run_rung
from slipway.bench.usage import Meter
from slipway.errors import Unavailable
from slipway.records.load_test import Arrivals, Hold, Limits

LENIENT = Limits(latency_p99_ms=2000.0)


def test_a_rate_that_is_easy_is_held_and_everything_is_counted(server, order):
    pid = server[1]
    orders = [order(qps=300, for_s=2.0), order(qps=300, for_s=2.0, seed=2)]
    rung = run_rung(orders, limits=LENIENT, meter=Meter({"worker-0": pid, "gone": 2**30}))
    assert rung.hold is Hold.HOLDS, rung.reason
    assert rung.qps == 600
    assert rung.outcomes == {"200": rung.latency.n}
    assert rung.latency.n == pytest.approx(1200, rel=0.15)
    assert rung.answered_qps == pytest.approx(600, rel=0.3)
    assert 0 < rung.latency_ms(0.5) < rung.latency_ms(0.99) <= rung.latency_ms(1.0)
    (usage,) = rung.usage
    assert usage.name == "worker-0"
    assert 0 < usage.cpu_cores < 1.2
    assert 20e6 < usage.memory_bytes < 1e9


def test_a_server_that_stands_still_is_seen_by_everyone_who_would_have_waited(server, order):
    """Stopped for a second in the middle: a closed loop of four connections sees four slow requests in thousands."""
    port, pid = server
    seen = []

    def stop_for_a_second(at_s=1.0):
        time.sleep(at_s)
        os.kill(pid, signal.SIGSTOP)
        time.sleep(1.0)
        os.kill(pid, signal.SIGCONT)

    def closed_loop(until_s):
        with httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
            while time.monotonic() < until_s:
                began_s = time.monotonic()
                client.post("/predict", json={"a": 1.0, "b": 2.0, "user": "u"})
                seen.append(time.monotonic() - began_s)

    stopper = threading.Thread(target=stop_for_a_second)
    caller = threading.Thread(target=closed_loop, args=(time.monotonic() + 3.2,))
    caller.start()
    stopper.start()
    rung = run_rung(
        [order(arrivals=Arrivals.CONSTANT, qps=400, for_s=2.6, patience_s=30.0)],
        limits=Limits(latency_p99_ms=200.0),
        meter=Meter({}),
    )
    stopper.join()
    caller.join()
    assert rung.outcomes == {"200": rung.latency.n}
    assert rung.latency_ms(0.99) > 700
    assert rung.latency.above(200_000) / rung.latency.n > 0.15  # about 320 of 1,040 had to wait 200 ms and more
    assert rung.hold is Hold.BREAKS
    slow = sum(s > 0.2 for s in seen)
    assert slow / len(seen) < 0.05, "the closed loop would have called the same second one slow request"


def test_what_the_server_refuses_is_a_failure_and_its_status_is_told(order):
    wrong = order()
    changed = msgspec.structs.replace(wrong, requests=[r.replace(b'"a"', b'"z"') for r in wrong.requests])
    rung = run_rung([changed], limits=LENIENT, meter=Meter({}))
    assert rung.outcomes == {"400": rung.latency.n}
    assert (rung.hold, rung.answered_qps) == (Hold.BREAKS, 0.0)
    assert "400:" in rung.reason


def test_nobody_there_is_said(order):
    with pytest.raises(Unavailable, match="Is the server up"):
        run_rung([order(port=1)], limits=LENIENT, meter=Meter({}))


@pytest.mark.faults
def test_a_worker_that_is_killed_costs_what_it_had_taken_and_the_rest_is_asked_of_its_successor(server, order):
    _, pid = server
    killer = threading.Timer(1.0, os.kill, (pid, signal.SIGKILL))
    killer.start()
    rung = run_rung([order(for_s=5.0)], limits=LENIENT, meter=Meter({"worker-0": pid}))
    assert rung.outcomes.keys() == {"200", "connection lost"}
    assert 1 <= rung.outcomes["connection lost"] <= 8  # one a connection, and one more if it knocked too early
    assert sum(rung.outcomes.values()) == rung.latency.n
    assert rung.latency.endless == rung.outcomes["connection lost"]
    assert rung.usage == (), "what the killed worker took is not known"
