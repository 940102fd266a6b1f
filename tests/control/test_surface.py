"""The control surface: what it answers, and whom."""

import contextlib
import threading
import time

import httpx
import msgspec
import pytest

from slipway.control.desk import Desk
from slipway.control.requests import RollbackRequest, StartRequest, StepRequest
from slipway.control.run import run
from slipway.control.step import Controller
from slipway.control.terms import Terms
from slipway.ports import Change
from slipway.records.access import May
from slipway.records.arm import Arm, ArmKind
from slipway.records.rollout import Rollout
from slipway.records.route import Route
from slipway.records.worker_config import ClockKind
from slipway.scoping.parse import parse
from slipway.serving.door import Door
from slipway.serving.guard import Guard
from slipway.serving.run_state import State
from slipway.storage.access_keys import make_key
from slipway.testing.memory import MemoryJournal, MemoryStore
from slipway.testing.rollouts import CANDIDATE, LIVE, plan
from slipway.testing.traffic import DAY_US, MemoryRoutes, World

OPEN = Guard("127.0.0.1")
JSON = {"Content-Type": "application/json"}
SCOPE = """
[project]
name = "demo"
owner = "team@example.org"
need = "to know"
case = "replace"
kill = "worse than the rule"
[task]
x = "amount"
y = "fraud"
kind = "binary"
target = "fraud"
entity = "card"
[fields]
x = "number"
[metric]
name = "error"
why = "it counts"
target = 0.1
margin = 0.02
[serving]
live = "live"
[arms.live]
rule = "x > 1"
[arms.candidate]
rule = "x > 2"
"""


class Settable:
    def __init__(self):
        self.us = 0

    def now_us(self):
        return self.us


@pytest.fixture
def site():
    return make_site(ClockKind.EVENT)


def make_site(kind, **how):
    store, journal, files = MemoryStore(), MemoryJournal(), MemoryRoutes()
    controller = Controller(store=store, journal=journal, files=files, terms=Terms())
    controller.open_route("main", arm=LIVE, salt="s", now_us=0)
    clock = Settable()
    desk = Desk(
        controller,
        scope=parse(SCOPE, path="slipway.toml"),
        clock=clock,
        kind=kind,
        audit=store.audit,
        shadow_wait_s=0.2,
        **how,
    )
    desk.world = World(1, journal=journal.writer, error={"live": 0.1, "candidate": 0.2})
    desk.clock = clock
    return desk


@contextlib.contextmanager
def served(desk, *, guard=OPEN):
    """A real server on a free port of loopback, and what it told of itself."""
    told, ready, alive = [], threading.Event(), threading.Event()
    alive.set()

    def tell(state, port):
        told.append((state, port))
        ready.set()

    how = {"host": "127.0.0.1", "port": 0, "tell": tell, "alive": alive.is_set, "interval_s": 0.01}
    how["guard"] = guard
    server = threading.Thread(target=run, args=(desk,), kwargs=how)
    server.start()
    try:
        assert ready.wait(10)
        with httpx.Client(base_url=f"http://127.0.0.1:{told[0][1]}") as client:
            yield client
    finally:
        alive.clear()
        server.join(10)
    assert [state for state, _ in told] == [State.READY, State.STOPPED]


@pytest.fixture
def client(site):
    with served(site) as client:
        yield client


def test_with_keys_only_who_may_command_is_heard_and_his_key_is_noted(site, tmp_path):
    tokens = {
        name: make_key(tmp_path / "keys.json", name=name, may=[may], now_us=1, by="test")[1]
        for name, may in (("caller", May.PREDICT), ("boss", May.CONTROL))
    }
    headers = {name: {"Authorization": f"Bearer {token}"} | JSON for name, token in tokens.items()}
    body = msgspec.json.encode({"candidate": "candidate", "plan": plan(maturity_s=7200.0), "by": "ann"})
    with served(site, guard=Guard("127.0.0.1", door=Door(tmp_path / "keys.json"))) as client:
        for path in ("/status", "/nowhere"):
            assert client.get(path).status_code == 401
            assert client.get(path).headers["www-authenticate"].startswith("Bearer")
        assert client.post("/rollouts", content=body, headers=headers["caller"]).status_code == 403
        assert client.post("/rollouts", content=body, headers=headers["boss"]).status_code == 201
        assert client.get("/audit", headers=headers["boss"]).json()[-1]["by"] == "ann (key boss)"


def started(client):
    body = msgspec.json.encode({"candidate": "candidate", "plan": plan(maturity_s=7200.0), "by": "ann"})
    return client.post("/rollouts", content=body, headers=JSON)


def test_a_rollout_from_start_to_rollback(client, site):
    reply = started(client)
    assert reply.status_code == 201
    assert msgspec.json.decode(reply.content, type=Rollout).candidate == "candidate"
    for number in range(30):
        site.world.day(number, route=site.controller.files.read("main"))
        report = client.post("/step", json={"now_us": (number + 1) * DAY_US + 7_200_000_000}).json()
        assert report["problems"] == []
        if report["verdicts"][0]["action"] == "roll back":
            break
    page = client.get("/rollouts/candidate-1").json()
    assert page["rollout"]["status"] == "rolled back"
    assert page["verdicts"][-1][1]["decision"] == "fail"
    assert client.get("/status").json()["running"] == []
    assert client.get(f"/verdicts/{page['verdicts'][-1][0]}/replay").json()["same"] is True
    entries = client.get("/audit").json()
    assert [e["seq"] for e in client.get("/audit?after=2").json()] == [e["seq"] for e in entries[2:]]
    assert entries[1]["by"] == "ann"
    assert client.get("/findings").json() == []
    assert [r["id"] for r in client.get("/rollouts").json()] == ["candidate-1"]


def test_a_step_without_a_moment_takes_the_largest_that_requests_carried(client, site):
    site.world.day(3, route=site.controller.files.read("main"))
    now_us = client.post("/step").json()["now_us"]
    assert 3 * DAY_US < now_us <= 4 * DAY_US


def test_a_step_waits_for_shadows_but_not_for_ever(client, site):
    started(client)
    route = site.controller.files.read("main")
    site.world._shadow.append = lambda frames: None  # the shadow process is dead
    site.world.day(0, route=route)
    began = time.monotonic()
    assert client.post("/step").json()["shadow_lag"] == ["candidate: worker-00000001"]
    assert 0.1 < time.monotonic() - began < 30


def test_rollback_by_command(client):
    started(client)
    reply = client.post("/rollouts/candidate-1/rollback", json={"why": "phones ring", "by": "ann"})
    assert reply.json()["status"] == "rolled back"
    assert client.post("/rollouts/candidate-1/rollback").status_code == 409


@pytest.fixture(scope="module")
def untouched():
    with served(make_site(ClockKind.EVENT)) as client:
        yield client


@pytest.mark.parametrize(
    ("call", "status", "says"),
    [
        (lambda c: c.post("/rollouts", json={"candidate": "candidat"}), 404, "Did you mean 'candidate'?"),
        (lambda c: c.post("/rollouts", json={"candidate": "candidate", "route": "other"}), 404, "other"),
        (lambda c: c.post("/rollouts", json={"candidate": 3}), 400, "Expected `str`"),
        (lambda c: c.post("/rollouts", json={"candidate": "live"}), 409, "live already"),
        (lambda c: c.post("/step", content=b"{", headers=JSON), 400, "JSON"),
        (lambda c: c.post("/step", json={"now": 3}), 400, "unknown field `now`"),
        (lambda c: c.post("/step", content=b"{}"), 400, "application/json"),
        (
            lambda c: c.post("/step", content=b" " * 2_000_000, headers={"Content-Type": "application/json"}),
            400,
            "bytes",
        ),
        (lambda c: c.get("/rollouts/none"), 404, "none"),
        (lambda c: c.get("/nothing"), 404, "no such thing"),
        (lambda c: c.get("/step"), 405, "no such thing"),
        (lambda c: c.get("/audit?after=x"), 400, "after"),
        (lambda c: c.get("/status", headers={"Host": "evil.example:8081"}), 403, "Host"),
        (lambda c: c.post("/step", headers={"Origin": "https://evil.example"}), 403, "Origin"),
        (lambda c: c.post("/step", headers={"Origin": "null"}), 403, "Origin"),
    ],
)
def test_each_mistake_has_an_error_and_a_hint(untouched, call, status, says):
    reply = call(untouched)
    assert reply.status_code == status
    assert says in reply.json()["error"]
    assert reply.json()["hint"]


def test_a_registered_arm_is_found_and_the_scopes_plan_is_the_default(client, site):
    arm = Arm(name="model-7", kind=ArmKind.MODEL, package="0" * 64)
    site.controller.store.commit([Change(arm, "model-7", 0)], at_us=1, by="t", why="t")
    reply = client.post("/rollouts", json={"candidate": "model-7"})
    assert [s["name"] for s in reply.json()["plan"]["stages"]][:2] == ["shadow", "canary"]


def test_the_real_server_steps_by_itself_with_the_machines_clock():
    desk = make_site(ClockKind.SYSTEM)
    desk.controller.start("main", candidate=CANDIDATE, plan=plan(days=1.0), now_us=0)
    desk.clock.us = 2 * DAY_US  # the deadline is over
    with served(desk) as client:
        deadline = time.monotonic() + 10
        while client.get("/status").json()["running"] and time.monotonic() < deadline:
            time.sleep(0.01)
        assert client.get("/rollouts/candidate-1").json()["rollout"]["status"] == "rolled back"


class Workers:
    """Take a new route over only after they were looked at so many times."""

    def __init__(self, *, looks):
        self.looks, self.seen, self.slept = looks, [], 0.0

    def taken_over(self, route):
        self.seen.append(route.version)
        return len(self.seen) % self.looks == 0

    def sleep(self, seconds):
        self.slept += seconds


def test_what_changes_the_route_returns_once_the_workers_have_it():
    workers = Workers(looks=4)
    desk = make_site(ClockKind.SYSTEM, taken_over=workers.taken_over, sleep=workers.sleep)
    rollout = desk.start(StartRequest(candidate="candidate", plan=plan()))
    assert workers.seen == [2, 2, 2, 2]
    desk.roll_back(rollout.id, request=RollbackRequest(why="enough"))
    assert workers.seen[4:] == [3, 3, 3, 3]
    assert workers.slept == pytest.approx(0.06)


def test_a_worker_that_never_takes_the_route_over_holds_nobody_up():
    workers = Workers(looks=10**9)
    desk = make_site(ClockKind.SYSTEM, taken_over=workers.taken_over, sleep=workers.sleep)
    assert desk.start(StartRequest(candidate="candidate", plan=plan())).candidate == "candidate"
    assert workers.slept == pytest.approx(2.0, abs=0.02)


def test_a_step_that_moves_nothing_waits_for_nobody():
    workers = Workers(looks=1)
    desk = make_site(ClockKind.SYSTEM, taken_over=workers.taken_over, sleep=workers.sleep)
    desk.start(StartRequest(candidate="candidate", plan=plan()))
    workers.seen.clear()
    desk.clock.us = DAY_US
    desk.step(StepRequest(now_us=DAY_US))
    assert workers.seen == []


def test_with_the_machines_clock_nobody_else_says_what_time_it_is():
    """A moment in a made-up future is behind every deadline, and one long past is before every shortest stay."""
    desk = make_site(ClockKind.SYSTEM)
    desk.clock.us = 9 * DAY_US
    desk.controller.start("main", candidate=CANDIDATE, plan=plan(days=30.0), now_us=9 * DAY_US)
    with served(desk) as client:
        for now_us in (0, 8 * DAY_US, 10 * DAY_US, 300_000 * DAY_US):
            for path, body in (("/step", {}), ("/rollouts", {"candidate": "candidate"})):
                reply = client.post(path, json={**body, "now_us": now_us})
                assert reply.status_code == 400
                assert "want the machine's time" in reply.json()["error"]
        assert client.get("/rollouts/candidate-1").json()["rollout"]["status"] == "running"
        assert client.post("/step", json={"now_us": 9 * DAY_US - 1_000_000}).status_code == 200


@pytest.mark.parametrize("now_us", [-1, 1 << 63, 10**30, 1.5, "noon"])
def test_a_moment_that_is_none_is_refused(client, now_us):
    reply = client.post("/step", json={"now_us": now_us})
    assert reply.status_code == 400
    assert "request" in reply.json()["error"]


def test_an_audit_number_that_no_store_holds_is_refused(client):
    reply = client.get("/audit", params={"after": "9" * 40})
    assert reply.status_code == 400
    assert "after" in reply.json()["error"]


def test_metrics_say_how_far_control_is_behind(site):
    with served(site) as client:
        reply = client.get("/metrics")
        assert reply.headers["content-type"].startswith("text/plain")
        before = dict(line.rsplit(" ", 1) for line in reply.text.splitlines() if not line.startswith("#"))
        site.world.day(0, route=site.controller.store.get(Route, id="main")[0])
        client.post("/step", json={})
        after = dict(
            line.rsplit(" ", 1) for line in client.get("/metrics").text.splitlines() if not line.startswith("#")
        )
    assert before["slipway_control_held_rows"] == "0"
    assert after["slipway_control_held_rows"] == "300"
    assert 0 <= float(after["slipway_control_behind_seconds"]) < 5
    assert float(after["slipway_control_held_bytes"]) > 300 * 50
