"""A system that answers over HTTP is replaced by a packaged model, and put back: one life through the real server.

The system is a real one, a server in another thread that speaks JSON of its own. Once the model answers everyone the
system is its shadow, and then it fails, and then it hangs: no caller may notice.
"""

import http.server
import re
import statistics
import threading
import time
from types import SimpleNamespace

import httpx
import msgspec
import pytest

from slipway import Project
from slipway.project.server import Server
from slipway.project.user_code import load_function

pytestmark = [pytest.mark.timeout(400), pytest.mark.slow]

HOUR_US = 3_600_000_000
PRESENT = """[arms.present]
url = "{url}"
timeout_ms = 20000
json = {{ rows = "samples", score = "answers.malignant", names = {{ mean_radius = "radius" }} }}
"""


class System:
    """The system of before: says malignant where the radius is large; it can be made to fail and to hang."""

    def __init__(self):
        self.mood, self.asked, self.freed, system = "well", 0, threading.Event(), self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                system.asked += 1
                body = msgspec.json.decode(self.rfile.read(int(self.headers["content-length"])))
                if system.mood == "hangs":
                    system.freed.wait(15)
                said = [{"malignant": float(row["radius"] > 15)} for row in body["samples"]]
                reply = b"sorry" if system.mood == "fails" else msgspec.json.encode({"answers": said})
                self.send_response(500 if system.mood == "fails" else 200)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(reply)))
                self.end_headers()
                self.wfile.write(reply)

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/score"

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def feel(self, mood):
        """Be well, fail, or hang until it feels otherwise."""
        self.mood = mood
        (self.freed.clear if mood == "hangs" else self.freed.set)()

    def __exit__(self, *_):
        self.feel("well")
        self._server.shutdown()
        self._server.server_close()


class Life:
    """Callers, and the control that looks when they have been told what was true; time is theirs."""

    def __init__(self, project, server):
        self.project, self.control = project, httpx.Client(base_url=server.control_url, timeout=60)
        names = [field.name for field in project.scope.fields]
        table = load_function("model.py:load", folder=project.folder)()
        self._rows, self._truth = table.select("sample", *names).to_dicts(), table["malignant"].to_list()
        self._client, self._visit, self._now_us = httpx.Client(base_url=server.url, timeout=30), 0, 24 * HOUR_US

    def visit(self, *, rows=None):
        """Ask about every sample, and return arms, fallbacks and milliseconds of each request; then tell the truth."""
        self._visit += 1
        rows = [{"id": f"{self._visit}-{r['sample']}", **r} for r in self._rows[:rows]]
        head, answers, took_ms = {"slipway-time-us": str(self._now_us)}, [], []
        for begin in range(0, len(rows), 10):
            began = time.monotonic()
            reply = self._client.post("/predict", json={"rows": rows[begin : begin + 10]}, headers=head)
            took_ms.append((time.monotonic() - began) * 1000)
            assert reply.status_code == 200, reply.text
            answers += reply.json()["predictions"]
        self._now_us += HOUR_US
        outcomes = [{"id": r["id"], "value": y} for r, y in zip(rows, self._truth, strict=False)]
        head = {"slipway-time-us": str(self._now_us)}
        assert self._client.post("/outcomes", json={"outcomes": outcomes}, headers=head).status_code == 200
        return SimpleNamespace(
            arms={a["arm"] for a in answers},
            fallbacks=sum(a["fallback"] for a in answers),
            took_ms=took_ms,
        )

    def look(self):
        report = self.control.post("/step", json={"now_us": self._now_us}).json()
        return report["verdicts"][0]

    def until(self, stage, *, visits=40):
        for _ in range(visits):
            self.visit()
            self.look()
            if self.project.rollouts()[-1].entries[-1].stage == stage:
                return
        raise AssertionError(f"want stage {stage}, got {self.look()}")

    def close(self):
        self._client.close()
        self.control.close()


@pytest.fixture(scope="module")
def life(tmp_path_factory):
    with System() as system:
        made = Project.init(tmp_path_factory.mktemp("replaced") / "samples")
        page = made.folder / "slipway.toml"
        told = page.read_text().replace('live = "radius-rule"', 'live = "present"\nworkers = 2\ndeadline_ms = 20000')
        told = told.replace("[arms.radius-rule]", PRESENT.format(url=system.url) + "\n[arms.radius-rule]")
        told = re.sub(r"\[budgets\]\n(.+\n)+", "", told)  # a function of this machine's load
        page.write_text(told)
        project = Project.open(made.folder, by="ann")
        project.make_dataset()
        project.train()
        with Server(project.folder, clock="event") as server:
            found = Life(project, server)
            try:
                yield live_it(found, system=system, server=server)
            finally:
                found.close()


def live_it(found, *, system, server):
    """Live the life once; the tests below look at what was seen on the way."""
    seen = SimpleNamespace(life=found, project=found.project)
    seen.before = found.visit()
    found.project.start_rollout()
    found.until("canary")
    seen.rehearsal = found.project.rehearse(found.project.rollouts()[-1].id)
    found.until("full")
    seen.well = found.visit()
    for mood in ("fails", "hangs"):
        system.feel(mood)
        before = system.asked
        setattr(seen, mood, found.visit(rows=200))
        until_s = time.monotonic() + 60
        while system.asked == before and time.monotonic() < until_s:  # the shadow asks a little later
            found.visit(rows=10)
            time.sleep(0.2)
        setattr(seen, f"asked_while_it_{mood}", system.asked - before)
    system.feel("well")
    seen.full = found.project.rollouts()[-1]
    seen.page = found.control.get("/").text
    back = f"/page/rollouts/{seen.full.id}/back"
    token = re.search(r'name="token" value="(\w+)"', found.control.get(back).text).group(1)
    typed = {"token": token, "who": "Ann", "why": "the laboratory wants its system back", "sure": "yes"}
    seen.pressed = found.control.post(back, data=typed)
    seen.after = found.visit()
    return seen


def test_the_system_answers_until_the_model_has_proven_itself(life):
    assert life.before.arms == {"present"}
    assert [e.stage for e in life.full.entries] == ["shadow", "canary", "ramp-50", "full"]
    assert len(life.well.arms) == 1
    assert life.well.arms.isdisjoint({"present"})


def test_a_shadow_that_fails_or_hangs_touches_no_caller(life, record_property):
    for mood in ("fails", "hangs"):
        visit = getattr(life, mood)
        assert visit.arms == life.well.arms
        assert visit.fallbacks == 0
        assert getattr(life, f"asked_while_it_{mood}") > 0  # it was asked, and nobody waited for it
        record_property(f"median ms while it {mood}", round(statistics.median(visit.took_ms), 2))
    record_property("median ms while it is well", round(statistics.median(life.well.took_ms), 2))


def test_the_way_back_to_it_was_rehearsed_under_the_eyes_of_two_workers(life):
    assert life.rehearsal.holds
    assert (life.rehearsal.back_to, life.rehearsal.cold) == ("present", ())
    assert [w.name for w in life.rehearsal.workers] == ["worker-0", "worker-1"]


def test_a_button_puts_it_back(life):
    assert "answers everyone" in life.page
    assert "every worker has loaded" in life.page
    assert life.pressed.status_code == 303
    assert life.after.arms == {"present"}
    assert life.after.fallbacks == 0


def test_the_trail_says_who_changed_the_route_when_and_why(life):
    said = [(e.by, e.why) for e in life.project.audit() if e.kind == "route"]
    verdicts = [why for by, why in said if by == "controller"]
    assert said[1][0] == "ann"
    assert "started in stage shadow" in said[1][1]
    assert len(verdicts) == 3
    assert all("advance" in why and "not-worse" in why for why in verdicts)
    assert any(by == "ann" and "rehearsed" in why for by, why in said)
    assert said[-1] == ("Ann (live page)", "rolled back by command: the laboratory wants its system back")


def test_every_verdict_comes_out_the_same_from_the_journal(life):
    assert life.project.replay(life.full.id).same
    assert life.project.verify().holds
