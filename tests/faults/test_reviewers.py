"""Two hundred reviewers at once through a real server, and a kill while they hold their cases: each case once."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from urllib.parse import urlsplit

import httpx
import pytest

from slipway import Project
from slipway.project import commanding, loopback
from slipway.project.server import Server
from slipway.records.frame import DecisionFrame
from slipway.storage.journal import SegmentReader

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]

REVIEWERS = 200
JSON = {"Content-Type": "application/json"}
DESK = """
[arms.desk]
people = "the second look"
answer = "2h"
fallback = "radius-rule"
reading = { lease = "30min", undo = "0s", settle = 0.0 }

[data]"""


@pytest.fixture
def folder(tmp_path):
    Project.init(tmp_path / "looked")
    page = tmp_path / "looked" / "slipway.toml"
    told = page.read_text().replace('live = "radius-rule"', 'live = "desk"', 1).replace("\n[data]", DESK, 1)
    page.write_text(told)
    return tmp_path / "looked"


def row(number):
    return {"mean_radius": number % 30, "mean_texture": 1.0, "sample": f"s{number}", "id": f"case-{number}"}


def at_once(deeds):
    """Do all of it at the same moment; return what each returned."""
    gate, found = threading.Barrier(len(deeds)), [None] * len(deeds)

    def one(place, deed):
        gate.wait(60)
        found[place] = deed()

    threads = [threading.Thread(target=one, args=pair) for pair in enumerate(deeds)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    return found


def until(holds, *, limit_s=60):
    end = time.monotonic() + limit_s
    while not (found := holds()) and time.monotonic() < end:
        time.sleep(0.1)
    assert found
    return found


def test_each_case_is_one_reviewers_and_a_kill_loses_none(folder):
    project = Project.open(folder)
    with Server(folder) as server:
        asked = ask("POST", f"{server.url}/predict", {"rows": [row(n) for n in range(REVIEWERS)]})
        answers = asked[1]["predictions"]
        assert all(a["pending"] and a["score"] is None for a in answers)
        ids = {a["id"] for a in answers}
        until(lambda: len(project.reviews.cases()) == REVIEWERS)
        names = [f"reader-{n}" for n in range(REVIEWERS)]

        def claim(name):
            return ask("POST", f"{server.control_url}/review/next", {"by": name})[1]

        handed = at_once([lambda name=name: claim(name)["id"] for name in names])
        assert set(handed) == ids, "each case once"
        assert claim("one too many") is None

        control = commanding.control(project._parts.layout)
        os.kill(control.pid, signal.SIGKILL)
        until(lambda: (c := commanding.control(project._parts.layout)) is not None and c.pid != control.pid)
        until(lambda: "id" in claim(names[0]))  # it answers before it is the controller, and says so
        again = at_once([lambda name=name: claim(name)["id"] for name in names])
        assert again == handed, "who had a case has it still"

        def decide(name, case):
            body = {"by": name, "value": int(case.rpartition("-")[2]) % 2}
            return ask("POST", f"{server.control_url}/review/cases/{case}/decide", body)[0]

        assert Counter(at_once([lambda p=pair: decide(*p) for pair in zip(names, handed, strict=True)])) == {200: 200}
        told = {i: ask("GET", f"{server.control_url}/decisions/{i}")[1] for i in sorted(ids)}
        assert {i: t["decision"] for i, t in told.items()} == {i: int(i.rpartition("-")[2]) % 2 for i in ids}
        said = until(lambda: len(found := decisions(project)) == REVIEWERS and found)
        assert dict(said) == dict(zip(handed, names, strict=True))
        assert project.reviews.stats().counts["decided"] == REVIEWERS
        assert "Nobody" not in command(folder, "review", "stats")
        assert json.loads(command(folder, "review", "decision", "case-3", "--json"))["decision"] == 1.0
    project._parts.store.verify_audit()


def test_by_command_a_case_is_taken_decided_taken_back_and_left(folder):
    page = folder / "slipway.toml"
    page.write_text(page.read_text().replace('undo = "0s"', 'undo = "10min"'))
    with Server(folder) as server:
        httpx.post(f"{server.url}/predict", json=row(7))
        project = Project.open(folder, by="ana")
        until(project.reviews.cases)
        assert "case-7" in command(folder, "review", "next", "--by", "ana")
        assert "ana" in command(folder, "review", "list")
        assert "taken back until" in command(folder, "review", "decide", "case-7", "1", "--by", "ana")
        assert "waits again" in command(folder, "review", "undo", "case-7", "--by", "ana")
        assert project.reviews.next().id == "case-7"
        assert "waits again" in command(folder, "review", "leave", "case-7", "--by", "ana")
        assert project.reviews.decision("case-7").pending


def ask(method, url, body=None):
    """Ask on a connection of its own, as each reviewer has."""
    port, path = urlsplit(url).port, url.partition("/")[2].partition("/")[2].partition("/")[2]
    data = None if body is None else json.dumps(body).encode()
    reply = loopback.ask(method, port=port, path=f"/{path}", body=data, headers=JSON, timeout_s=100)
    return reply.status, json.loads(reply.body)


def decisions(project):
    frames = (frame for frame, _ in SegmentReader(project._parts.layout.journal).read({}))
    return [pair for f in frames if isinstance(f, DecisionFrame) for pair in zip(f.id, f.by, strict=True)]


def command(folder, *words):
    line = [sys.executable, "-m", "slipway.cli.app", *words, "--project", str(folder)]
    return subprocess.run(line, capture_output=True, text=True, check=True, timeout=120).stdout


def test_past_its_time_the_rule_answers_a_case_and_is_named(folder):
    page = folder / "slipway.toml"
    page.write_text(page.read_text().replace('answer = "2h"', 'answer = "2s"'))
    with Server(folder) as server, httpx.Client(timeout=120) as client:
        pending = client.post(f"{server.url}/predict", json=row(20)).json()
        assert pending["pending"]
        until(lambda: not client.get(f"{server.control_url}/decisions/case-20?wait_s=20").json()["pending"])
        told = client.get(f"{server.control_url}/decisions/case-20").json()
        late = client.post(f"{server.control_url}/review/next", json={"by": "ana"}).json()
    assert (told["decision"], told["by"], told["fallback"]) == (1.0, "radius-rule", True), "a radius of 20 is above 15"
    assert told["at_us"] >= told["due_us"] == pending["due_us"]
    assert late is None
