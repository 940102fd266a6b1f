"""A graph that is slow or hangs: it is ended, asked apart from the others, and costs nobody else his answer."""

import asyncio
import time

import numpy as np
import pytest

from slipway.errors import DeadlineExceeded
from slipway.records.usage import ArmUsage
from slipway.runtime.onnx import SLOW_ROW_S, OnnxRuntime
from slipway.runtime.watchdog import Runs
from slipway.testing import models

GRAPH = models.looping_graph()
HANGS = {"a": np.array([1e9]), "b": np.array([0.0])}
QUICK = {"a": np.array([1.0]), "b": np.array([0.0])}


def looping(timeout_s=0.2, **more):
    return OnnxRuntime(GRAPH, signature=models.NUMBERS, name="m", timeout_s=timeout_s, **more)


def test_a_run_that_hangs_is_ended_and_the_next_one_answers():
    runtime = looping()
    assert runtime.score(QUICK, rows=1).tolist() == [0.5]
    assert runtime.at_once
    begun_s = time.monotonic()
    with pytest.raises(DeadlineExceeded, match=r"m: want 1 scores within 0\.2 s, got none"):
        runtime.score(HANGS, rows=1)
    assert time.monotonic() - begun_s < 10
    assert runtime.score(QUICK, rows=1).tolist() == [0.5]
    assert not runtime.at_once, "it hung once: not inside the tick again"
    assert runtime.usage().failures == {"timeout": 1}


def test_a_graph_that_was_slow_in_its_trial_never_runs_inside_the_tick():
    assert looping(usage=ArmUsage(row_s=SLOW_ROW_S)).at_once
    assert not looping(usage=ArmUsage(row_s=SLOW_ROW_S * 1.01)).at_once


def test_asked_apart_the_loop_goes_on_while_it_runs():
    async def run():
        runtime = looping(timeout_s=0.3)
        ticks = 0

        async def tick():
            nonlocal ticks
            while True:
                ticks += 1
                await asyncio.sleep(0.005)

        beside = asyncio.create_task(tick())
        with pytest.raises(DeadlineExceeded):
            await runtime.predict(HANGS, rows=1)
        beside.cancel()
        assert (await runtime.predict(QUICK, rows=1)).tolist() == [0.5]
        await runtime.close()
        return ticks

    assert asyncio.run(run()) > 10


def test_whoever_gives_up_takes_his_turn_back():
    async def run():
        runtime = looping(timeout_s=0.5)
        hung = asyncio.create_task(runtime.predict(HANGS, rows=1))
        await asyncio.sleep(0.05)
        waiting = [asyncio.create_task(runtime.predict(HANGS, rows=1)) for _ in range(20)]
        await asyncio.sleep(0.05)
        for one in waiting:
            one.cancel()
        begun_s = time.monotonic()
        assert (await runtime.predict(QUICK, rows=1)).tolist() == [0.5]
        with pytest.raises(DeadlineExceeded):
            await hung
        await runtime.close()
        return time.monotonic() - begun_s

    assert asyncio.run(run()) < 5, "twenty runs of half a second each would have come first"


def test_closing_ends_what_runs():
    async def run():
        runtime = looping(timeout_s=600)
        hung = asyncio.create_task(runtime.predict(HANGS, rows=1))
        await asyncio.sleep(0.1)
        await runtime.close()
        with pytest.raises(DeadlineExceeded):
            await asyncio.wait_for(hung, 60)

    asyncio.run(run())


def test_one_that_does_not_end_when_told_is_refused_at_once(monkeypatch):
    """A single node that never returns does not look at the flag; here nobody sets it."""

    async def run():
        runtime = looping(timeout_s=0.01)
        monkeypatch.setattr(Runs, "stop_late", lambda *_, **__: None)
        hung = asyncio.create_task(runtime.predict(HANGS, rows=1))
        await asyncio.sleep(1.1)
        with pytest.raises(DeadlineExceeded, match=r"told to end 1 s ago and does not"):
            await runtime.predict(QUICK, rows=1)
        assert runtime.usage().failures == {"stuck": 1}
        await runtime.close()
        with pytest.raises(DeadlineExceeded):
            await hung

    asyncio.run(run())


def test_many_rows_have_more_time_in_proportion():
    """What shadows and batch scoring ask about at once is not late because it is much."""
    rows = 64 * 20
    much = {"a": np.full(rows, 8e4), "b": np.zeros(rows)}
    begun_s = time.monotonic()
    assert looping(timeout_s=60).score(much, rows=rows).tolist() == [0.5] * rows
    took_s = time.monotonic() - begun_s
    assert took_s > 0.1, "else the watchdog may look too late to end it below"
    assert looping(timeout_s=took_s / 2).score(much, rows=rows).tolist() == [0.5] * rows
    with pytest.raises(DeadlineExceeded):
        looping(timeout_s=1e-4).score(much, rows=rows)
