"""Real servers on loopback: in the test's own loop where the wire is examined, as processes where lives are."""

import asyncio
import contextlib
import threading
from pathlib import Path

import httpx
import pytest
import uvloop

from slipway.errors import Unavailable
from slipway.records.arm import Arm, ArmKind
from slipway.records.frame import OutcomeFrame, PredictionFrame, ShadowFrame
from slipway.records.route import Route, Share
from slipway.records.worker_config import WorkerConfig
from slipway.runtime.registry import ArmContext, open_arm
from slipway.serving.guard import Guard
from slipway.serving.http_limits import HttpLimits
from slipway.serving.service import Service
from slipway.serving.start import guard_of, open_access_log, open_grpc
from slipway.serving.supervisor import Hosted, Supervisor, wait_until_ready
from slipway.serving.worker import Worker, listen
from slipway.storage.blobs import LocalBlobs
from slipway.storage.journal import SegmentReader, SegmentWriter, writer_name
from slipway.storage.layout import Layout
from slipway.storage.routes import RouteWatch, publish
from slipway.testing import models

collect_ignore = ["kserve_client.py"]  # runs in an environment that has KServe, see test_kserve.py

RULE = Arm(name="old", kind=ArmKind.RULE, rule="a > 0.5")


def route(*arms, version=1, shares=None, shadows=(), fallback=None, salt="s"):
    shares = shares or {arms[0].name: 1.0}
    return Route(
        name="r", version=version, salt=salt, arms=arms, shadows=shadows, fallback=fallback,
        shares=tuple(Share(arm=a, share=s) for a, s in shares.items()),
    )  # fmt: skip


class Place:
    """A project folder with a route, a journal and helpers to look into them."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.layout = Layout(root).create()
        self.blobs = LocalBlobs(self.layout.blobs)

    def publish(self, route):
        publish(route, folder=self.layout.routes)

    def model(self, *, seed=0, name="new"):
        package = models.store_package(
            self.blobs, models.matrix_graph(seed=seed), signature=models.NUMBERS, batch=models.numbers_batch(16)
        )
        return Arm(name=name, kind=ArmKind.MODEL, package=package)

    def frames(self, kind=None):
        found = [frame for frame, _ in SegmentReader(self.layout.journal).read({})]
        return [f for f in found if kind is None or isinstance(f, kind)]

    def predictions(self):
        return {i: s for f in self.frames(PredictionFrame) for i, s in zip(f.id, f.score, strict=True)}

    def outcomes(self):
        return [(i, v) for f in self.frames(OutcomeFrame) for i, v in zip(f.id, f.value, strict=True)]

    def shadows(self):
        return [(f.arm, i, s) for f in self.frames(ShadowFrame) for i, s in zip(f.id, f.score, strict=True)]


class Running:
    """One worker in a thread with a loop of its own; ``port`` is where it answers."""

    def __init__(self, place, config, *, limits=None, journal=None, opener=None):
        self.place, self.config = place, config
        self._limits, self._journal, self._opener = limits, journal, opener
        self._started = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def _run(self):
        writer = writer_name("w0", started_us=id(self), pid=1)
        layout = self.place.layout
        context = ArmContext(signature=self.config.signature, blobs=self.place.blobs, root=self.place.root)

        async def opener(arm):
            return await open_arm(arm, context=context)

        sock = listen(self.config.host, self.config.port)
        self.port = sock.getsockname()[1]
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            self.loop = runner.get_loop()
            service = Service(
                self.config,
                worker="worker-0",
                run_folder=layout.run,
                journal=self._journal or SegmentWriter(layout.journal, name=writer),
                writer=writer,
                watch=RouteWatch(layout.routes, name="r"),
                open_arm=self._opener or opener,
                guard=guard_of(self.config, layout=layout),
            )
            access = open_access_log(self.config, layout=layout, worker="worker-0")
            self.worker = Worker(
                [service],
                sock=sock,
                alive=lambda: True,
                guard=Guard(self.config.host),
                grpc=open_grpc(self.config, [service], access=access),
                access=access,
                limits=self._limits or HttpLimits(),
            )
            self._started.set()
            runner.run(self.worker.run())

    def __enter__(self):
        self._thread.start()
        assert self._started.wait(10)
        self.url = f"http://127.0.0.1:{self.port}"
        for _ in range(400):
            with contextlib.suppress(httpx.HTTPError):
                reply = httpx.get(f"{self.url}/health/live")
                if reply.status_code == 200:
                    return self
        raise Unavailable("the worker under test did not start")

    def __exit__(self, *_):
        with contextlib.suppress(RuntimeError):  # it may have ended by itself, and its loop with it
            self.loop.call_soon_threadsafe(self.worker.stop)
        self._thread.join(30)
        assert not self._thread.is_alive()

    def wait_for(self, *, version):
        for _ in range(1000):
            reply = httpx.get(f"{self.url}/health/ready")
            if reply.status_code == 200 and reply.json()["version"] >= version:
                return
        raise Unavailable(f"version {version} did not come into force: {reply.text}")


@pytest.fixture
def place(tmp_path):
    return Place(tmp_path)


@pytest.fixture
def config():
    return WorkerConfig(route="r", signature=models.NUMBERS, entity="user", port=0)


@pytest.fixture
def serve(place, config):
    """Start a worker in this process: ``with serve(route, deadline_ms=50) as server``."""

    def start(*routes, limits=None, journal=None, opener=None, **changes):
        for one in routes or (route(RULE),):
            place.publish(one)
        made = {f: getattr(config, f) for f in config.__struct_fields__} | changes
        return Running(place, WorkerConfig(**made), limits=limits, journal=journal, opener=opener)

    return start


@contextlib.contextmanager
def processes(place, config, *, silence_s):
    """Start a supervisor with its processes; yield it once all workers are ready."""
    supervisor = Supervisor(Hosted(config, place.root), control=False, silence_s=silence_s)
    thread = threading.Thread(target=supervisor.run)
    thread.start()
    try:
        supervisor.states = wait_until_ready(place.root, workers=config.workers, timeout_s=60)
        yield supervisor
    finally:
        supervisor.stop()
        thread.join(60)
        assert not thread.is_alive()


@pytest.fixture
def serve_processes(place, config):
    def start(*routes, silence_s=10.0, **changes):
        for one in routes or (route(RULE),):
            place.publish(one)
        made = {f: getattr(config, f) for f in config.__struct_fields__} | changes
        return processes(place, WorkerConfig(**made), silence_s=silence_s)

    return start
