"""The reference of the data plane names every endpoint and status that the code knows, and no other path."""

import re
from pathlib import Path

from slipway.records.worker_config import WorkerConfig
from slipway.serving.app import App
from slipway.serving.guard import Guard
from slipway.serving.metrics import Counts
from slipway.testing import models

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "data-plane.md"


def test_every_endpoint_is_on_the_page_and_nothing_else(tmp_path):
    config = WorkerConfig(route="r", signature=models.NUMBERS, entity="user")
    app = App(
        config,
        ticker=None,
        live=lambda: None,
        counts=Counts(),
        metrics_path=tmp_path / "metrics.msgpack",
        ready=str,
        guard=Guard("127.0.0.1"),
    )
    known = {path.replace("/v2/models/r", "/v2/models/{route}") for path in app._handlers}
    known = {path.removesuffix("/r") + "/{route}" if path.endswith("/r") else path for path in known}
    told = set(re.findall(r"(?<![\w.])(/[a-z0-9]+(?:\.json)?(?:/[a-z0-9{}]+)*)", PAGE.read_text()))
    assert known - told == set()
    assert {path for path in told if path.split("/")[1] in {p.split("/")[1] for p in known}} - known == set()


def test_every_status_is_on_the_page():
    sources = (Path(__file__).parents[2] / "src" / "slipway" / "serving").glob("*.py")
    raised = {
        int(code) for source in sources for code in re.findall(r"(?:Refusal|_refuse)\(\s*(\d{3})", source.read_text())
    }
    assert raised
    missing = {code for code in raised - {500} if f"{code}" not in PAGE.read_text()}
    assert missing == set()
