"""The route in force: swapped between two requests, never without a loaded arm, never at the price of a request."""

import asyncio
import threading
import time

import httpx
import pytest

from slipway.errors import Refused
from slipway.records.arm import Arm, ArmKind
from slipway.records.route import Route, Share
from slipway.runtime.rule import RuleRuntime
from slipway.serving.live_route import LiveRoute
from slipway.testing import models

OLD = Arm(name="old", kind=ArmKind.RULE, rule="a > 0.5")


def made(version, arm, *arms, shadows=()):
    return Route(
        name="r", version=version, salt="s", shares=(Share(arm=arm, share=1.0),), shadows=shadows, arms=(OLD, *arms)
    )


def ask(server):
    return httpx.post(f"{server.url}/predict", json={"a": 1, "b": 1, "user": "u"})


def test_before_the_first_route_the_worker_lives_but_is_not_ready(serve, place):
    with serve(made(1, "old")) as server:
        assert ask(server).status_code == 200
    place.layout.routes.joinpath("r.msgpack").unlink()
    place.publish(made(2, "gone", Arm(name="gone", kind=ArmKind.MODEL, package="0" * 64)))
    with serve(made(2, "gone", Arm(name="gone", kind=ArmKind.MODEL, package="0" * 64))) as server:
        assert httpx.get(f"{server.url}/health/live").status_code == 200
        for reply in (httpx.get(f"{server.url}/health/ready"), ask(server)):
            assert reply.status_code == 503
        assert "no such package" in httpx.get(f"{server.url}/health/ready").text
        place.publish(made(3, "old"))
        server.wait_for(version=3)
        assert ask(server).json()["arm"] == "old"


def test_a_route_that_cannot_be_loaded_leaves_the_present_one_in_force(serve, place):
    bad = models.store_package(
        place.blobs, models.matrix_graph(), signature=models.NUMBERS, batch=models.numbers_batch(4), score=[0.5] * 4
    )
    with serve(made(1, "old")) as server:
        place.publish(made(2, "bad", Arm(name="bad", kind=ArmKind.MODEL, package=bad)))
        state = place.layout.run / "worker-0.json"
        until = time.monotonic() + 60
        while b"stays in force" not in state.read_bytes() and time.monotonic() < until:
            assert ask(server).json()["arm"] == "old"
        told = state.read_text()
        assert "want the recorded answer" in told
        assert '"route_version":1' in told
        place.layout.routes.joinpath("r.msgpack").write_bytes(b"garbage")
        time.sleep(0.2)
        assert ask(server).json()["arm"] == "old"


def test_a_hundred_swaps_under_load_fail_no_request(serve, place):
    model = place.model()
    with serve(made(1, "old", model), deadline_ms=60_000) as server:  # a machine that is busy loses no request either
        stop = threading.Event()
        seen = []

        async def load():
            async with httpx.AsyncClient(base_url=server.url, timeout=60) as client:

                async def one():
                    while not stop.is_set():
                        seen.append(await client.post("/predict", json={"a": 1, "b": 1, "user": "u"}))

                await asyncio.gather(*(one() for _ in range(8)))

        thread = threading.Thread(target=lambda: asyncio.run(load()))
        thread.start()
        for version in range(2, 102):
            place.publish(made(version, "new" if version % 2 else "old", model))
            time.sleep(0.03)
            wanted = len(seen) + 3
            while len(seen) < wanted and thread.is_alive():
                time.sleep(0.001)
        server.wait_for(version=101)
        time.sleep(0.1)
        stop.set()
        thread.join()
        last = ask(server).json()
    assert len(seen) >= 300
    assert {r.status_code for r in seen} == {200}
    assert {r.json()["arm"] for r in seen} == {"old", "new"}
    assert last["arm"] == "new"


def test_the_late_word_of_a_controller_that_was_replaced_is_refused(serve, place):
    """It was stopped before it wrote its route, and wakes up after another has rolled back."""
    new = Arm(name="new", kind=ArmKind.RULE, rule="a > 2")
    with serve(made(1, "old")) as server:
        place.publish(made(3, "old"))
        server.wait_for(version=3)
        path, state = place.layout.routes / "r.msgpack", place.layout.run / "worker-0.json"
        path.unlink()
        place.publish(made(2, "new", new))
        until = time.monotonic() + 60
        while b"want version 3, which is in force" not in state.read_bytes() and time.monotonic() < until:
            assert ask(server).json()["arm"] == "old"
        assert '"route_version":3' in state.read_text()
        assert "got 2" in state.read_text()
        place.publish(made(3, "old"))
        while b"got 2" in state.read_bytes() and time.monotonic() < until:
            assert ask(server).json()["arm"] == "old"
        assert '"trouble":""' in state.read_text()


def test_going_back_to_an_arm_that_was_loaded_opens_nothing(serve, place):
    opened = []

    async def opener(arm):
        opened.append(arm.name)
        return RuleRuntime(arm, signature=models.NUMBERS)

    new = Arm(name="new", kind=ArmKind.RULE, rule="a > 2")
    with serve(made(1, "old", new), opener=opener) as server:
        for version in range(2, 8):
            place.publish(made(version, "old" if version % 2 else "new", new))
            server.wait_for(version=version)
    assert opened == ["old", "new"]


@pytest.mark.parametrize("error", [Refused("no"), RuntimeError("bug")])
def test_an_arm_that_fails_to_open_is_tried_again(serve, place, error):
    tries = []

    async def opener(arm):
        tries.append(arm.name)
        if arm.name == "new" and len(tries) < 3:
            raise error
        return RuleRuntime(arm, signature=models.NUMBERS)

    with serve(made(1, "old"), opener=opener) as server:
        place.publish(made(2, "new", Arm(name="new", kind=ArmKind.RULE, rule="a > 2")))
        server.wait_for(version=2)
        assert ask(server).json()["arm"] == "new"


def test_a_swap_between_two_requests_of_one_tick_parts_them(serve, place):
    """Whoever pins a version, or reads which one answered, must be told the truth to the request."""
    new = Arm(name="new", kind=ArmKind.RULE, rule="b > 0.5")
    with serve(made(1, "old")) as server:
        service, replies = server.worker.services[0], []
        intake, keeper = service.app.intake, service._routes

        class Caller:
            def ok(self, body):
                replies.append(body)

        def ask(version):
            assert intake.route(version=str(version)).version == version
            asked = intake.rows.decode(b'{"a": 1, "b": 1, "user": "u"}')
            intake.ticker.ask(Caller(), asked, at_us=version, encode=lambda w: w.arm[0])

        def swap():
            ask(1)
            keeper.live = LiveRoute(made(2, "new", new), {"new": RuleRuntime(new, signature=models.NUMBERS)})
            ask(2)

        server.loop.call_soon_threadsafe(swap)
        for _ in range(500):
            if len(replies) == 2:
                break
            threading.Event().wait(0.01)
    assert replies == ["old", "new"]
    assert [(f.route_version, list(f.at_us)) for f in place.frames()] == [(1, [1]), (2, [2])]
