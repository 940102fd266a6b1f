"""The live page: what it shows, and that its buttons do what they say for those who may, and for nobody else."""

import asyncio
import base64
import re

import httpx
import msgspec
import pytest

from slipway.control.desk import Desk
from slipway.control.requests import RollbackRequest, StartRequest, StepRequest
from slipway.control.step import Controller
from slipway.control.surface import surface
from slipway.control.terms import Terms
from slipway.ports import Change
from slipway.records.access import May
from slipway.records.alert import Finding, FindingKind, Step
from slipway.records.gate import Gate, GateKind
from slipway.records.rollout import RolloutStatus
from slipway.records.trouble import Alert, AlertEvent, AlertKind, AlertState, Happening, Severity, Trouble
from slipway.records.worker_config import ClockKind
from slipway.scoping.parse import parse
from slipway.serving.door import Door
from slipway.serving.guard import Guard
from slipway.serving.run_state import RunState, State
from slipway.stats.evidence import EValue
from slipway.storage.access_keys import make_key
from slipway.testing.memory import MemoryJournal, MemoryStore
from slipway.testing.rollouts import LIVE, plan
from slipway.testing.traffic import DAY_US, MemoryRoutes, World
from slipway.web.live.routes import pages

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
TYPED = {"who": "Ann", "why": "it <b>worries</b> me", "sure": "yes"}
BACK = "/page/rollouts/candidate-1/back"


class Still:
    def now_us(self):
        return 0


@pytest.fixture
def desk():
    store, journal, files = MemoryStore(), MemoryJournal(), MemoryRoutes()
    controller = Controller(store=store, journal=journal, files=files, terms=Terms())
    controller.open_route("main", arm=LIVE, salt="s", now_us=0)
    workers = [RunState(name=f"worker-{n}", pid=1, state=State.READY, route="main", at_us=0) for n in range(2)]

    def told():
        version = files.read("main").version
        return [msgspec.structs.replace(w, route_version=version - n) for n, w in enumerate(workers)]

    made = Desk(
        controller,
        scope=parse(SCOPE, path="slipway.toml"),
        clock=Still(),
        kind=ClockKind.EVENT,
        audit=store.audit,
        shadow_wait_s=0.2,
        workers=told,
    )
    made.world = World(1, journal=journal.writer, error={"live": 0.1, "candidate": 0.1})
    return made


class Browser:
    def __init__(self, app):
        self._app = app

    def request(self, method, path, **how):
        async def ask():
            transport = httpx.ASGITransport(app=self._app)
            async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8081") as lines:
                return await lines.request(method, path, **how)

        return asyncio.run(ask())

    def get(self, path, **how):
        return self.request("GET", path, **how)

    def post(self, path, **how):
        return self.request("POST", path, **how)


def client(desk, *, door=None):
    return Browser(surface(desk, guard=Guard("127.0.0.1", door=door), pages=pages(desk)))


def started(desk, *, days=0, **how):
    desk.start(StartRequest(candidate="candidate", plan=plan(maturity_s=7200.0, **how), by="bob"))
    for day in range(days):
        desk.world.day(day, route=desk.controller.files.read("main"))
        desk.step(StepRequest(now_us=(day + 1) * DAY_US + DAY_US // 12))


def token(page):
    return re.search(r'name="token" value="([0-9a-f]{64})"', page).group(1)


def status(desk):
    return desk.rollouts()[0].status


def test_before_anything_it_says_so(desk):
    page = client(desk).get("/").text
    assert "live answers everyone." in page
    assert "No rollout yet" in page


def test_what_the_monitors_found_is_on_the_page_until_it_is_over(desk):
    started(desk)
    finding = Finding(
        id="f-1", model="candidate", kind=FindingKind.DATA_DRIFT, opened_us=DAY_US, evidence=EValue(log_e=6.0, n=9),
        relevant=True, go_back_to=Step.DATA, sentence="The inputs <b>moved</b>.",
    )  # fmt: skip
    desk.controller.store.commit([Change(finding, "f-1", 0)], at_us=DAY_US, by="monitor", why="it moved")
    assert "<b>Data drift.</b> The inputs &lt;b&gt;moved&lt;/b&gt;." in client(desk).get("/").text
    over = msgspec.structs.replace(finding, closed_us=2 * DAY_US)
    desk.controller.store.commit([Change(over, "f-1", 1)], at_us=2 * DAY_US, by="monitor", why="it is over")
    assert "The inputs" not in client(desk).get("/").text


@pytest.mark.parametrize("severity", Severity)
def test_a_critical_alert_is_at_the_top_until_it_is_over(desk, severity):
    started(desk)
    trouble = Trouble(kind=AlertKind.BUDGET, about="main", severity=severity, sentence="Nobody is answered.")
    opened = AlertEvent(at_us=DAY_US, what=Happening.OPENED, by="control")
    alert = Alert(id="budget-1", trouble=trouble, state=AlertState.OPEN, events=(opened,))
    desk.controller.store.commit([Change(alert, "budget-1", 0)], at_us=DAY_US, by="control", why="it is so")
    top, _, _ = client(desk).get("/").text.partition("</header>")
    assert ("Nobody is answered." in top) == (severity is Severity.CRITICAL)
    over = msgspec.structs.replace(alert, state=AlertState.RESOLVED)
    desk.controller.store.commit([Change(over, "budget-1", 1)], at_us=2 * DAY_US, by="control", why="it is over")
    assert "Nobody is answered." not in client(desk).get("/").text.partition("</header>")[0]


def test_it_shows_who_answers_what_is_waited_for_and_the_way_back(desk):
    started(desk, days=6)
    reply = client(desk).get("/")
    page = reply.text
    assert "candidate answers the same requests, unseen." in page
    assert 'class="now" aria-current="step"><span class="of">unseen</span><b>shadow</b>' in page
    assert re.search(r'pill hold">hold</span><div><p><b>not-worse</b></p><p class="gate">[^<]*6 days', page)
    assert "worker-0: live is loaded" in page
    assert "worker-1: not known to have it loaded" in page
    assert page.count("<svg") >= 2
    assert reply.headers["cache-control"] == "no-store"


def test_it_loads_nothing_from_elsewhere_and_runs_its_one_script_only(desk):
    started(desk, days=3)
    reply = client(desk).get("/")
    assert not re.search(r'(src|href)="(?!/page/|#)', reply.text)
    assert reply.text.count("<script>") == 1
    policy = reply.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert re.search(r"script-src 'sha256-[A-Za-z0-9+/=]+'", policy)


def test_the_form_rolls_back_and_the_trail_says_who_and_why(desk):
    started(desk)
    browser = client(desk)
    asked = browser.get(BACK).text
    done = browser.post(BACK, data={**TYPED, "token": token(asked)})
    assert (done.status_code, done.headers["location"]) == (303, "/page/rollouts/candidate-1")
    assert status(desk) is RolloutStatus.ROLLED_BACK
    assert desk.controller.files.read("main").share_of("live") == 1.0
    entry = desk.audit()[-1]
    assert (entry.by, entry.why) == ("Ann (live page)", "rolled back by command: it <b>worries</b> me")
    page = browser.get("/").text
    assert "it &lt;b&gt;worries&lt;/b&gt; me" in page
    assert "There is nothing to roll back" in page


@pytest.mark.parametrize("missing", ["token", "who", "why", "sure"])
def test_without_a_token_a_name_a_reason_or_the_tick_nothing_happens(desk, missing):
    started(desk)
    browser = client(desk)
    typed = {**TYPED, "token": token(browser.get(BACK).text)}
    del typed[missing]
    refused = browser.post(BACK, data=typed)
    assert refused.status_code == 400
    assert 'role="alert"' in refused.text
    assert missing == "why" or "it &lt;b&gt;worries&lt;/b&gt; me" in refused.text  # what was typed is not lost
    assert status(desk) is RolloutStatus.RUNNING


def test_the_token_is_of_this_form_and_this_process(desk):
    started(desk)
    other = token(client(desk).get(BACK).text)  # of another process
    assert client(desk).post(BACK, data={**TYPED, "token": other}).status_code == 400
    assert status(desk) is RolloutStatus.RUNNING


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"Origin": "https://evil.example"}, 403),
        ({"Host": "evil.example"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 400),
        ({"Content-Type": "text/plain"}, 400),
    ],
)
def test_forms_of_other_sites_are_not_taken(desk, headers, code):
    started(desk)
    browser = client(desk)
    typed = {**TYPED, "token": token(browser.get(BACK).text)}
    assert browser.post(BACK, data=typed, headers=headers).status_code == code
    assert status(desk) is RolloutStatus.RUNNING


def test_what_cannot_be_rolled_back_is_said_instead_of_a_form(desk):
    started(desk)
    browser = client(desk)
    typed = {**TYPED, "token": token(browser.get(BACK).text)}
    browser.post(BACK, data=typed)
    assert "There is nothing to roll back" in browser.get(BACK).text
    again = browser.post(BACK, data=typed)
    assert again.status_code == 400
    assert "want one that is running or completed" in again.text
    assert browser.get("/page/rollouts/nobody-1").status_code == 404


def test_with_keys_a_browser_shows_one_as_a_password_on_pages_only(desk, tmp_path):
    keys = {
        name: make_key(tmp_path / "keys.json", name=name, may=[may], now_us=1, by="test")[1]
        for name, may in (("caller", May.PREDICT), ("boss", May.CONTROL))
    }
    shown = {
        name: {"Authorization": "Basic " + base64.b64encode(f"ann:{key}".encode()).decode()}
        for name, key in keys.items()
    }
    started(desk)
    browser = client(desk, door=Door(tmp_path / "keys.json"))
    asked = browser.get("/")
    assert asked.status_code == 401
    assert asked.headers["www-authenticate"].startswith("Basic realm=")
    assert browser.get("/", headers=shown["caller"]).status_code == 401  # so that the browser asks for another
    assert browser.get("/", headers={"Authorization": "Basic not/base64!"}).status_code == 401
    assert browser.get("/status", headers=shown["boss"]).status_code == 401
    assert browser.post("/rollouts/candidate-1/rollback", headers=shown["boss"]).status_code == 401
    page = browser.get(BACK, headers=shown["boss"])
    done = browser.post(BACK, data={**TYPED, "token": token(page.text)}, headers=shown["boss"])
    assert done.status_code == 303
    assert desk.audit()[-1].by == "Ann (live page) (key boss)"


def asking(desk, **how):
    """A rollout whose first stage asks for a person's word."""
    made = plan(maturity_s=7200.0)
    gate = Gate(kind=GateKind.APPROVAL, min_units=1, **how)
    stages = (msgspec.structs.replace(made.stages[0], gates=(gate,)), *made.stages[1:])
    desk.start(StartRequest(candidate="candidate", plan=msgspec.structs.replace(made, stages=stages), by="bob"))


@pytest.mark.parametrize(("answer", "action"), [("approve", "advance"), ("refuse", "roll back")])
def test_a_person_says_yes_or_no_on_the_page_and_the_next_look_follows(desk, answer, action):
    asking(desk)
    browser = client(desk)
    assert "Approve shadow" in browser.get("/").text
    path = "/page/rollouts/candidate-1/approve"
    typed = {**TYPED, "token": token(browser.get(path).text), "stage": "shadow"}
    assert browser.post(path, data=typed).status_code == 400  # neither button
    assert browser.post(path, data={**typed, "answer": answer}).status_code == 303
    assert desk.audit()[-1].by == "Ann"
    desk.world.day(0, route=desk.controller.files.read("main"))
    report = desk.step(StepRequest(now_us=DAY_US + DAY_US // 12))
    assert report.verdicts[0].action == action


def test_who_is_not_asked_is_told_so_and_a_token_is_of_one_form(desk):
    asking(desk, by=("carla",))
    browser, path = client(desk), "/page/rollouts/candidate-1/approve"
    typed = {**TYPED, "token": token(browser.get(path).text), "stage": "shadow", "answer": "approve"}
    refused = browser.post(path, data=typed)
    assert refused.status_code == 400
    assert "none of those who may approve" in refused.text
    assert browser.post(BACK, data=typed).status_code == 400  # a token of the other form
    assert status(desk) is RolloutStatus.RUNNING


def test_the_newest_of_the_trail_is_read_once(desk):
    started(desk)
    asked = []
    read = desk._audit
    desk._audit = lambda *, after_seq: asked.append(after_seq) or read(after_seq=after_seq)
    before = [e.seq for e in desk.newest_audit(12)]
    desk.roll_back("candidate-1", request=RollbackRequest(why="enough"))
    after = [e.seq for e in desk.newest_audit(2)]
    assert asked == [0, before[-1]]
    assert after == [before[-1] + 1, before[-1] + 2]
