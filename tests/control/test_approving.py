"""A person's word: kept once, audited, refused where it could not count, and moved by over HTTP as by Python."""

import asyncio

import httpx
import msgspec
import pytest

from slipway.control.desk import Desk
from slipway.control.step import Controller
from slipway.control.surface import surface
from slipway.control.terms import Terms
from slipway.deployment.judge import judge
from slipway.errors import BadInput, Conflict, NotFound, Refused
from slipway.records.access import May
from slipway.records.facts import Approval, Facts
from slipway.records.gate import Gate, GateKind
from slipway.records.rollout import Decision, Plan, Rollout, RolloutStatus, Stage, StageKind
from slipway.records.worker_config import ClockKind
from slipway.scoping.init import starter_files
from slipway.scoping.parse import parse
from slipway.serving.door import Door
from slipway.serving.guard import Guard
from slipway.storage.access_keys import make_key
from slipway.testing.memory import MemoryJournal, MemoryStore
from slipway.testing.rollouts import CANDIDATE, DAY_US, LIVE
from slipway.testing.traffic import MemoryRoutes

ASKS = Gate(kind=GateKind.APPROVAL, by=("Ben", "Cem"))
PLAN = Plan(
    stages=(
        Stage(name="shadow", kind=StageKind.SHADOW, share=0.0, gates=(ASKS,), min_s=0.0, max_s=9e5),
        Stage(name="full", kind=StageKind.FULL, share=1.0, gates=(Gate(kind=GateKind.HARM),), min_s=0.0, max_s=9e5),
    )
)


@pytest.fixture
def control():
    made = Controller(store=MemoryStore(), journal=MemoryJournal(), files=MemoryRoutes(), terms=Terms())
    made.open_route("main", arm=LIVE, salt="s", now_us=0)
    made.start("main", candidate=CANDIDATE, plan=PLAN, now_us=0, by="Cem")
    return made


def said(**other):
    word = Approval(rollout="candidate-1", stage="shadow", by="Ben", approved=True, why="read 40 cases", at_us=DAY_US)
    return msgspec.structs.replace(word, **other)


def rollout(control):
    return control.store.get(Rollout, id="candidate-1")[0]


def test_an_approval_is_audited_and_moves_the_rollout_at_the_next_step(control):
    control.approve(said(), by="account ben")
    entry = control.store.audit()[-1]
    assert (entry.by, entry.kind, entry.why) == ("account ben", "approval", "Ben approves stage shadow: read 40 cases")
    control.step(DAY_US + 1)
    assert rollout(control).stage().name == "full"
    with pytest.raises(Conflict, match="the stage that candidate-1 is in, full, got shadow"):
        control.approve(said())
    with pytest.raises(Conflict, match="stage full of candidate-1 asks nobody; its gates are harm"):
        control.approve(said(stage="full"))


def test_a_refusal_rolls_back_at_the_next_step(control):
    control.approve(said(approved=False))
    control.step(DAY_US + 1)
    assert rollout(control).status is RolloutStatus.ROLLED_BACK
    with pytest.raises(Conflict, match="want a rollout that runs"):
        control.approve(said())


@pytest.mark.parametrize(
    ("word", "error", "says"),
    [
        (said(by="Dan"), Refused, "Dan is none of those who may approve: Ben, Cem"),
        (said(by="Cem"), Refused, "nobody approves their own"),
        (said(by=" "), BadInput, "want who says it and why"),
        (said(why=""), BadInput, "want who says it and why"),
        (said(rollout="none"), NotFound, "no such record"),
    ],
)
def test_a_word_that_could_not_count_is_refused_and_not_kept(control, word, error, says):
    with pytest.raises(error, match=says):
        control.approve(word)
    assert control.store.all(Approval) == []


class Now:
    def now_us(self):
        return DAY_US


@pytest.fixture
def asked(control):
    scope = parse(starter_files("tumours")["slipway.toml"])
    return Desk(control, scope=scope, clock=Now(), kind=ClockKind.SYSTEM, audit=control.store.audit)


def call(app, body, *, key=None):
    """Ask the application as a server would, without a socket."""

    async def ask():
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            headers = {"Authorization": f"Bearer {key}"} if key else {}
            return await client.post("/rollouts/candidate-1/approvals", json=body, headers=headers)

    return asyncio.run(ask())


def test_over_http_a_person_speaks_by_name(asked, control):
    body, app = {"stage": "shadow", "by": "Ben", "why": "read 40 cases"}, surface(asked, guard=Guard("127.0.0.1"))
    reply = call(app, body)
    assert (reply.status_code, reply.json()["by"]) == (201, "Ben")
    for change, status in (({"by": "Dan"}, 403), ({"stage": "full"}, 409), ({"why": 3}, 400)):
        assert call(app, body | change).status_code == status
    assert [a.by for _, a, _ in control.store.all(Approval)] == ["Ben"]


def test_with_a_key_the_key_speaks_whatever_name_is_given(asked, control, tmp_path):
    _, secret = make_key(tmp_path / "keys.json", name="dan", may=[May.CONTROL], now_us=1, by="test")
    guard = Guard("127.0.0.1", door=Door(tmp_path / "keys.json"))
    body = {"stage": "shadow", "by": "Ben", "why": "read 40 cases"}
    reply = call(surface(asked, guard=guard), body, key=secret)
    assert reply.status_code == 403
    assert "dan is none of those who may approve" in reply.json()["error"]
    assert control.store.all(Approval) == []


def test_who_started_it_with_a_key_does_not_approve_it_with_the_same_key(control):
    own = msgspec.structs.replace(rollout(control), started_by="anybody (key Ben)")
    verdict = judge(own, [], now_us=2 * DAY_US, facts=Facts(approvals=(said(),)))
    assert verdict.gates[0].decision is Decision.HOLD
