"""Arms that hang and processes of arms that are killed, twenty seeds each under load: every caller is answered, by his
arm or the fallback; who is dealt to a healthy arm notices nothing; nothing acknowledged is lost."""

import asyncio
import os
import random
import signal
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import msgspec
import pytest

from slipway.records.arm import Arm, ArmKind
from slipway.records.frame import PredictionFrame
from slipway.records.route import Route, Share, assign
from slipway.records.worker_config import WorkerConfig
from slipway.serving.supervisor import Hosted, Supervisor, wait_until_ready
from slipway.storage.blobs import LocalBlobs
from slipway.storage.journal import SegmentReader
from slipway.storage.layout import Layout
from slipway.storage.routes import publish
from slipway.testing import models

pytestmark = pytest.mark.faults
SEEDS = 20
HANGS = 1e9
ARMS = ("model", "function", "remote", "old")
FUNCTION = """
import os, time
import numpy as np

def f(x):
    if (x["a"] >= 1e9).any():
        time.sleep(600)
    return 0.75 + 0 * x["a"]
"""


class Remote(BaseHTTPRequestHandler):
    """A service in the Open Inference Protocol that never answers about some rows."""

    def do_POST(self):
        asked = msgspec.json.decode(self.rfile.read(int(self.headers["content-length"])))
        values = next(one["data"] for one in asked["inputs"] if one["name"] == "a")
        if max(values) >= HANGS:
            time.sleep(600)
        told = {"name": "score", "datatype": "FP64", "shape": [len(values)], "data": [0.25] * len(values)}
        body = msgspec.json.encode({"model_name": "m", "outputs": [told]})
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def remote():
    service = ThreadingHTTPServer(("127.0.0.1", 0), Remote)
    service.daemon_threads = True
    threading.Thread(target=service.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{service.server_port}/v2/models/m/infer"
    service.shutdown()
    service.socket.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory, remote):
    root = tmp_path_factory.mktemp("project")
    layout = Layout(root).create()
    (root / "arm.py").write_text(FUNCTION)
    package = models.store_package(
        LocalBlobs(layout.blobs), models.looping_graph(), signature=models.NUMBERS, batch=models.numbers_batch(4)
    )
    arms = (
        Arm(name="model", kind=ArmKind.MODEL, package=package, timeout_ms=200),
        Arm(name="function", kind=ArmKind.PYTHON, function="arm.py:f", timeout_ms=400),
        Arm(name="remote", kind=ArmKind.HTTP, url=remote, timeout_ms=300),
        Arm(name="old", kind=ArmKind.RULE, rule="b > 100"),
    )
    shares = tuple(Share(arm=arm, share=0.25) for arm in ARMS)
    route = Route(name="r", version=1, salt="s", shares=shares, fallback="old", arms=arms)
    publish(route, folder=layout.routes)
    config = WorkerConfig(route="r", signature=models.NUMBERS, entity="user", port=0, workers=2, deadline_ms=15_000)
    supervisor = Supervisor(Hosted(config, root), control=False)
    thread = threading.Thread(target=supervisor.run)
    thread.start()
    wait_until_ready(root, workers=2, timeout_s=60)
    supervisor.layout, supervisor.route, supervisor.acknowledged = layout, route, {}
    yield supervisor
    supervisor.stop()
    thread.join(60)


class Callers:
    """Twelve that ask, each answer with who should have given it; those told to ask for what hangs do so, too."""

    def __init__(self, server, *, hang_share, rng):
        self._url, self._route, self._rng, self._hang_share = (
            f"http://127.0.0.1:{server.port}",
            server.route,
            rng,
            hang_share,
        )
        self.answers, self.refused, self.longest_s = [], [], 0.0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()))

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, kind, *_):
        until_s = time.monotonic() + 60
        while kind is None and not self._met_all() and time.monotonic() < until_s:  # a slow machine takes longer
            time.sleep(0.05)
        self._stop.set()
        self._thread.join()

    def _met_all(self):
        answers = list(self.answers)
        hung = not self._hang_share or any(hangs for _, hangs, _ in answers)
        return hung and {arm for arm, _, _ in answers} == set(ARMS)

    async def _run(self):
        async with httpx.AsyncClient(base_url=self._url, timeout=60) as client:
            await asyncio.gather(*(self._one(client, n) for n in range(12)))

    async def _one(self, client, number):
        sent = 0
        while not self._stop.is_set():
            sent += 1
            user = f"u{number}-{self._rng.random()}"
            hangs = self._rng.random() < self._hang_share
            began_s = time.monotonic()
            reply = await client.post("/predict", json={"a": HANGS if hangs else 1, "b": 0, "user": user})
            self.longest_s = max(self.longest_s, time.monotonic() - began_s)
            if reply.status_code == 200:
                self.answers.append((assign(self._route, user), hangs, reply.json()))
            else:
                self.refused.append(reply.text)


def processes_of_arms(server):
    """The processes in which functions run: children of the workers."""
    workers = {child.pid for child in server.children[:2]}
    found = []
    for folder in Path("/proc").iterdir():
        try:
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            if parent in workers and b"python_child" in (folder / "cmdline").read_bytes():
                found.append(int(folder.name))
        except (OSError, ValueError, IndexError):
            continue
    return found


def check(server, callers, *, fault, record):
    assert callers.refused == [], "somebody was sent away though the fallback was well"
    assert {arm for arm, _, _ in callers.answers} == set(ARMS)
    for arm, hangs, told in callers.answers:
        if arm == "old" or (hangs and arm in ("model", "remote")):
            assert (told["arm"], told["fallback"]) == ("old", arm != "old")
        assert told["score"] == {"model": 0.5, "function": 0.75, "remote": 0.25, "old": 0.0}[told["arm"]]
    server.acknowledged |= {told["id"]: told["score"] for _, _, told in callers.answers}
    kept, rows = {}, 0
    for frame, _ in SegmentReader(server.layout.journal).read({}):
        if isinstance(frame, PredictionFrame):
            kept |= dict(zip(frame.id, frame.score, strict=True))
            rows += len(frame.id)
    lost = sum(kept.get(i) != score for i, score in server.acknowledged.items())
    seen = {"fault": fault, "acknowledged": len(callers.answers), "lost": lost, "doubled": rows - len(kept)}
    record("fault", seen | {"longest_s": callers.longest_s})
    assert (lost, rows) == (0, len(kept))


def healthy_again(server):
    """Ask until each arm has answered for itself."""
    until_s, left = time.monotonic() + 90, {"model", "function", "remote"}
    number = 0
    while left and time.monotonic() < until_s:
        number += 1
        row = {"a": 1, "b": 0, "user": f"h{number}"}
        told = httpx.post(f"http://127.0.0.1:{server.port}/predict", json=row, timeout=60).json()
        left -= set() if told["fallback"] else {told["arm"]}
    return not left


@pytest.mark.parametrize("seed", range(SEEDS))
def test_kill_9_of_a_function_s_process(server, record_property, seed):
    rng = random.Random(f"kill-{seed}")  # noqa: S311 - when to strike, no secret
    with Callers(server, hang_share=0.0, rng=rng) as callers:
        for _ in range(3):
            time.sleep(0.1 + rng.random() * 0.2)
            for pid in processes_of_arms(server):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.2)
    check(server, callers, fault="kill -9 of a function's process", record=record_property)
    assert healthy_again(server)


@pytest.mark.parametrize("seed", range(SEEDS))
def test_rows_that_hang(server, record_property, seed):
    pids = [child.pid for child in server.children[:2]]
    rng = random.Random(f"hang-{seed}")  # noqa: S311 - as above
    with Callers(server, hang_share=0.1, rng=rng) as callers:
        time.sleep(1.2)
    check(server, callers, fault="rows that hang: graph, function, remote", record=record_property)
    assert sum(hangs for _, hangs, _ in callers.answers) > 0, "nothing hung: this would prove nothing"
    assert healthy_again(server)
    assert [child.pid for child in server.children[:2]] == pids, "no worker was lost over it"
