"""kill -9 of a worker and of the shadow process under load, twenty seeds: nothing acknowledged is lost or doubled."""

import asyncio
import os
import random
import signal
import threading
import time

import httpx
import pytest

from slipway.records.arm import Arm, ArmKind
from slipway.records.frame import OutcomeFrame, PredictionFrame, ShadowFrame
from slipway.records.route import Route, Share
from slipway.records.worker_config import WorkerConfig
from slipway.serving.supervisor import Hosted, Supervisor, wait_until_ready
from slipway.storage.blobs import LocalBlobs
from slipway.storage.journal import SegmentReader
from slipway.storage.layout import Layout
from slipway.storage.routes import publish
from slipway.testing import models

pytestmark = pytest.mark.faults
SEEDS = 20


class Load:
    """Callers that write down every acknowledged prediction and outcome, and nothing else."""

    def __init__(self, url):
        self.url, self.predictions, self.outcomes, self.cut = url, {}, set(), 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()))

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join()

    async def _run(self):
        limits = httpx.Limits(max_connections=16)
        async with httpx.AsyncClient(base_url=self.url, timeout=30, limits=limits) as client:
            await asyncio.gather(*(self._one(client, n) for n in range(12)))

    async def _one(self, client, number):
        sent = 0
        while not self._stop.is_set():
            sent += 1
            try:
                reply = await client.post("/predict", json={"a": sent % 7, "b": 1, "user": f"u{number}-{sent}"})
                if reply.status_code == 200:
                    told = reply.json()
                    self.predictions[told["id"]] = told["score"]
                    outcome = await client.post("/outcomes", json={"id": told["id"], "value": 1})
                    if outcome.status_code == 200:
                        self.outcomes.add(told["id"])
            except httpx.HTTPError:
                self.cut += 1


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    root = tmp_path_factory.mktemp("project")
    layout = Layout(root).create()
    package = models.store_package(
        LocalBlobs(layout.blobs), models.matrix_graph(), signature=models.NUMBERS, batch=models.numbers_batch(16)
    )
    arms = (
        Arm(name="new", kind=ArmKind.MODEL, package=package),
        Arm(name="old", kind=ArmKind.RULE, rule="a > 2.5"),
    )
    shares = (Share(arm="new", share=0.3), Share(arm="old", share=0.7))
    publish(
        Route(name="r", version=1, salt="s", shares=shares, shadows=("new", "old"), fallback="old", arms=arms),
        folder=layout.routes,
    )
    config = WorkerConfig(route="r", signature=models.NUMBERS, entity="user", port=0, workers=2)
    supervisor = Supervisor(Hosted(config, root), control=False)
    thread = threading.Thread(target=supervisor.run)
    thread.start()
    wait_until_ready(root, workers=2, timeout_s=60)
    supervisor.layout = layout
    supervisor.acknowledged, supervisor.told = {}, set()
    yield supervisor
    supervisor.stop()
    thread.join(60)


def revived(child, dead):
    until = time.monotonic() + 30
    while time.monotonic() < until:
        if child.pid not in (None, dead):
            return True
        time.sleep(0.02)
    return False


def read(layout):
    predictions, outcomes, shadows, asked = {}, set(), [], set()
    for frame, _ in SegmentReader(layout.journal).read({}):
        if isinstance(frame, PredictionFrame):
            for i, score, arm in zip(frame.id, frame.score, frame.arm, strict=True):
                assert i not in predictions, f"prediction {i} is in the journal twice"
                predictions[i] = score
                asked |= {(shadow, i) for shadow in frame.shadows if shadow != arm}
        elif isinstance(frame, OutcomeFrame):
            outcomes.update(frame.id)
        elif isinstance(frame, ShadowFrame):
            shadows += [(frame.arm, i) for i in frame.id]
    return predictions, outcomes, shadows, asked


@pytest.mark.parametrize("seed", range(SEEDS))
@pytest.mark.parametrize("victim", ["worker", "shadow"])
def test_kill_9(server, victim, seed):
    rng = random.Random(f"{victim}-{seed}")  # noqa: S311 - when to strike, no secret
    child = server.children[-1] if victim == "shadow" else rng.choice(server.children[:2])
    wait_until_ready(server.layout.root, workers=2, timeout_s=60)
    with Load(f"http://127.0.0.1:{server.port}") as load:
        time.sleep(0.2 + rng.random() * 0.5)
        dead = child.pid
        os.kill(dead, signal.SIGKILL)
        assert revived(child, dead)
        time.sleep(0.2)
    assert load.predictions, "no load: this would prove nothing"
    server.acknowledged |= load.predictions
    server.told |= load.outcomes
    predictions, outcomes, shadows, _ = read(server.layout)
    assert {i: predictions.get(i) for i in server.acknowledged} == server.acknowledged
    assert server.told <= outcomes
    assert len(shadows) == len(set(shadows))


def test_in_the_end_every_request_was_shadowed_once(server):
    until = time.monotonic() + 60
    while time.monotonic() < until:
        _, _, shadows, asked = read(server.layout)
        if set(shadows) >= asked:
            break
        time.sleep(0.5)
    assert sorted(shadows) == sorted(asked)
