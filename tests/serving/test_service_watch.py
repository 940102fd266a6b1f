"""A real server whose arm is made slow, fails and grows: one trouble, told once, and over when it is over."""

import time

import httpx
import msgspec
import pytest

from slipway.control.alerting import Alerting
from slipway.control.service_look import snapshot
from slipway.control.service_watch import LOOK_US, ServiceWatch, read_book
from slipway.records.arm import Arm, ArmKind
from slipway.records.receiver import Alerts
from slipway.records.route import Route, Share
from slipway.records.scope import Budgets
from slipway.records.service_book import ServiceBook
from slipway.records.trouble import Alert, AlertState, Happening
from slipway.serving import metrics
from slipway.serving.run_state import State, tell_state
from slipway.testing.memory import MemoryStore

ARM = """
import time
held = []

def f(x):
    a = float(x["a"][0])
    if a == 1:
        raise ValueError("it fails")
    if a == 2:
        time.sleep(0.06)
    if a == 3 and not held:
        held.append(b"x" * 300_000_000)
    if a == 4:
        held.clear()
    return x["a"] * 0
"""
WELL, FAILS, SLOW, GROWS, SHRINKS = range(5)


class Watched:
    """A server, the book that is kept of it by a clock of our own, and the alerts that come of it."""

    def __init__(self, server, layout, *, budgets, caller):
        self.server, self.layout, self.budgets, self.caller = server, layout, budgets, caller
        self.now_us = time.time_ns() // 1000
        self.store = MemoryStore()
        self.began()
        tell_state(layout.run, name="supervisor", state=State.READY)

    def began(self):
        """Control is started anew: what it knows is in the store and in the file."""
        watch = ServiceWatch(
            self.layout.service,
            snapshot=lambda now_us: snapshot(self.layout.run, now_us=now_us),
            budgets=self.budgets,
            route="r",
            now_us=lambda: self.now_us,
        )
        self.alerting = Alerting(self.store, sources=[watch.source()], alerts=Alerts(), machine_us=lambda: self.now_us)

    def minutes(self, number, kind, *, rows=8):
        for _ in range(number):
            for _ in range(rows):
                self.caller.post("/predict", json={"a": kind, "b": 1, "user": "u"})
            (service,) = self.server.worker.services
            service.counts.use.measure(service._routes.usage(), now_s=time.monotonic())
            own = metrics.path_of("worker-0", folder=self.layout.state)  # the worker saves beside us, each second
            metrics.save(service.counts, path=own)
            own.replace(metrics.path_of("worker-0", folder=self.layout.run))
            self.now_us += 60_000_000
            problems = []
            self.alerting.step(self.now_us, problems=problems)
            assert problems == []
        return self

    def alert(self):
        found = [alert for _, alert, _ in self.store.all(Alert)]
        assert len(found) <= 1
        return found[0] if found else None


@pytest.fixture
def watched(serve, place):
    (place.root / "arm.py").write_text(ARM)
    arm = Arm(name="function", kind=ArmKind.PYTHON, function="arm.py:f", timeout_ms=20_000)
    route = Route(name="r", version=1, salt="s", shares=(Share(arm="function", share=1.0),), arms=(arm,))
    budgets = Budgets(latency_p99_ms=30_000.0, memory_mb=1500.0)
    with (
        serve(route, deadline_ms=20_000, latency_budget_ms=30_000.0) as server,
        httpx.Client(base_url=server.url, timeout=30) as caller,  # one made for each call costs more than the call
    ):
        yield Watched(server, place.layout, budgets=budgets, caller=caller)


def test_failures_raise_one_trouble_that_outlives_control_and_ends_with_them(watched):
    watched.minutes(4, WELL)
    assert watched.alert() is None
    watched.minutes(4, FAILS)
    raised = watched.alert()
    assert raised.state is AlertState.OPEN
    assert "budgets.error_share = 0.01" in raised.trouble.sentence
    assert "most of it is function" in raised.trouble.sentence
    watched.began()
    watched.minutes(1, FAILS)
    assert watched.alert().trouble == raised.trouble
    watched.minutes(40, WELL, rows=2)
    over = watched.alert()
    assert over.state is AlertState.RESOLVED
    assert [e.what for e in over.events] == [Happening.OPENED, Happening.RESOLVED]


def test_slow_answers_are_counted_by_the_budget_and_growth_is_found(watched):
    (service,) = watched.server.worker.services
    service.counts.slow_over_us = 50_000.0  # what a scope with a budget of 50 ms sets
    watched.budgets = Budgets(latency_p99_ms=50.0, memory_mb=1500.0)
    watched.began()
    watched.minutes(5, SLOW, rows=4)
    assert "budgets.latency_p99_ms = 50" in watched.alert().trouble.sentence
    (memory,) = service.counts.use.told("worker-0").arms.values()
    least_mb = (service.counts.use.memory_bytes + memory.memory_bytes) / (1 << 20)
    watched.budgets = Budgets(memory_mb=round(least_mb + 150))
    watched.store = MemoryStore()
    watched.began()
    watched.minutes(3, WELL)
    assert watched.alert() is None
    watched.minutes(6, GROWS, rows=1)
    assert "budgets.memory_mb" in watched.alert().trouble.sentence
    watched.minutes(8, SHRINKS, rows=1)
    assert watched.alert().state is AlertState.RESOLVED


def test_a_book_that_cannot_be_read_is_begun_anew_and_one_that_is_not_there_too(tmp_path):
    empty = read_book(tmp_path / "none")
    assert empty.at_us == 0
    (tmp_path / "torn").write_bytes(msgspec.msgpack.encode(empty)[:-3])
    assert read_book(tmp_path / "torn") == empty
    other = msgspec.structs.replace(ServiceBook(), edges_s=(0.1,), at_us=5)
    (tmp_path / "other").write_bytes(msgspec.msgpack.encode(other))
    assert read_book(tmp_path / "other") == empty


def test_only_the_controller_keeps_the_book_and_a_disk_that_refuses_stops_nobody(tmp_path):
    def watch(path, *, writes):
        now = iter(range(10**15, 10**16, LOOK_US))
        return ServiceWatch(
            path,
            snapshot=lambda now_us: snapshot(tmp_path, now_us=now_us),
            budgets=Budgets(),
            route="r",
            now_us=lambda: next(now),
            writes=lambda: writes,
        )

    assert watch(tmp_path / "a", writes=False).troubles() == []
    assert not (tmp_path / "a").exists()
    assert watch(tmp_path / "a", writes=True).troubles() == []
    assert read_book(tmp_path / "a").at_us
    (tmp_path / "file").write_bytes(b"")
    assert watch(tmp_path / "file" / "below", writes=True).troubles() == []


def test_a_worker_that_was_killed_is_said_to_be_silent(tmp_path):
    tell_state(tmp_path, name="supervisor", state=State.READY)
    tell_state(tmp_path, name="worker-0", state=State.READY)
    seen = snapshot(tmp_path, now_us=1)
    assert (seen.said, seen.expected) == ((), ("worker-0",))
    metrics.save(metrics.Counts(worker="worker-0"), path=metrics.path_of("worker-0", folder=tmp_path))
    assert [one.name for one in snapshot(tmp_path, now_us=1).said] == ["worker-0"]
    tell_state(tmp_path, name="supervisor", state=State.STOPPED)
    assert snapshot(tmp_path, now_us=1).expected == ()
