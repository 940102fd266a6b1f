"""A packaged model that hangs on some rows: its callers get the fallback, everybody else his own answer, in time."""

import threading
import time

import httpx

from slipway.records.arm import Arm, ArmKind
from slipway.records.route import Route, Share, assign
from slipway.testing import models

OLD = Arm(name="old", kind=ArmKind.RULE, rule="b > 100")


def hanging(place):
    package = models.store_package(
        place.blobs, models.looping_graph(), signature=models.NUMBERS, batch=models.numbers_batch(4)
    )
    return Arm(name="hanging", kind=ArmKind.MODEL, package=package, timeout_ms=1500)


def half_and_half(arm):
    shares = (Share(arm="hanging", share=0.5), Share(arm="old", share=0.5))
    return Route(name="r", version=1, salt="s", shares=shares, fallback="old", arms=(OLD, arm))


def ask(server, user, *, a=1.0):
    return httpx.post(f"{server.url}/predict", json={"a": a, "b": 0, "user": user}, timeout=20)


def test_a_graph_that_hangs_is_asked_apart_and_holds_up_nobody_else(serve, place):
    arm = hanging(place)
    route = half_and_half(arm)
    users = {who: next(f"u{i}" for i in range(99) if assign(route, f"u{i}") == who) for who in ("hanging", "old")}
    with serve(route, deadline_ms=2000) as server:
        assert ask(server, users["hanging"]).json()["score"] == 0.5
        first = ask(server, users["hanging"], a=1e9)
        assert (first.status_code, first.json()["arm"], first.json()["fallback"]) == (200, "old", True)

        stop, replies = threading.Event(), []

        def keep_hanging():
            while not stop.is_set():
                replies.append(ask(server, users["hanging"], a=1e9))

        threads = [threading.Thread(target=keep_hanging) for _ in range(3)]
        for thread in threads:
            thread.start()
        took_s = []
        for _ in range(9):
            begun_s = time.monotonic()
            assert ask(server, users["old"]).json() | {"id": ""} == {
                "id": "", "score": 0.0, "arm": "old", "fallback": False, "label": 0,
            }  # fmt: skip
            took_s.append(time.monotonic() - begun_s)
        stop.set()
        for thread in threads:
            thread.join()
        assert sorted(took_s)[4] < 1.2, "inside the tick each would have waited for the 1.5 s of those that hang"
        assert replies
        assert {(r.status_code, r.json()["fallback"]) for r in replies} == {(200, True)}
        again = ask(server, users["hanging"])
        assert (again.json()["arm"], again.json()["score"]) == ("hanging", 0.5)
