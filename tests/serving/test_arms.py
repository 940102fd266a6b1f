"""Arms that fail, hang, lie or lag: the fallback answers or the caller gets an error; nobody else waits."""

import asyncio
import contextlib
import threading
import time

import httpx
import numpy as np
import pytest

from slipway.errors import Unavailable
from slipway.records.arm import Arm, ArmKind
from slipway.records.frame import PredictionFrame
from slipway.records.route import Route, Share, assign
from slipway.runtime.rule import RuleRuntime
from slipway.testing import models

OLD = Arm(name="old", kind=ArmKind.RULE, rule="a > 0.5")
REMOTE = Arm(name="remote", kind=ArmKind.HTTP, url="http://127.0.0.1:9/v2/models/x/infer", timeout_ms=30_000)
FAR = Arm(name="far", kind=ArmKind.HTTP, url="http://127.0.0.1:9/v2/models/y/infer", timeout_ms=30_000)


class Now:
    """An arm that answers at once, as told."""

    at_once = True

    def __init__(self, say):
        self._say = say

    def score(self, columns, *, rows):
        return self._say(columns, rows)

    async def predict(self, columns, *, rows):
        return self.score(columns, rows=rows)

    async def close(self):
        """Nothing to close."""


class Later:
    """An arm that must be awaited."""

    def __init__(self, say, *, after_s=0.0):
        self._say, self._after_s = say, after_s

    async def predict(self, columns, *, rows):
        await asyncio.sleep(self._after_s)
        return self._say(columns, rows)

    async def close(self):
        """Nothing to close."""


class Held:
    """An arm that answers once it is let go, and keeps count of who waits: no test of it rests on how long it takes."""

    def __init__(self):
        self._let_go, self.waiting = asyncio.Event(), 0

    async def predict(self, columns, *, rows):
        self.waiting += 1
        await self._let_go.wait()
        return np.ones(rows)

    def let_go(self, server):
        server.loop.call_soon_threadsafe(self._let_go.set)

    async def close(self):
        """Nothing to close."""


def until(ready):
    end_s = time.monotonic() + 60
    while not ready() and time.monotonic() < end_s:
        time.sleep(0.01)
    assert ready()


def ones(_, rows):
    return np.ones(rows)


def nans(_, rows):
    return np.full(rows, np.nan)


def boom(*_):
    raise Unavailable("remote: want an answer, got none.")


def bug(*_):
    raise ZeroDivisionError


def slow(_, rows):
    time.sleep(0.3)
    return np.ones(rows)


def with_arms(**runtimes):
    async def opener(arm):
        if arm.name in runtimes:
            return runtimes[arm.name]
        return RuleRuntime(arm, signature=models.NUMBERS)

    return opener


def to(arm, *, fallback=None, arms=(OLD, REMOTE, FAR)):
    return Route(name="r", version=1, salt="s", shares=(Share(arm=arm, share=1.0),), fallback=fallback, arms=arms)


def ask(server, **more):
    return httpx.post(f"{server.url}/predict", json={"a": 1, "user": "u"} | more, timeout=60)


@pytest.mark.parametrize("make", [Now, Later])
@pytest.mark.parametrize("say", [boom, bug, nans, lambda *_: np.array([np.inf])])
def test_the_fallback_answers_for_an_arm_that_fails(serve, place, make, say):
    with serve(to("remote", fallback="old"), opener=with_arms(remote=make(say))) as server:
        reply = ask(server)
    assert reply.status_code == 200
    assert (reply.json()["arm"], reply.json()["fallback"], reply.json()["score"]) == ("old", True, 1.0)
    (frame,) = place.frames(PredictionFrame)
    assert (frame.arm, frame.fallback, frame.score) == (["old"], [True], [1.0])


@pytest.mark.parametrize("make", [Now, Later])
@pytest.mark.parametrize("say", [boom, bug, nans])
def test_without_a_fallback_the_caller_gets_an_error_and_the_journal_nan(serve, place, make, say):
    with serve(to("remote"), opener=with_arms(remote=make(say))) as server:
        reply = ask(server)
    assert reply.status_code == 503
    assert "remote" in reply.json()["error"]
    (frame,) = place.frames(PredictionFrame)
    assert (frame.arm, frame.fallback) == (["remote"], [False])
    assert np.isnan(frame.score).all()


@pytest.mark.parametrize("first", [Now(boom), Later(boom)])
@pytest.mark.parametrize(("second", "status"), [(Later(ones), 200), (Later(boom), 503), (Now(boom), 503)])
def test_a_fallback_that_must_be_awaited_or_fails_too(serve, place, first, second, status):
    with serve(to("remote", fallback="far"), opener=with_arms(remote=first, far=second)) as server:
        reply = ask(server)
    assert reply.status_code == status
    (frame,) = place.frames(PredictionFrame)
    assert frame.fallback == [status == 200]
    assert frame.arm == (["far"] if status == 200 else ["remote"])


@pytest.mark.parametrize(("fallback", "status"), [("old", 200), (None, 504)])
@pytest.mark.parametrize("arm", [Now(slow), Later(ones, after_s=5)])
def test_the_deadline(serve, place, arm, fallback, status):
    with serve(to("remote", fallback=fallback), opener=with_arms(remote=arm), deadline_ms=100) as server:
        begun = time.monotonic()
        reply = ask(server)
        took_s = time.monotonic() - begun
    assert reply.status_code == status
    assert took_s < 4
    if status == 200:
        assert reply.json()["fallback"] is True


def test_rows_of_one_request_that_go_to_several_arms_come_back_together(serve, place):
    shares = (Share(arm="remote", share=0.5), Share(arm="old", share=0.5))
    route = Route(name="r", version=1, salt="s", shares=shares, fallback="old", arms=(OLD, REMOTE))
    rows = [{"a": i % 2, "user": f"u{i}"} for i in range(50)]
    third = Later(lambda columns, rows: np.where(columns["a"] > 0, 0.75, np.nan), after_s=0.05)
    with serve(route, opener=with_arms(remote=third)) as server:
        answers = httpx.post(f"{server.url}/predict", json={"rows": rows}).json()["predictions"]
    assert len(answers) == 50
    for row, answer in zip(rows, answers, strict=True):
        dealt = assign(route, row["user"])
        failed = dealt == "remote" and row["a"] == 0
        assert answer["fallback"] is failed
        assert answer["arm"] == ("old" if failed else dealt)
        assert answer["score"] == (0.75 if dealt == "remote" and not failed else float(row["a"] > 0.5))
    assert place.predictions() == {x["id"]: x["score"] for x in answers}
    assert len(place.frames(PredictionFrame)) == 2


def test_a_slow_arm_holds_up_nobody_else(serve):
    shares = (Share(arm="remote", share=0.5), Share(arm="old", share=0.5))
    route = Route(name="r", version=1, salt="s", shares=shares, arms=(OLD, REMOTE))
    slow_user = next(f"u{i}" for i in range(99) if assign(route, f"u{i}") == "remote")
    fast_user = next(f"u{i}" for i in range(99) if assign(route, f"u{i}") == "old")
    held = Held()
    with serve(route, opener=with_arms(remote=held), deadline_ms=60_000) as server:
        got = []
        thread = threading.Thread(target=lambda: got.append(ask(server, user=slow_user)))
        thread.start()
        until(lambda: held.waiting)
        assert ask(server, user=fast_user).json()["arm"] == "old"
        assert not got
        held.let_go(server)
        thread.join()
        assert got[0].json()["arm"] == "remote"


def test_a_full_queue_refuses_and_recovers(serve):
    held = Held()
    with serve(to("remote"), opener=with_arms(remote=held), queue_rows=5, deadline_ms=60_000) as server:
        codes = []
        threads = [threading.Thread(target=lambda: codes.append(ask(server))) for _ in range(12)]
        for thread in threads:
            thread.start()
        until(lambda: len(codes) == 7)
        held.let_go(server)
        for thread in threads:
            thread.join()
        assert sorted(r.status_code for r in codes) == [200] * 5 + [503] * 7
        refused = next(r for r in codes if r.status_code == 503)
        assert refused.headers["retry-after"] == "1"
        assert "queue is full" in refused.json()["error"]
        assert ask(server).status_code == 200
        rows = [{"a": 1, "user": "u"}] * 6
        never = httpx.post(f"{server.url}/predict", json={"rows": rows})  # however long he waits
        assert (never.status_code, "retry-after" in never.headers) == (413, False)


class BrokenDisk:
    """A journal whose disk refuses while told so."""

    def __init__(self):
        self.broken, self.frames = True, []

    def append(self, frames):
        if self.broken:
            raise Unavailable("journal: want to write 90 bytes, got 'No space left on device' from the disk.")
        self.frames += frames

    def close(self):
        """Nothing to close."""


def test_what_the_disk_refused_is_not_acknowledged(serve):
    disk = BrokenDisk()
    with serve(to("old"), journal=disk) as server:
        for path, body in (("predict", {"a": 1, "user": "u"}), ("outcomes", {"id": "x", "value": 1})):
            reply = httpx.post(f"{server.url}/{path}", json=body)
            assert reply.status_code == 503
            assert "No space left on device" in reply.json()["error"]
        disk.broken = False
        assert ask(server).status_code == 200
        assert len(disk.frames) == 1


def test_many_callers_at_once_share_ticks(serve, place):
    """Each answer is its own caller's, however the rows were batched."""

    async def storm(url):
        async with httpx.AsyncClient(base_url=url, limits=httpx.Limits(max_connections=40), timeout=60) as client:
            rows = [{"a": i, "b": -i / 2, "user": f"u{i}", "id": f"n{i}"} for i in range(400)]
            replies = await asyncio.gather(*(client.post("/predict", json=row) for row in rows))
            return [r.json() for r in replies]

    say = Later(lambda columns, rows: columns["a"] / 1000, after_s=0.01)
    shares = (Share(arm="remote", share=0.3), Share(arm="old", share=0.7))
    route = Route(name="r", version=1, salt="s", shares=shares, arms=(OLD, REMOTE))
    with serve(route, opener=with_arms(remote=say), deadline_ms=60_000) as server:
        answers = asyncio.run(storm(server.url))
    for i, answer in enumerate(answers):
        assert answer["id"] == f"n{i}"
        assert answer["score"] == (i / 1000 if answer["arm"] == "remote" else float(i > 0.5))
    frames = place.frames(PredictionFrame)
    assert sum(len(f.id) for f in frames) == 400
    assert len(frames) < 400


def test_a_worker_that_is_told_to_stop_answers_what_it_took(serve, place):
    held = Held()
    with serve(to("remote"), opener=with_arms(remote=held), deadline_ms=60_000) as server:
        replies = []
        threads = [threading.Thread(target=lambda: replies.append(ask(server))) for _ in range(8)]
        for thread in threads:
            thread.start()
        until(lambda: server.worker.services[0].ticker.rows == 8)
        server.loop.call_soon_threadsafe(server.worker.stop)
        held.let_go(server)
        for thread in threads:
            thread.join()
    assert [r.status_code for r in replies] == [200] * 8
    assert {r.headers.get("connection") for r in replies} == {"close"}
    assert len(place.predictions()) == 8
    with contextlib.suppress(httpx.HTTPError):
        assert httpx.get(f"{server.url}/health/live").status_code != 200
