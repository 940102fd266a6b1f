"""Waking at a moment: never before it, once, at once for one that is past; with the kernel's timer or the loop's."""

import asyncio
import sys
import time

import pytest
import uvloop

from slipway.bench.wake import Waker


@pytest.fixture(params=["kernel", "loop"])
def woken(request, monkeypatch):
    """Run a list of pauses; return by how many nanoseconds after each due moment it woke."""
    if request.param == "loop":
        monkeypatch.setattr(sys, "platform", "other")
    elif not sys.platform.startswith("linux"):
        pytest.skip("this kernel has no timer of that kind")

    async def wake(pauses_ns):
        late, rang = [], asyncio.Event()
        waker = Waker(asyncio.get_running_loop(), call=rang.set)
        for pause_ns in pauses_ns:
            due_ns = time.monotonic_ns() + pause_ns
            waker.at(due_ns + 10**9)
            waker.at(due_ns)  # a later word replaces the one before
            await asyncio.wait_for(rang.wait(), 5)
            late.append(time.monotonic_ns() - due_ns)
            rang.clear()
        await asyncio.sleep(0.01)
        assert not rang.is_set(), "it rang twice"
        waker.close()
        waker.close()
        return late

    def run(pauses_ns):
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(wake(pauses_ns))

    run.slack_ns = 0 if request.param == "kernel" else 2_000_000  # uvloop rounds to a whole millisecond
    return run


def test_it_never_wakes_early_and_soon_after(woken):
    late = woken([200_000, 1_500_000, 3_000_000] * 10)
    assert min(late) >= -woken.slack_ns
    assert sorted(late)[len(late) // 2] < 3_000_000 + woken.slack_ns


def test_a_moment_that_is_past_wakes_at_once(woken):
    assert min(woken([-1_000_000_000] * 3)) >= 1_000_000_000
