"""A server that runs is watched: in the terminal, on the live page, in the report and by Prometheus it stands alike."""

import contextlib
import os
import signal
import time

import httpx
import pytest

from slipway import Project
from slipway.project.server import Server
from slipway.records.service_report import Kept
from slipway.serving.run_state import read_states
from slipway.storage.layout import Layout


def test_without_a_server_nobody_knows(tmp_path):
    project = Project.init(tmp_path / "p")
    found = project.service()
    assert (found.kept, found.looked_us) == (Kept.UNKNOWN, 0)
    assert project.service_book().minutes == ()


@pytest.mark.slow
def test_a_server_that_runs_is_watched_and_shown_everywhere(tmp_path):
    project = Project.init(tmp_path / "p")
    with Server(project.folder) as server, httpx.Client(base_url=server.url, timeout=30) as caller:
        run = Layout(project.folder).run
        answered = 0

        def asked_until(ready):
            nonlocal answered
            until_s = time.monotonic() + 120
            while not ready(found := project.service()):
                assert time.monotonic() < until_s, found.sentence
                for i in range(10):
                    with contextlib.suppress(httpx.TransportError):
                        answered += caller.post("/predict", json={"mean_radius": 8.0, "sample": f"s{i}"}).is_success
                time.sleep(0.2)
            return found

        before = asked_until(lambda found: found.kept is Kept.KEPT).windows[2].asked
        assert 0 < before <= answered
        (worker,) = (s for s in read_states(run) if s.name == "worker-0")
        os.kill(worker.pid, signal.SIGKILL)
        asked_until(lambda found: found.windows[2].asked >= before + 50 and found.kept is Kept.KEPT)
        told = project.service().windows[2].asked
        assert told <= answered + 1, "the new worker's counts begin at 0, and none came twice"
        stands = project.status().service
        live = httpx.get(f"{server.control_url}/", timeout=30).text
        told = httpx.get(f"{server.control_url}/metrics", timeout=30).text
    assert stands == "Every budget is kept."
    assert "The service and its budgets" in live
    assert "Every budget is kept." in live
    assert 'slipway_budget_kept{budget="latency_p99_ms"} 1' in told
    assert Layout(project.folder).service.exists()
    assert project.service().looked_us > 0, "what was seen outlives the server"
