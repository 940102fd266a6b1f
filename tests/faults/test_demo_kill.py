"""kill -9 of the server and all its processes in the middle of a ramp, then ``slipway serve`` again: it goes on.

The flights are played through the real server three ways: undisturbed, killed while requests are under way, and killed
while control looks at the evidence. All three must come to the same verdicts, with the same evidence, bit for bit.
"""

import contextlib
import os
import random
import shutil
import signal
import sys
import threading
import time
from collections import Counter
from datetime import date, timedelta
from types import SimpleNamespace

import httpx
import msgspec
import pytest

from slipway.cli.demo import source
from slipway.project import Project
from slipway.project.server import Server, free_ports
from slipway.records.base import canonical
from slipway.records.frame import OutcomeFrame, PredictionFrame
from slipway.records.gate import GateKind
from slipway.records.rollout import Plan, RolloutStatus
from slipway.serving.run_state import is_alive, read_states
from slipway.storage.journal import SegmentReader
from slipway.storage.layout import Layout

pytestmark = [pytest.mark.faults, pytest.mark.timeout(400)]

FIRST, DAYS, EVERY = date(2013, 5, 1), 16, 6
NO_HURRY = {
    "latency_p99_ms = 50": "latency_p99_ms = 30000",
    "deadline_ms = 1000": "deadline_ms = 20000",
    "memory_mb      = 512": "",
}
"""A slow machine must not turn into failures of an arm: these tests are about what is decided, not how fast. Nor does a
server take the same memory twice, which a gate that holds it against a budget notes."""


def hurried(plan):
    """Return the plan of the flights without its shadow, with stages of a day, and a margin that a week can prove."""
    stages = []
    for stage in plan.stages[1:]:
        gates = [
            msgspec.structs.replace(g, margin=0.06, min_units=1) if g.kind is GateKind.NOT_WORSE else g
            for g in stage.gates
        ]
        stages.append(msgspec.structs.replace(stage, gates=tuple(gates), min_s=2 * 86_400.0))
    return Plan(stages=tuple(stages), metric=plan.metric, alpha=plan.alpha, maturity_s=plan.maturity_s)


@pytest.fixture(scope="module")
def flights():
    """The example's own modules."""
    pytest.importorskip("sklearn")
    sys.path.insert(0, str(source()))
    try:
        import model  # noqa: PLC0415 - only found from the example's folder
        import replay  # noqa: PLC0415
        import story  # noqa: PLC0415

        yield SimpleNamespace(model=model, replay=replay, story=story)
    finally:
        sys.path.remove(str(source()))
        for name in ("model", "replay", "story"):
            sys.modules.pop(name, None)


@pytest.fixture(scope="module")
def begun(tmp_path_factory, flights):
    """A project whose rollout has been started and that was never served; each play has a copy of it."""
    folder = tmp_path_factory.mktemp("kill") / "begun"
    shutil.copytree(source(), folder, ignore=shutil.ignore_patterns("__pycache__", ".slipway"))
    port = free_ports()
    with flights.story.present_system(port):
        scope = folder / "slipway.toml"
        flights.story.point_at(scope, port=port)
        text = scope.read_text(encoding="utf-8").replace("timeout_ms = 800", "timeout_ms = 15000")
        for old, new in NO_HURRY.items():
            assert old in text
            text = text.replace(old, new)
        scope.write_text(text, encoding="utf-8")
        project = Project.open(folder)
        project.make_dataset("march", params={"months": [3]})
        run = project.train("march", params={"max_iter": 30})
        at_us = flights.replay.midnight(FIRST)
        project.start_rollout(str(run.package), plan=hurried(project.scope.rollout), at_us=at_us)
        yield SimpleNamespace(folder=folder, rows=flights.model.load((FIRST.month,))[::EVERY], replay=flights.replay)


class Play:
    """Plays the days through a server that may be killed under it, as a caller who does not give up would.

    Attributes:
        asked: Ids of flights whose answer came.
        told: Ids of outcomes that were accepted.
        again: Ids that were sent again, because the reply to them never came.
        stages: Stage of the rollout after each day.
        cut: What was under way when a blow fell.
        look_s: How long control took to look, each day.
    """

    def __init__(self, begun, folder):
        shutil.copytree(begun.folder, folder)
        self.folder, self.run = folder, Layout(folder).run
        self.project = Project.open(folder)
        self.asked, self.told, self.again = set(), set(), set()
        self.stages, self.cut, self.look_s = [], [], []
        self.server = Server(folder, clock="event").__enter__()
        self.replay = begun.replay.Replay(begun.rows, serving=self.server.url, look=self._look)
        self.replay._post = self._post
        self._client = httpx.Client(timeout=60, headers={"Content-Type": "application/json"})
        self._midnight, self._axe = begun.replay.midnight, None

    def day(self, number, *, axe=None, in_step=False):
        """Play one day; the axe falls on it while requests are under way or while control looks."""
        start, self._axe = self._midnight(FIRST + timedelta(days=number)), axe
        if axe and not in_step:
            axe.start()
        for hour in range(24):
            self.replay._play(start + hour * 3_600_000_000, start + (hour + 1) * 3_600_000_000)
        if axe and in_step:
            axe.start()
        self._look(start + 24 * 3_600_000_000)
        if axe:
            axe.join()
            self._revive()
        self._axe = None
        self.stages.append(self.project.rollouts()[-1].entries[-1].stage)

    def close(self):
        self.replay.close()
        self._client.close()
        self.server.__exit__(None, None, None)

    def _insist(self, url, *, body, at=None, ids=()):
        """Send until there is a reply; what was under way when the server was killed is sent once more."""
        headers = {} if at is None else {"Slipway-Time-Us": str(at - 1)}
        content = msgspec.json.encode(body)
        try:
            reply = self._client.post(url, content=content, headers=headers)
        except httpx.TransportError:
            assert self._axe is not None, "the server went away by itself"
            self._axe.join()
            self.again |= set(ids)
            self.cut.append(url.rpartition("/")[2])
            self._revive()
            reply = self._client.post(url, content=content, headers=headers)
        assert reply.status_code == 200, reply.text[:500]
        return reply.json()

    def _revive(self):
        """Start ``slipway serve`` again on the same port, as whoever is on call would; nothing else is done."""
        if self._axe.revived:
            return
        self._axe.revived = True
        before = self._axe.rollout
        self.server = Server(self.folder, clock="event", port=int(self.server.url.rpartition(":")[2])).__enter__()
        after = self.project.rollouts()[-1]
        assert after.entries[: len(before.entries)] == before.entries
        assert after.status is RolloutStatus.RUNNING
        until_s = time.monotonic() + 60  # killed between store and file, control publishes the route at its next look
        while self._versions() != {self.project.route().version}:
            assert time.monotonic() < until_s, f"workers follow {self._versions()}"
            time.sleep(0.05)

    def _versions(self):
        """Return the route's versions that the workers follow."""
        return {s.route_version for s in read_states(self.run) if s.name.startswith("worker-") and is_alive(s.pid)}

    def _post(self, path, body, *, at):
        ids = {row["id"] for row in body["rows" if path == "predict" else "outcomes"]}
        self._insist(f"{self.server.url}/{path}", body=body, at=at, ids=ids)
        known = self.asked if path == "predict" else self.told
        known |= ids

    def _look(self, now_us):
        began = time.monotonic()
        report = self._insist(f"{self.server.control_url}/step", body={"now_us": now_us})
        self.look_s.append(time.monotonic() - began)
        assert report["shadow_lag"] == []


class Axe(threading.Thread):
    """Kills the supervisor and every process of its server with SIGKILL after so long."""

    def __init__(self, play, *, after_s):
        super().__init__()
        self._play, self._after_s = play, after_s
        self.rollout, self.revived, self.killed = play.project.rollouts()[-1], False, []

    def run(self):
        time.sleep(self._after_s)
        states = sorted(read_states(self._play.run), key=lambda s: s.name != "supervisor")
        alive = [state for state in states if is_alive(state.pid)]
        for state in alive:
            with contextlib.suppress(ProcessLookupError):  # it ends with its supervisor, and may have been as quick
                os.kill(state.pid, signal.SIGKILL)
            self.killed.append(state.name)
        self._play.server.kill()


@pytest.fixture(scope="module")
def undisturbed(begun):
    play = Play(begun, begun.folder.with_name("undisturbed"))
    began = time.monotonic()
    for number in range(DAYS):
        play.day(number)
    play.day_s = (time.monotonic() - began) / DAYS
    play.close()
    return play


def judged(play):
    """Return what was decided, on which evidence: ids, verdicts, inputs but for where the journal was read to."""
    project = play.project
    (rollout,) = project.rollouts()
    names = [(f"{rollout.id}-{n + 1}", v) for n, v in enumerate(project.verdicts(rollout.id))]
    inputs = [(i.now_us, i.cohorts, i.rollout) for i in (project.verdict_inputs(name) for name, _ in names)]
    return canonical((rollout, names, inputs))


def test_the_undisturbed_play_goes_through_the_ramp(undisturbed):
    assert {"canary", "ramp-25", "ramp-50"} <= set(undisturbed.stages)
    assert len(undisturbed.project.verdicts(undisturbed.project.rollouts()[-1].id)) >= 4
    assert undisturbed.again == set()


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("in_step", [False, True], ids=["requests", "step"])
def test_the_rollout_goes_on_where_it_was(begun, undisturbed, in_step, seed):
    rng = random.Random(f"{in_step}-{seed}")  # noqa: S311 - when to strike, no secret
    ramp = [n for n, stage in enumerate(undisturbed.stages) if stage.startswith("ramp")]
    moved = [n for n in ramp if undisturbed.stages[n] != undisturbed.stages[n - 1]]
    struck = rng.choice(moved if in_step else ramp)
    play = Play(begun, begun.folder.with_name(f"killed-{in_step}-{seed}"))
    length_s = min(undisturbed.look_s) if in_step else undisturbed.day_s
    killed = set()
    try:
        for number in range(DAYS):
            if number >= struck and not play.cut:  # again the next day if the blow fell between two requests
                axe = Axe(play, after_s=rng.random() * 0.8 * length_s)
                play.day(number, axe=axe, in_step=in_step)
                killed |= set(axe.killed)
            else:
                play.day(number)
    finally:
        play.close()
    assert killed == {"supervisor", "worker-0", "shadow", "control"}
    assert set(play.cut) <= ({"step"} if in_step else {"predict", "outcomes", "step"})
    assert play.cut, "no blow fell on anything: this would prove nothing"
    assert play.stages == undisturbed.stages
    assert judged(play) == judged(undisturbed)
    assert_nothing_is_lost_or_doubled(play)
    assert play.asked == undisturbed.asked
    assert play.project.replay(play.project.rollouts()[-1].id).same


def assert_nothing_is_lost_or_doubled(play):
    predictions, outcomes = Counter(), Counter()
    for frame, _ in SegmentReader(Layout(play.folder).journal).read({}):
        if isinstance(frame, PredictionFrame):
            predictions.update(frame.id)
        elif isinstance(frame, OutcomeFrame):
            outcomes.update(frame.id)
    assert play.asked <= set(predictions)
    assert play.told <= set(outcomes)
    twice = {i for counts in (predictions, outcomes) for i, n in counts.items() if n > 1}
    assert twice <= play.again, "only what was sent again can have come twice"
    status = play.project.status()
    assert (status.predictions, status.outcomes) == (len(predictions), len(outcomes))
    assert [p for p in status.problems if "is blind: beside 28 days of its reference" not in p] == []
    assert play.project.verify().errors == ()
