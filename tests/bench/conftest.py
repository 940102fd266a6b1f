"""A real server with one worker in a process of its own, and orders for generators."""

import contextlib
import threading

import numpy as np
import pytest

from slipway.bench.generator import Order
from slipway.bench.wire import Target, rows_of, templates
from slipway.records.arm import Arm, ArmKind
from slipway.records.load_test import Arrivals
from slipway.records.route import Route, Share
from slipway.records.worker_config import WorkerConfig
from slipway.serving.supervisor import Hosted, Supervisor, wait_until_ready
from slipway.storage.layout import Layout
from slipway.storage.routes import publish
from slipway.testing import models

KEY = b"\x01" * 32
RULE = Arm(name="old", kind=ArmKind.RULE, rule="a > 0.5")


@contextlib.contextmanager
def _server(folder):
    layout = Layout(folder).create()
    layout.local_key.write_bytes(KEY)
    publish(
        Route(name="r", version=1, salt="s", arms=(RULE,), shares=(Share(arm="old", share=1.0),)),
        folder=layout.routes,
    )
    config = WorkerConfig(route="r", signature=models.NUMBERS, entity="user", port=0)
    supervisor = Supervisor(Hosted(config, folder), control=False)
    thread = threading.Thread(target=supervisor.run)
    thread.start()
    try:
        (state,) = wait_until_ready(folder, workers=1, timeout_s=60)
        yield supervisor.port, state.pid
    finally:
        supervisor.stop()
        thread.join(60)


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """Port and the worker's process id."""
    with _server(tmp_path_factory.mktemp("bench")) as found:
        yield found


@pytest.fixture
def order(server):
    """Make an order for one generator."""

    def make(*, port=server[0], rows=1, **changes):
        target = Target(host="127.0.0.1", port=port, headers=(("Authorization", f"Bearer {KEY.hex()}"),))
        requests = templates(
            rows_of(models.numbers_batch(16), fields=models.NUMBERS.fields),
            target=target,
            entity="user",
            entities=10,
            id_name="id",
            prefix=f"slipway-bench-{id(changes):x}-",
            rows_a_request=rows,
            count=16,
            rng=np.random.default_rng(0),
        )
        facts = {
            "arrivals": Arrivals.POISSON,
            "qps": 1000,
            "warm_s": 0.2,
            "for_s": 1.2,
            "patience_s": 3.0,
            "connections": 4,
            "seed": 1,
        }
        return Order(target=target, requests=requests, **facts | changes)

    return make
