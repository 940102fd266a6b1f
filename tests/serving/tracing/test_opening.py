"""What is missing for traces is found before a worker starts."""

from importlib import util

import pytest

from slipway.errors import MissingExtra
from slipway.records.tracing import Tracing
from slipway.records.worker_config import WorkerConfig
from slipway.serving.tracing import opening
from slipway.testing import models

CONFIG = WorkerConfig(
    route="r", signature=models.NUMBERS, entity="user", port=0, tracing=Tracing(endpoint="http://127.0.0.1:4318")
)


def test_all_that_sends_traces_is_there():
    opening.check_tracing(CONFIG)


@pytest.mark.parametrize("gone", ["opentelemetry.sdk", "opentelemetry.exporter", "requests"])
def test_each_part_of_what_sends_traces_is_looked_for(gone, monkeypatch):
    def find(name):
        if name == gone:
            return None
        if name.startswith(f"{gone}."):
            raise ModuleNotFoundError(name)
        return util.find_spec(name)

    monkeypatch.setattr(opening, "find_spec", find)
    with pytest.raises(MissingExtra, match=rf"found no {gone}[^ ]*\. pip install 'slipway\[otel\]'"):
        opening.check_tracing(CONFIG)
