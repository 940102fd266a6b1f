"""A real server with everything on, honest callers who write down what was acknowledged, and the comparison."""

import asyncio
import random
import threading
import time
from collections import Counter

import msgspec
import pytest

from slipway import Project
from slipway.project.server import Server
from slipway.records.frame import OutcomeFrame, PredictionFrame, ShadowFrame
from slipway.serving.run_state import State, is_alive, read_states
from slipway.storage.journal import SegmentReader
from slipway.storage.layout import Layout

CALLERS = 8
ARM = """
import os, time

def score(x):
    bad = x["mean_texture"][0]
    if bad == 66:
        os._exit(1)
    if bad == 77:
        time.sleep(600)
    return (x["mean_radius"] > 14) + 0.0
"""


class Load:
    """Eight callers on connections of their own; each asks anew when his connection is lost, and waits when told to.

    Attributes:
        predictions: Every acknowledged id, with its score.
        outcomes: Every id of which an outcome was acknowledged.
        unlogged: Answers that said they were not kept.
        refused: Replies that were neither, by status.
        longest_s: The longest that any caller waited from one success to the next.
    """

    def __init__(self, port, *, texture):
        self._port, self._texture = port, texture
        self.predictions, self.outcomes, self.unlogged, self.refused, self.longest_s = {}, set(), 0, Counter(), 0.0
        self._stop, self._give_up = threading.Event(), False
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()))

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, kind, *_):
        self._give_up = kind is not None  # the test failed: what it did to the server may not be undone
        self._stop.set()
        self._thread.join()

    async def _run(self):
        self.served_s = [time.monotonic()] * CALLERS
        async with asyncio.timeout(240):
            await asyncio.gather(*(self._one(n) for n in range(CALLERS)))

    async def _one(self, number):
        sent, lines = 0, None
        while True:
            sent += 1
            row = {"mean_radius": sent % 30, "mean_texture": self._texture, "sample": f"s{number}-{sent}"}
            try:
                lines = lines or await asyncio.open_connection("127.0.0.1", self._port)
                status, head, told = await self._ask(lines, "/predict", row)
                if status == 200 and b"slipway-unlogged" in head:
                    self.unlogged += 1
                elif status == 200:
                    self.predictions[told["id"]] = told["score"]
                    outcome = {"id": told["id"], "value": sent % 2}
                    if sent % 4 == 0 and (await self._ask(lines, "/outcomes", outcome))[0] == 200:
                        self.outcomes.add(told["id"])
                else:
                    self.refused[status] += 1
                    await asyncio.sleep(0.05)
            except (OSError, asyncio.IncompleteReadError):
                if lines is not None:
                    lines[1].close()
                lines, status = None, 0
                await asyncio.sleep(0.02)
            now_s = time.monotonic()
            self.longest_s = max(self.longest_s, now_s - self.served_s[number])
            if status == 200:
                self.served_s[number] = now_s
            if self._stop.is_set() and (status == 200 or self._give_up):  # only who is served again may leave
                break
        if lines is not None:
            lines[1].close()

    @staticmethod
    async def _ask(lines, path, body):
        data = msgspec.json.encode(body)
        lines[1].write(
            b"POST %b HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % (path.encode(), len(data)) + data
        )
        head = await lines[0].readuntil(b"\r\n\r\n")
        size = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        told = msgspec.json.decode(await lines[0].readexactly(size))
        return int(head.split(b" ", 2)[1]), head, told


class Place:
    """One project, its running server, and all that was ever acknowledged by it."""

    def __init__(self, folder, *, when_full="refuse"):
        made = Project.init(folder)
        page = folder / "slipway.toml"
        told = page.read_text().replace("[serving]", "[serving]\nworkers = 2", 1)
        (folder / "arm.py").write_text(ARM)
        other = '[arms.other]\nfunction = "arm.py:score"\ntimeout_ms = 300\n\n[data]'
        page.write_text(told.replace("[data]", other, 1) + f'\n[journal]\nwhen_full = "{when_full}"\n')
        self.project = Project.open(made.folder)
        self.layout = Layout(folder)
        self.server = Server(folder)
        self.port = int(self.server.url.rpartition(":")[2])
        self.acknowledged, self.told = {}, set()
        self._after, self.kept, self.outcomes, self.twice, self.shadows, self.asked = {}, {}, set(), 0, Counter(), {}
        self._reader = SegmentReader(self.layout.journal)

    def start(self):
        self.server.__enter__()
        return self

    def stop(self):
        self.server.__exit__(None, None, None)

    def pid(self, name, *, seconds=60):
        """Return a process that is ready, waiting for it."""
        until_s = time.monotonic() + seconds
        while time.monotonic() < until_s:
            for state in read_states(self.layout.run):
                if state.name == name and state.state is State.READY and is_alive(state.pid):
                    return state.pid
            time.sleep(0.02)
        raise AssertionError(f"{name} was not ready within {seconds} s")

    def load(self, *, texture=20.0):
        return Load(self.port, texture=texture)

    def read(self):
        for frame, (segment, offset) in self._reader.read(self._after):
            self._after[segment] = offset
            if isinstance(frame, PredictionFrame):
                for i, by, score in zip(frame.id, frame.arm, frame.score, strict=True):
                    self.twice += i in self.kept
                    self.kept[i] = score
                    self.asked.update({(i, arm): frame.route_version for arm in frame.shadows if arm != by})
            elif isinstance(frame, OutcomeFrame):
                self.outcomes.update(frame.id)
            elif isinstance(frame, ShadowFrame):
                self.shadows.update((i, frame.arm) for i in frame.id)

    def settle(self, load, *, fault, record, within_s):
        """Compare what was acknowledged, ever, with what the journal holds; note it for the table."""
        assert load.predictions, "no load: this would prove nothing"
        self.acknowledged |= load.predictions
        self.told |= load.outcomes
        doubled = -self.twice - sum(n - 1 for n in self.shadows.values())
        self.read()
        doubled += self.twice + sum(n - 1 for n in self.shadows.values())
        lost = sum(self.kept.get(i) != score for i, score in self.acknowledged.items()) + len(self.told - self.outcomes)
        acknowledged = len(load.predictions) + len(load.outcomes)
        seen = {"fault": fault, "acknowledged": acknowledged, "lost": lost, "doubled": doubled}
        record("fault", seen | {"longest_s": load.longest_s})
        assert (lost, doubled) == (0, 0)
        assert load.longest_s < within_s, f"somebody waited {load.longest_s:.1f} s"


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A server with two workers, control, and a shadow that is a function in a process of its own."""
    made = Place(tmp_path_factory.mktemp("place") / "p").start()
    made.project.start_rollout("other")
    yield made
    made.stop()


@pytest.fixture(scope="module")
def place_of():
    return Place


@pytest.fixture
def chance(request):
    """Chance that a seed and the test's name decide."""
    return random.Random(request.node.name)  # noqa: S311 - when to strike, no secret
